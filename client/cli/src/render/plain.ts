import stringWidth from "string-width";

/** Control characters that are neither newline nor tab: in a model's text they could move the cursor or clear the screen. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text that a terminal only shows: carriage returns go, other control characters become visible signs. */
export function plain(text: string): string {
  return text.replace(CONTROLS, (control) => {
    if (control === "\r") return "";
    const code = control.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });
}

/** Text on one line, at most `width` columns wide. */
export function oneLine(text: string, width: number): string {
  return fit(plain(text.replace(/\s+/g, " ").trim()), width);
}

/** The beginning of a line, at most `width` columns wide, with `…` where something is missing. */
export function fit(line: string, width: number): string {
  if (stringWidth(line) <= width) return line;
  let short = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    short += segment;
  }
  return width > 0 ? `${short}…` : "";
}

/** The end of a line, at most `width` columns wide, with `…` where something is missing. */
export function fitEnd(line: string, width: number): string {
  if (stringWidth(line) <= width) return line;
  let end = "";
  let used = 0;
  for (const { segment } of [...new Intl.Segmenter().segment(line)].toReversed()) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    end = segment + end;
  }
  return width > 0 ? `…${end}` : "";
}
