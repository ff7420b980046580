import { useAction } from "../keys/use-action";
import { type ViewDefinition, VIEWS } from "./views";

interface ViewTabsProps {
  readonly shown: ViewDefinition;
  readonly onShow: (view: ViewDefinition["id"]) => void;
}

/** The ways to look at a run; a single one needs no choice. */
export function ViewTabs({ shown, onShow }: ViewTabsProps) {
  if (VIEWS.length === 1) return null;
  return (
    <nav className="view-tabs" aria-label="Views of the run">
      {VIEWS.map((view) => (
        <ViewTab key={view.id} view={view} current={view.id === shown.id} onShow={onShow} />
      ))}
    </nav>
  );
}

interface ViewTabProps extends Pick<ViewTabsProps, "onShow"> {
  readonly view: ViewDefinition;
  readonly current: boolean;
}

function ViewTab({ view: { id, title }, current, onShow }: ViewTabProps) {
  useAction(id, current ? undefined : () => onShow(id), "it is shown already");
  return (
    <button type="button" className="view-tab" aria-current={current ? "page" : undefined} onClick={() => onShow(id)}>
      {title}
    </button>
  );
}
