import type { ModelCall } from "./scripted-model.js";
import { is, isEnd, isToken, type Scene } from "./scene.js";
import type { Recording } from "./trpc.js";

/** A run that has come to a certain point, and waits there. */
export interface Moment {
  readonly runId: string;
  readonly seen: Recording;
  /** The model call that is open, if any. */
  readonly call?: ModelCall;
  /** Takes away what keeps the run from going on, where that is not its own model call. */
  release?(): Promise<unknown>;
}

type Bring = (scene: Scene) => Promise<Moment>;

const beforeFirstToken =
  (stage: string, iteration = 0): Bring =>
  async (scene) => {
    const { runId, seen } = await scene.start();
    const call = await scene.reach(stage, iteration);
    await seen.until(is("progress", { phase: "waiting", stage, iteration }));
    return { runId, seen, call };
  };

const midStream =
  (stage: string, iteration = 0): Bring =>
  async (scene) => {
    const { runId, seen } = await scene.start();
    const call = await scene.reach(stage, iteration);
    call.write("partial ");
    await seen.until((event) => isToken(event) && is("token", { stage, iteration })(event));
    return { runId, seen, call };
  };

/** Moments of a run, and how a run is brought there. For `queued` the server takes one run at a time. */
export const MOMENTS = {
  queued: async (scene) => {
    const other = await scene.start();
    await scene.model.next();
    const { runId, seen } = await scene.start();
    await seen.until(is("progress", { phase: "queued" }));
    return { runId, seen, release: () => scene.client.control(other.runId, { type: "cancel", when: "now" }) };
  },
  architecture: beforeFirstToken("architecture"),
  "architecture, mid-stream": midStream("architecture"),
  "implementation, mid-stream": midStream("implementation"),
  "review 0": beforeFirstToken("review"),
  "refinement 1, before the first token": beforeFirstToken("refinement", 1),
  "refinement 1, mid-stream": midStream("refinement", 1),
  "review 1, mid-stream": midStream("review", 1),
  "refinement 3, mid-stream": midStream("refinement", 3),
  "documentation, mid-stream": midStream("documentation"),
  "while a retry waits": async (scene) => {
    const { runId, seen } = await scene.start();
    (await scene.reach("architecture")).refuse(500, "down");
    await seen.until(is("progress", { phase: "retrying" }));
    return { runId, seen };
  },
  paused: async (scene) => {
    const { runId, seen } = await scene.start();
    const call = await scene.reach("architecture");
    await scene.client.control(runId, { type: "pause" });
    call.end();
    await seen.until(is("progress", { phase: "paused" }));
    return { runId, seen };
  },
  closed: async (scene) => {
    const { runId, seen } = await scene.start();
    await scene.reach("architecture");
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await seen.until(isEnd);
    return { runId, seen };
  },
} satisfies Record<string, Bring>;

export type MomentName = keyof typeof MOMENTS;

/** Opens nothing: brings a new run of `scene` there. */
export function bring(scene: Scene, moment: MomentName): Promise<Moment> {
  return MOMENTS[moment](scene);
}
