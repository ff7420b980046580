import { withRoles } from "../child.mjs";
import { plainToken } from "../token.mjs";
import { median } from "../stats.mjs";

const TOKENS = 20_000;
const TIMES = 5;

/** (d) A watcher that comes late, or back, to a run of 20,000 token events, against one frame for each of them. */
export function resume({ measured }) {
  return withRoles(async (start) => {
    const upstream = start("upstream");
    const server = start("stagewire", measured);
    const raw = start("raw-ws", measured);
    const load = start("watchers");
    const baseUrl = await upstream.call("listen");
    const { url, runs } = await server.call("listen", { baseUrl, recorded: TOKENS, maxConcurrentRuns: 1 });
    const { url: rawUrl } = await raw.call("listen");
    const events = Array.from({ length: TOKENS }, (_, n) => ({
      type: "token",
      runId: "unfinished",
      seq: n + 1,
      at: Date.now(),
      stage: "write",
      text: plainToken(n),
    }));
    await raw.call("keep", { events });

    const middle = TOKENS / 2;
    const { unfinished, finished } = runs;
    const own = (run, request) => ({
      role: server,
      door: "stagewire",
      url,
      until: run.seq,
      request: { runId: run.runId, ...request },
    });
    const naive = (after) => ({ role: raw, door: "raw-ws", url: rawUrl, until: TOKENS, request: { after } });
    const cases = [
      { name: "stagewire, unfinished run from its start", ...own(unfinished), against: 0 },
      {
        name: "stagewire, unfinished run from the middle",
        ...own(unfinished, { lastEventId: `1-${middle}` }),
        against: 1,
      },
      { name: "stagewire, finished run from its start", ...own(finished), against: 0 },
      { name: "stagewire, finished run from the middle", ...own(finished, { lastEventId: `1-${middle}` }), against: 1 },
      { name: 'stagewire, finished run, detail "stages"', ...own(finished, { detail: "stages" }), against: 0 },
      { name: "raw ws, one frame an event, from the start", ...naive(0), against: 0 },
      { name: "raw ws, one frame an event, from the middle", ...naive(middle), against: 1 },
    ];
    const rows = [];
    for (const { name, role, against, ...request } of cases) {
      await load.call("resume", request);
      const results = [];
      await role.call("begin");
      for (let n = 0; n < TIMES; n++) results.push(await load.call("resume", request));
      const { cpuUs } = await role.call("end");
      rows.push({
        name,
        against,
        ms: median(results.map(({ ms }) => ms)),
        kilobytes: median(results.map(({ bytes }) => bytes)) / 1_000,
        frames: median(results.map(({ messages }) => messages)),
        cpuMs: cpuUs / 1_000 / TIMES,
      });
    }
    const replays = rows.slice(-2);
    return {
      title: `(d) resume of a run of ${TOKENS} token events, median of ${TIMES}: from the request until caught up`,
      rows: rows.map(({ against, ...row }) => ({
        ...row,
        ratio: row.ms / replays[against].ms,
        bytesRatio: row.kilobytes / replays[against].kilobytes,
      })),
      columns: {
        name: "case",
        ms: "ms",
        ratio: "× naive time",
        kilobytes: "kB on the wire",
        bytesRatio: "× naive bytes",
        frames: "frames",
        cpuMs: "server CPU ms",
      },
      floors: [],
      notes: [
        "The naive replay has its events in memory; stagewire reads them from its database, one row a token event.",
      ],
    };
  });
}
