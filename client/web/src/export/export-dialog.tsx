import { outputsOf } from "@stagewire/client/documents";
import { isClosed, type RunView } from "@stagewire/shared";
import { useEffect, useRef } from "react";
import { diagnosticsOf } from "../outcome/diagnostics";
import { useServerInfo } from "../lib/use-server-info";
import { CopyButton } from "../ui/copy-button";
import { ask } from "./ask";
import { FileList } from "./file-list";
import { runLink, shownLink } from "./links";
import { SaveButton } from "./save-button";
import { saveArchive, saveCode, saveDocument } from "./save-run";
import { useCode } from "./use-code";
import "./export.css";

interface ExportDialogProps {
  readonly view: RunView;
  readonly onClose: () => void;
}

/** Every way to take a run along: as a document, an archive, single outputs, files of code, a link. */
export default function ExportDialog({ view, onClose }: ExportDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const info = useServerInfo();
  const code = useCode(view);
  const outputs = outputsOf(view);
  const shown = shownLink();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="export-dialog" aria-labelledby="export-title" onClose={onClose}>
      <header>
        <h2 id="export-title">Export</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      {!isClosed(view) && <p className="note">The run goes on: this is what there was at event #{view.seq}.</p>}
      <section aria-labelledby="export-run">
        <h3 id="export-run">The whole run</h3>
        <div className="export-buttons">
          <SaveButton className="primary" label="Download .md" save={() => saveDocument(view)} />
          <SaveButton className="primary" label="Download .zip" save={() => saveArchive(view)} />
          <CopyButton label="Copy the document" text={() => ask("document", view)} />
          {view.status === "failed" && (
            <CopyButton label="Copy diagnostics" text={() => diagnosticsOf(view, info, navigator.userAgent)} />
          )}
        </div>
        <p className="export-note">
          One document with task, outputs, verdicts, steering and cost. The archive has it too, and each output, the
          files of the code, and the run as JSON.
        </p>
      </section>
      <section aria-labelledby="export-outputs">
        <h3 id="export-outputs">Outputs</h3>
        {outputs.length === 0 && <p className="note">Nothing was written yet.</p>}
        <FileList label="Outputs" files={outputs.map(({ name, text }) => ({ path: name, text }))} />
      </section>
      <section aria-labelledby="export-code">
        <h3 id="export-code">Blocks of code as files</h3>
        {code.status === "failed" && <p className="form-error">{code.message}</p>}
        {code.status === "reading" && <p className="note">Reading the blocks of code…</p>}
        {code.status === "read" && code.files.length === 0 && <p className="note">What was written has none.</p>}
        {code.status === "read" && code.files.length > 0 && (
          <>
            <FileList label="Blocks of code as files" files={code.files} />
            <SaveButton label="Download all as .zip" save={() => saveCode(view)} />
          </>
        )}
      </section>
      <section aria-labelledby="export-link">
        <h3 id="export-link">Link</h3>
        <div className="export-buttons">
          <CopyButton label="Copy link to the run" text={() => runLink(view.runId)} />
          {shown !== undefined && <CopyButton label="Copy link to what is shown" text={shown} />}
        </div>
      </section>
    </dialog>
  );
}
