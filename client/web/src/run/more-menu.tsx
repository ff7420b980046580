import type { RunView } from "@stagewire/shared";
import type { ReactNode } from "react";
import { ExportButton } from "../export/export-button";
import { CopyButton } from "../ui/copy-button";
import { Icon } from "../ui/icon";
import { Popover } from "../ui/popover";

interface MoreMenuProps {
  readonly view: RunView;
  /** What a narrow page has no room for elsewhere. */
  readonly narrow: ReactNode;
}

/** What else can be done with a run. Each entry is a button or a group of them. */
export function MoreMenu({ view, narrow }: MoreMenuProps) {
  return (
    <Popover
      className="more-menu"
      button={
        <>
          More
          <Icon name="more" />
        </>
      }
    >
      <div className="narrow-only">{narrow}</div>
      <ExportButton />
      <CopyButton text={() => location.href} label="Copy link" />
      <CopyButton text={() => view.task} label="Copy task" />
    </Popover>
  );
}
