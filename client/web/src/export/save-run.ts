import { fileStem } from "@stagewire/client/documents";
import type { RunView } from "@stagewire/shared";
import { ask } from "./ask";
import { saveFile, saveText } from "./save-file";

/** Saves the whole run as one markdown document. */
export async function saveDocument(view: RunView): Promise<void> {
  saveText(`${fileStem(view)}.md`, await ask("document", view));
}

/** Saves the document, each output, the files of the code and the view, as one archive. */
export async function saveArchive(view: RunView): Promise<void> {
  saveFile(`${fileStem(view)}.zip`, await ask("archive", view), "application/zip");
}

/** Saves the files of the code, as one archive. */
export async function saveCode(view: RunView): Promise<void> {
  saveFile(`${fileStem(view)}-files.zip`, await ask("codeArchive", view), "application/zip");
}
