const SAFE = /^(?:https?:\/\/|mailto:)/i;
const FOOTNOTE = /^#user-content-fn/;

/** The address if it leads to a page or a mailbox, or to a footnote; else nothing, which makes it no link. */
export function safeUrl(url: string): string | undefined {
  return SAFE.test(url) || FOOTNOTE.test(url) ? url : undefined;
}
