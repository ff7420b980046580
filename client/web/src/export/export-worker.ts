import { archiveOf, codeOf, documentOf, fileStem } from "@stagewire/client/documents";
import type { ExportAnswers, ExportRequest } from "./ask";
import { zip } from "./zip";

/** Makes what is exported beside the page: reading the markdown of a long run takes longer than a page may stand still. */
addEventListener("message", ({ data: { kind, view } }: MessageEvent<ExportRequest>) => {
  const make: { [Kind in keyof ExportAnswers]: () => ExportAnswers[Kind] } = {
    document: () => documentOf(view),
    archive: () => zip(archiveOf(view), fileStem(view), view.updatedAt),
    code: () => codeOf(view),
    codeArchive: () => zip(codeOf(view), fileStem(view), view.updatedAt),
  };
  postMessage(make[kind]());
});
