/** How long the browser may take to begin with it, in ms. */
const KEEP_MS = 60_000;

/** Has the browser save a file. Nothing is sent anywhere. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}

/** As {@link saveFile}, for a text. */
export function saveText(name: string, text: string): void {
  saveFile(name, text, name.endsWith(".md") ? "text/markdown;charset=utf-8" : "text/plain;charset=utf-8");
}
