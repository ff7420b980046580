import { createReplay, type Replay } from "@stagewire/client/replay";
import { isClosed, type RunView, type StagewireError } from "@stagewire/shared";
import { useRunEvents } from "@stagewire/client/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useAddressSeq } from "../lib/use-address-seq";
import { useSlowed } from "../lib/use-slowed";
import { usePlaying } from "./use-playing";

export const SPEEDS = [1, 10, 60] as const;
export type Speed = (typeof SPEEDS)[number];

/** How often the events of a run that goes on are taken over into its replay, in ms. */
const RENEW_MS = 1_000;

/** The past of the run that is shown, and the ways to move in it. */
export interface ReplayControl {
  /** What the page shows: the run as it is now, or as it was at `seq`. */
  readonly view: RunView;
  /** True while the past is shown: the address has `at=<seq>`. */
  readonly active: boolean;
  /** The event at which the past is shown. */
  readonly seq: number | undefined;
  /** Ms from the run's start to the moment that is shown; `undefined` while that is now. */
  readonly ms: number | undefined;
  /** The same in Unix ms. */
  readonly now: number | undefined;
  /** True until the events are there. */
  readonly loading: boolean;
  readonly error: StagewireError | undefined;
  /** True where text is paced evenly. */
  readonly paced: boolean;
  readonly playing: boolean;
  readonly speed: Speed;
  setSpeed(speed: Speed): void;
  /** Plays on; from the start where the end is shown. */
  play(): void;
  pause(): void;
  /** The last event that had come by then; `undefined` while the events are not there. */
  seqAt(ms: number): number | undefined;
  /** Shows the moment `ms` after the run's start. */
  seek(ms: number): void;
  /** Shows the next event of the log, or the one before. */
  step(direction: 1 | -1): void;
  /** Back to now. */
  leave(): void;
}

/** Turns a live view and `at` of the address into what the page shows. The run's events are loaded when first needed. */
export function useReplay(live: RunView): ReplayControl {
  const [at, setAt] = useAddressSeq("at");
  const [speed, setSpeed] = useState<Speed>(10);
  /** A moment that was asked for before the events were there. */
  const [asked, setAskedState] = useState<number>();
  const latest = useRef(asked);
  const setAsked = useCallback((ms: number | undefined) => {
    latest.current = ms;
    setAskedState(ms);
  }, []);
  const active = at !== undefined || asked !== undefined;
  const { replay, error } = useLoadedReplay(live, active);
  const over = isClosed(live);

  const show = (seq: number): void => setAt(seq >= (replay?.lastSeq ?? seq) && !over ? undefined : seq);
  const playing = usePlaying({ replay, at, speed, onMove: show });

  useEffect(() => {
    // Who has left since it was rendered must not be brought back: React runs the effect after that press.
    if (!replay || asked === undefined || latest.current !== asked) return;
    setAsked(undefined);
    setAt(replay.seqAtMs(asked));
  }, [replay, asked, setAsked, setAt]);

  const shownAt = replay && at !== undefined ? Math.min(at, replay.lastSeq) : undefined;
  const ms = shownAt === undefined ? undefined : replay?.msAt(shownAt);
  const view = useMemo(
    () => (replay && shownAt !== undefined ? stopped(replay, shownAt) : live),
    [replay, shownAt, live],
  );

  return {
    view,
    active,
    seq: shownAt ?? at,
    ms: ms ?? asked,
    now: ms === undefined ? undefined : (replay?.startedAt ?? 0) + ms,
    loading: active && !replay && !error,
    error,
    paced: replay?.paced ?? false,
    playing: playing.on,
    speed,
    setSpeed,
    play() {
      if (at === undefined || (replay && at >= replay.lastSeq)) setAt(1);
      playing.set(true);
    },
    pause: () => playing.set(false),
    seqAt: (to) => replay?.seqAtMs(to),
    seek(to) {
      playing.set(false);
      if (replay) show(replay.seqAtMs(to));
      else setAsked(to);
    },
    step(direction) {
      playing.set(false);
      if (!replay) return setAsked(direction > 0 ? 0 : Infinity);
      const from = at ?? replay.lastSeq;
      const next =
        direction > 0
          ? replay.events.find(({ seq }) => seq > from)?.seq
          : replay.events.findLast(({ seq }) => seq < from)?.seq;
      if (next !== undefined) show(next);
    },
    leave() {
      playing.set(false);
      setAsked(undefined);
      setAt(undefined);
    },
  };
}

/** The past comes in parts: there is no replay of it until all is there that the page has shown, for a part's end is not the run's. */
function useLoadedReplay(live: RunView, wanted: boolean): { replay: Replay | undefined; error?: StagewireError } {
  const { events, error } = useRunEvents(wanted ? live.runId : undefined);
  const taken = useSlowed(events, isClosed(live) ? 0 : RENEW_MS);
  const replay = useMemo(() => (taken.length > 0 ? createReplay(taken) : undefined), [taken]);
  // From then on it may fall behind a run that goes on, and is renewed.
  const [caughtUp, setCaughtUp] = useState(false);
  const reached = replay !== undefined && (caughtUp || replay.lastSeq >= live.seq);
  if (reached !== caughtUp) setCaughtUp(reached);
  return { replay: reached ? replay : undefined, ...(error && { error }) };
}

/** The view at an event, its elapsed time brought to that moment: the log tells it about once a second only. */
function stopped(replay: Replay, seq: number): RunView {
  const view = replay.viewAt(seq);
  return view.progress ? { ...view, progress: { ...view.progress, elapsedMs: replay.msAt(seq) } } : view;
}
