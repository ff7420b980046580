export { archiveOf, type TextFile } from "./archive.js";
export { codeFilesOf, type CodeFile, codeOf } from "./code-files.js";
export { documentOf } from "./document.js";
export { type Output, outputsOf } from "./outputs.js";
export { fileStem, safePath } from "./safe-path.js";
export { type Version, versionsOf } from "./versions.js";
export { withoutVerdict } from "./without-verdict.js";
