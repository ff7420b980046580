import type { TextFile } from "@stagewire/client/documents";
import { plural } from "../lib/format";
import { CopyButton } from "../ui/copy-button";
import { SaveButton } from "./save-button";
import { saveText } from "./save-file";

/** Files with their length, each to copy or save. */
export function FileList({ label, files }: { label: string; files: readonly TextFile[] }) {
  if (files.length === 0) return null;
  return (
    <ul className="export-files" aria-label={label}>
      {files.map(({ path, text }) => (
        <li key={path}>
          <span className="export-path">{path}</span>
          <span className="export-size">{plural(text.length, "character")}</span>
          <CopyButton className="small" text={text} name={`Copy ${path}`} />
          <SaveButton
            className="small"
            label="Download"
            name={`Download ${path}`}
            // A browser saves into one folder.
            save={() => saveText(path.replaceAll("/", "-"), text)}
          />
        </li>
      ))}
    </ul>
  );
}
