import { openLine } from "./line.mjs";
import { inTurn, pulse, written } from "./looks.mjs";
import { startModel } from "./model.mjs";
import { control, startRun } from "./runs.mjs";
import { startServer } from "./servers.mjs";

const THINKING = "A parser for cron expressions";
const QUIET = "A resumable upload endpoint";
const RETRYING = "A cache with time limits";
const CUT_OFF = "A webhook sender that retries";

const THOUGHTS =
  "The fields come first: five of them, each a list, a range, a step or a star. Names of days and months are easy to " +
  "allow. What is hard is the day: when both the day of the month and the day of the week are given, either one is " +
  "enough. Then there are the hours that a change of the clock takes away or gives twice. ";
const ANSWER = `# A plan in three parts

Everything that can fail has one place where it is handled, and everything that is written down can be read again.

## The parts

- **The door** takes requests, checks them and answers at once.
- **The queue** keeps what has to be done, in order, on disk.
- **The worker** does it, one piece at a time, and says what came of it.

## What happens when

1. A request comes. Its size and its kind are checked before anything is kept.
2. It is written to the queue; only then is it confirmed.
3. The worker takes it, and marks it as begun, so that a restart finds it again.

`;

const SCRIPTS = {
  [THINKING]: (call) => call.write(THOUGHTS.repeat(40), "reasoning_content"),
  [QUIET]: (call) => call.write(ANSWER),
  [RETRYING]: (call) => call.refuse(503, "The engine is overloaded at the moment: try again later.", 45),
  [CUT_OFF]: async (call) => {
    while (call.open) await call.write(ANSWER);
  },
};

/** States in which something is unusual: they need a model and a line to the server that misbehave. */
export async function shootTroubleStates(shoot) {
  const model = await startModel(SCRIPTS);
  const server = await startServer({ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: "none", STAGEWIRE_MODEL: "scripted" });
  const line = await openLine(server.url);
  try {
    await takeAll(shoot, server.url, line);
  } finally {
    await line.close();
    await server.close();
    await model.close();
  }
}

async function takeAll(shoot, url, line) {
  const during = async (task, look) => {
    const runId = await startRun(url, task);
    await look(`/runs/${runId}`);
    await control(url, runId, { type: "cancel", when: "now" });
  };
  await during(THINKING, (path) => shoot("thinking", url + path, pulse(/^thinking · \d{3,} characters/)));
  await during(QUIET, (path) => shoot("quiet", url + path, pulse(/^connected, silent for/)));
  await during(RETRYING, (path) => shoot("retrying", url + path, pulse(/^attempt 1 failed · attempt 2 of/)));
  await during(CUT_OFF, async (path) => {
    const lost = async (page) => {
      await written(900)(page);
      line.cut();
      await pulse(/^connection lost · try [2-9]/)(page);
    };
    await shoot("reconnecting", line.url + path, lost);
    line.mend();
    const back = async (page) => {
      line.mend();
      await page.getByRole("button", { name: "Retry now" }).click();
      await pulse(/^caught up: /)(page);
    };
    await shoot("caught-up", line.url + path, inTurn(lost, back), { oneByOne: true });
  });
}
