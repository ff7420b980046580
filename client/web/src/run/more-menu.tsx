import type { RunView } from "@stagewire/shared";
import type { ReactNode } from "react";
import { ExportButton } from "../export/export-button";
import { useActionRegistry } from "../keys/use-action";
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
  const actions = useActionRegistry();
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
      <div className="narrow-only">
        {narrow}
        {/* There the scrubber is at the end of the text. This menu makes way for it, and the focus goes where it can be paused. */}
        <button
          type="button"
          onClick={() => {
            actions.perform(["replay"]);
            document.querySelector<HTMLElement>(".scrubber-play")?.focus({ preventScroll: true });
          }}
        >
          Replay
        </button>
      </div>
      <ExportButton closes />
      <CopyButton text={() => location.href} label="Copy link" />
      <CopyButton text={() => view.task} label="Copy task" />
    </Popover>
  );
}
