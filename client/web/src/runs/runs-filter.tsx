import type { RunStatus } from "@stagewire/shared";
import { useId, useRef } from "react";
import { useAction } from "../keys/use-action";
import { Icon } from "../ui/icon";
import { STATE_WORDS } from "../ui/states";
import { type ListQuery, STATUSES } from "./list-query";

interface RunsFilterProps {
  readonly query: ListQuery;
  readonly onChange: (part: Partial<ListQuery>) => void;
}

/** Search and status: both are in the address, so a link shows the same. */
export function RunsFilter({ query, onChange }: RunsFilterProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useAction("search", () => field.current?.focus());
  return (
    <search className="runs-filter">
      <div className="runs-search">
        <Icon name="search" />
        <label className="visually-hidden" htmlFor={`${id}-text`}>
          Search titles and ids
        </label>
        <input
          id={`${id}-text`}
          ref={field}
          type="search"
          placeholder="Search titles and ids"
          autoComplete="off"
          value={query.text}
          onChange={(event) => onChange({ text: event.target.value })}
          onKeyDown={(event) => {
            // The first press clears the field, as everywhere; the second leaves it to the keys of the list.
            if (event.key === "Escape" && query.text === "") event.currentTarget.blur();
          }}
        />
      </div>
      <label className="visually-hidden" htmlFor={`${id}-status`}>
        Status
      </label>
      <select
        id={`${id}-status`}
        value={query.status ?? ""}
        onChange={(event) => onChange({ status: STATUSES.find((status: RunStatus) => status === event.target.value) })}
      >
        <option value="">Every status</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {STATE_WORDS[status]}
          </option>
        ))}
      </select>
    </search>
  );
}
