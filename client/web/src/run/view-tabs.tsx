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
      {VIEWS.map(({ id, title }) => (
        <button
          key={id}
          type="button"
          className="view-tab"
          aria-current={id === shown.id ? "page" : undefined}
          onClick={() => onShow(id)}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}
