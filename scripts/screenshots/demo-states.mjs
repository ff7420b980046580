import { chip, heading, inTurn, pulse, stepTitle, view, written } from "./looks.mjs";
import { control, getRun, reach, startRun } from "./runs.mjs";
import { startServer } from "./servers.mjs";

const TASK = "A rate limiter for an HTTP server";

/** The states of runs of the demo model, from a server without runs on to finished ones. */
export async function shootDemoStates(shoot) {
  const server = await startServer();
  try {
    await takeAll(shoot, server.url);
  } finally {
    await server.close();
  }
}

async function takeAll(shoot, url) {
  const pageOf = (runId) => `${url}/runs/${runId}`;
  await shoot("empty", `${url}/`, (page) => page.locator(".runs-empty").waitFor());
  await shoot("empty-list", `${url}/runs`, (page) => page.locator(".runs-empty").waitFor());
  await shoot("start", `${url}/runs/new`, async (page) => {
    await page.getByLabel("What should be built?").fill(TASK);
    await page.getByText("More options").click();
  });

  // It has used up what it may long before its end, so it fails.
  const failing = await startRun(url, "A job queue on Postgres", { maxTokens: 2_500 });
  const main = await startRun(url, TASK);
  await shoot("run", pageOf(main), inTurn(stepTitle("Refinement 1"), written(1_200)));

  const cancelled = await startRun(url, "A feed reader that works offline");
  const others = [
    await startRun(url, "A URL shortener with statistics, whose addresses expire, and an API to make them"),
    await startRun(url, "A chat server with rooms"),
  ];
  await shoot("queued", pageOf(others[1]), pulse(/^queued at position 2/));
  await shoot("failed", pageOf(failing), heading(/^The run failed/));

  await control(url, main, { type: "pause" });
  await shoot("pausing", pageOf(main), chip("Pausing"));
  await shoot("paused", pageOf(main), (page) => page.getByRole("button", { name: "Resume the run" }).waitFor());

  await reach(url, cancelled, ({ steps }) => (steps.at(-1)?.output.length ?? 0) > 200);
  await control(url, cancelled, { type: "cancel", when: "now" });
  await shoot("cancelled", pageOf(cancelled), heading(/^Cancelled after/));
  await shoot("runs", `${url}/runs`, async (page) => {
    await page.locator(".runs-row", { hasText: "Cancelled" }).waitFor();
    await page.locator(".runs-row", { hasText: "shortener" }).getByText("Running").waitFor();
  });

  // Nobody else may have its turn.
  for (const other of others) await control(url, other, { type: "cancel", when: "now" });
  await control(url, main, { type: "resume" });
  await control(url, main, { type: "skip", target: "remaining", when: "after_iteration" });
  await shoot(
    "finished",
    pageOf(main),
    inTurn(chip("Finished"), (page) => page.reload(), heading(/^Finished in/)),
  );
  await shootEnded(shoot, url, main);
}

/** The ways to look at a run that has finished. */
async function shootEnded(shoot, url, runId) {
  const page = `${url}/runs/${runId}`;
  await shoot("diff", `${page}?view=diff`, async (opened) => {
    await view(opened);
    // To the changes themselves, past the findings.
    await opened.keyboard.press(".");
  });
  await shoot("timeline", `${page}?view=timeline`, view);
  await shoot("events", `${page}?view=events`, view);
  await shoot("details", page, async (opened) => {
    await opened.getByRole("button", { name: /^Refinement 1/ }).click();
    await opened.getByRole("button", { name: "Details" }).click();
    await opened.getByRole("heading", { name: "Usage" }).waitFor();
  });
  const { seq } = await getRun(url, runId);
  await shoot("replay", `${page}?at=${Math.round(seq * 0.45)}`, (opened) =>
    opened.getByText(/^Event #\d+, .* after the start\.$/).waitFor(),
  );
}
