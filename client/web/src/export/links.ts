/** The address of a run alone, as it goes on. */
export function runLink(runId: string): string {
  return `${location.origin}/runs/${runId}`;
}

/** The address of what is shown: the chosen step or view too. `undefined` where nothing was chosen. */
export function shownLink(): string | undefined {
  return location.search === "" ? undefined : location.href;
}
