import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.js";
import { describeTally, describeViolation, total } from "./tally.js";

const USAGE = `npm run faults -- [--minutes N] [--seed S] [--rounds N] [--redis [--nodes N]] [--program file [--take-overs]]
  --minutes  how long; the last round is played to its end (default 1)
  --seed     chooses the faults and their moments (default: another one each time, printed)
  --rounds   instead of a time
  --redis    the log is in a Redis of the campaign's own (needs redis-server)
  --nodes    so many servers on that Redis
  --program  a file that is started instead of \`stagewire serve\`
  --take-overs  SIGUSR2 makes the program start a second engine on the same log: do so`;

/** The campaign as a command; returns the exit code: 0 when nothing was violated, 1 when something was, 2 when it was not understood. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string" },
      seed: { type: "string" },
      rounds: { type: "string" },
      program: { type: "string" },
      redis: { type: "boolean", default: false },
      nodes: { type: "string", default: "1" },
      "take-overs": { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  const { help, program } = values;
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const minutes = Number(values.minutes ?? 1);
  const nodes = Number(values.nodes);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  const severalAlone = nodes > 1 && !values.redis;
  if (
    help === true ||
    severalAlone ||
    !(nodes >= 1) ||
    !(minutes > 0) ||
    !Number.isSafeInteger(seed) ||
    (rounds !== undefined && !(rounds > 0))
  ) {
    console.log(USAGE);
    return help === true ? 0 : 2;
  }
  const [cpu] = cpus();
  console.log(
    `seed ${seed}; Node ${process.versions.node}, ${availableParallelism()} × ${cpu?.model ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  );
  const began = performance.now();
  const minutesSince = () => ((performance.now() - began) / 60_000).toFixed(1);
  const tally = await runCampaign({
    seed,
    ...(rounds === undefined ? { minutes } : { rounds }),
    ...(program !== undefined && { program }),
    takeOvers: values["take-overs"],
    redis: values.redis,
    nodes,
    onRound({ rounds: played, faults, events }) {
      if (played % 10 === 0)
        console.log(`${minutesSince()} min: ${played} rounds, ${total(faults)} faults, ${events} events`);
    },
  });
  console.log(["", ...describeTally(tally), "", `${minutesSince()} minutes, seed ${seed}`].join("\n"));
  for (const violation of tally.violations) console.log(describeViolation(violation, seed).join("\n"));
  return tally.violations.length > 0 ? 1 : 0;
}
