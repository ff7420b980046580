import { Icon } from "../ui/icon";
import type { Sort, SortKey } from "./list-query";

interface RunsHeadProps {
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

const COLUMNS: readonly { readonly title: string; readonly by?: SortKey }[] = [
  { title: "Status" },
  { title: "Task", by: "title" },
  { title: "Stage" },
  { title: "Elapsed", by: "elapsed" },
  { title: "Cost", by: "cost" },
  { title: "Tokens/s", by: "rate" },
  { title: "When", by: "started" },
];

/** The heads of the columns; a press sorts, another one the other way round. */
export function RunsHead({ sort, onSort }: RunsHeadProps) {
  return (
    <div className="runs-head" role="rowgroup">
      <div className="runs-columns" role="row" aria-rowindex={1}>
        {COLUMNS.map(({ title, by }) => {
          const active = by === sort.by;
          return (
            <span
              key={title}
              role="columnheader"
              aria-sort={active ? (sort.ascending ? "ascending" : "descending") : undefined}
            >
              {by ? (
                <button
                  type="button"
                  onClick={() => onSort({ by, ascending: active ? !sort.ascending : by === "title" })}
                >
                  {title}
                  {active && <Icon name={sort.ascending ? "up" : "down"} />}
                </button>
              ) : (
                title
              )}
            </span>
          );
        })}
      </div>
    </div>
  );
}
