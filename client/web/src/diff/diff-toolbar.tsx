import type { Version } from "@stagewire/client/documents";
import { useId, useRef } from "react";
import { keyHint } from "../keys/key-hint";
import { formatCount } from "../lib/format";
import { useHeightVariable } from "../lib/use-height-variable";
import { CopyButton } from "../ui/copy-button";
import { Totals } from "./totals";
import type { Diff } from "./build-diff";
import { goToNextChange } from "./go-to-change";
import { type Layout, layoutSetting } from "./layout";
import { patchOf } from "./patch";

interface DiffToolbarProps {
  readonly versions: readonly Version[];
  readonly a: Version;
  readonly b: Version;
  /** Missing while it is made. */
  readonly diff: Diff | undefined;
  /** Missing where there is no choice. */
  readonly layout: Layout | undefined;
  readonly onChoose: (a: Version, b: Version) => void;
}

/** Chooses what is compared and how it is shown, and goes from change to change. */
export function DiffToolbar({ versions, a, b, diff, layout, onChoose }: DiffToolbarProps) {
  const none = !diff || diff.hunks.length === 0;
  const bar = useRef<HTMLDivElement>(null);
  useHeightVariable(bar, "--diff-toolbar");
  return (
    <div className="diff-toolbar" ref={bar}>
      <div className="diff-choice">
        <VersionSelect label="From" versions={versions} value={a} onChange={(chosen) => onChoose(chosen, b)} />
        <VersionSelect label="To" versions={versions} value={b} onChange={(chosen) => onChoose(a, chosen)} />
        <button type="button" className="small" onClick={() => onChoose(b, a)}>
          Swap
        </button>
      </div>
      <div className="diff-actions">
        {diff && (
          <span className="diff-totals">
            <Totals added={diff.added} removed={diff.removed} /> in {formatCount(diff.hunks.length)}{" "}
            {diff.hunks.length === 1 ? "change" : "changes"}
          </span>
        )}
        <button type="button" className="small" disabled={none} onClick={() => goToNextChange(-1)}>
          Previous <kbd>{keyHint(",")}</kbd>
        </button>
        <button type="button" className="small" disabled={none} onClick={() => goToNextChange(1)}>
          Next <kbd>{keyHint(".")}</kbd>
        </button>
        {layout && (
          <fieldset className="diff-layout">
            <legend className="visually-hidden">Layout</legend>
            <LayoutButton value="unified" label="Unified" layout={layout} />
            <LayoutButton value="split" label="Side by side" layout={layout} />
          </fieldset>
        )}
        {diff && <CopyButton className="small" label="Copy diff" text={() => patchOf(diff, a.title, b.title)} />}
      </div>
    </div>
  );
}

interface VersionSelectProps {
  readonly label: string;
  readonly versions: readonly Version[];
  readonly value: Version;
  readonly onChange: (version: Version) => void;
}

function VersionSelect({ label, versions, value, onChange }: VersionSelectProps) {
  const id = useId();
  return (
    <span className="diff-select">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value.id}
        onChange={(event) => {
          const chosen = versions.find((version) => version.id === event.target.value);
          if (chosen) onChange(chosen);
        }}
      >
        {versions.map((version) => (
          <option key={version.id} value={version.id}>
            {version.title}
            {note(version)}
          </option>
        ))}
      </select>
    </span>
  );
}

function note({ accepted, current, status }: Version): string {
  if (current) return " (stands)";
  if (accepted) return "";
  return status === "running" || status === "retrying" ? " (being written)" : ` (${status}, not accepted)`;
}

function LayoutButton({ value, label, layout }: { value: Layout; label: string; layout: Layout }) {
  return (
    <button type="button" className="small" aria-pressed={layout === value} onClick={() => layoutSetting.set(value)}>
      {label}
    </button>
  );
}
