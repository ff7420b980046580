import { type Version, versionsOf } from "@stagewire/client/documents";
import type { RunView } from "@stagewire/shared";
import { useSearchParams } from "wouter";

/** Which two versions are compared, and how to choose others. */
export interface VersionChoice {
  readonly versions: readonly Version[];
  /** Missing where there are not two to compare. */
  readonly pair: readonly [a: Version, b: Version] | undefined;
  choose(a: Version, b: Version): void;
}

/** The choice is in the address (`a=`, `b=`); without one it is the last two accepted versions, else the last two. */
export function useVersions(view: RunView): VersionChoice {
  const [params, setParams] = useSearchParams();
  const versions = versionsOf(view);
  return {
    versions,
    pair: pairOf(versions, params.get("a"), params.get("b")),
    choose: (a, b) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          after.set("a", a.id);
          after.set("b", b.id);
          return after;
        },
        { replace: true },
      ),
  };
}

function pairOf(versions: readonly Version[], a: string | null, b: string | null): VersionChoice["pair"] {
  const accepted = versions.filter((version) => version.accepted);
  const [first, second] = (accepted.length > 1 ? accepted : versions).slice(-2);
  const from = versions.find(({ id }) => id === a) ?? first;
  const to = versions.find(({ id }) => id === b) ?? second;
  return from && to ? [from, to] : undefined;
}
