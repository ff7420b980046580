/**
 * Puts `text` on the clipboard. Where the browser does not let a page do that, the text is shown selected, with the
 * keys to press: then it resolves with `by hand`, at once.
 */
export async function copyText(text: string): Promise<"copied" | "by hand"> {
  // Missing where the page was not loaded from a safe origin.
  const written = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  if (written || copyBySelection(text)) return "copied";
  showForCopying(text);
  return "by hand";
}

/** The way that needs no permission, as long as the press of the button counts as one. */
function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const field = createField(text);
  field.className = "visually-hidden";
  // What is outside of an open dialog can't be selected.
  const dialogs = document.querySelectorAll("dialog[open]");
  (dialogs[dialogs.length - 1] ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return done;
}

function showForCopying(text: string): void {
  const dialog = document.createElement("dialog");
  dialog.className = "copy-by-hand";
  const explanation = document.createElement("p");
  explanation.textContent = "The browser does not let this page copy. The text is selected: copy it with Ctrl C (⌘ C).";
  const field = createField(text);
  field.rows = 12;
  field.setAttribute("aria-label", "Text to copy");
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.setAttribute("aria-label", "Copy by hand");
  dialog.append(explanation, field, close);
  document.body.append(dialog);
  dialog.showModal();
  field.select();
}

function createField(text: string): HTMLTextAreaElement {
  const field = document.createElement("textarea");
  field.readOnly = true;
  field.value = text;
  return field;
}
