import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createScreen } from "../../client/cli/src/render/screen.js";
import { startAimock } from "../support/aimock-process.js";
import { approvingReview } from "../support/answers.js";
import { inTerminal, noTerminal } from "../support/pseudo-terminal.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { createTerminal } from "../support/terminal-emulator.js";

type Action = { kind: "text" | "line" | "status"; text: string };

const pieces = fc.array(fc.constantFrom("a", "word ", "x".repeat(19), "日本", "🧵", "é", "\n", "\n\n", "- "), {
  maxLength: 8,
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: pieces.map((parts) => ({ kind: "text" as const, text: parts.join("") })) },
  { weight: 1, arbitrary: fc.constantFrom("✓ completed", "» cancel").map((text) => ({ kind: "line" as const, text })) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("", "▸ one", "▸ another").map((text) => ({ kind: "status" as const, text })),
  },
);

describe("status line", () => {
  test("never garbles the text, wherever the text is cut and the screen scrolls", () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 40 }),
        fc.integer({ min: 14, max: 40 }),
        fc.integer({ min: 3, max: 8 }),
        (actions, columns, rows) => {
          const seen = createTerminal(columns, rows);
          const screen = createScreen(seen.write, () => columns);
          let expected = "";
          for (const { kind, text } of actions) {
            screen[kind](text);
            if (kind === "text") expected += text;
            if (kind === "line") expected += `${expected === "" || expected.endsWith("\n") ? "" : "\n"}${text}\n`;
            const shown = seen.lines().filter((line) => line.includes("▸"));
            if (kind === "status") expect(shown).toEqual(text === "" ? [] : [text]);
            else expect(shown.length).toBeLessThanOrEqual(1);
          }
          screen.status("");
          const alone = createTerminal(columns, rows);
          alone.write(expected);
          expect(trimmed(seen.lines())).toEqual(trimmed(alone.lines()));
        },
      ),
    );
  });

  test("goes when the width changes, and the text goes on below", () => {
    const terminal = createTerminal(40, 6);
    const screen = createScreen(terminal.write, () => 40);
    screen.text("half a line");
    screen.status("▸ status");
    screen.resized();
    screen.text(" and the rest\n");
    expect(trimmed(terminal.lines())).toEqual(["half a line", " and the rest"]);
  });
});

const REVIEW = { when: { system: "the verdict" }, response: { content: approvingReview(true) } };
const LONG = "A sentence of some length that has to wrap in a narrow window, with 日本語 in it. ".repeat(3);
// oxlint-disable-next-line no-control-regex
const CLEARING = /\u001b\[[23]?J|\u001b\[\?1049h|\u001bc/;

describe.skipIf(noTerminal)("in a pseudo terminal (needs util-linux's script)", () => {
  test.each([24, 80])("streams append-only in %i columns, and ends with what became of the run", async (columns) => {
    await using aimock = await startAimock([
      REVIEW,
      { response: { content: `# Title\n\n${LONG}\n\u001b[2J evil` }, chunkSize: 7, streamingProfile: { tps: 150 } },
    ]);
    await using scene = await startScene(aimock.baseUrl);
    await using running = inTerminal(["run", "a URL shortener", "--url", scene.url], columns, { NO_COLOR: "1" });
    const { code, stdout } = await running.result;
    expect(code).toBe(0);
    expect(stdout).not.toMatch(CLEARING);
    const terminal = createTerminal(columns, 20);
    terminal.write(stdout.replaceAll("\r\n", "\n"));
    const text = terminal.lines().join("\n");
    expect(text).not.toContain("▸");
    expect(terminal.lines()[0]).toMatch(/^http:\/\/127\.0\.0\.1/);
    // With the breaks of the window taken out again, every stage's text is there as the model wrote it.
    const unwrapped = terminal.lines().join("").replaceAll(" ", "");
    expect(unwrapped.split(LONG.replaceAll(" ", "")).length - 1).toBe(3);
    expect(unwrapped).toMatch(/Run[a-z0-9_-]+finishedin[\d.]+s:http:\/\/127\.0\.0\.1:\d+\/runs\/[a-z0-9_-]+$/i);
  });

  test("Ctrl-C cancels for the one who started the run, and waits until it is cancelled", async () => {
    await using aimock = await startAimock([
      { response: { content: LONG.repeat(50) }, chunkSize: 5, streamingProfile: { tps: 20 } },
    ]);
    await using scene = await startScene(aimock.baseUrl);
    await using running = inTerminal(["run", "a URL shortener", "--url", scene.url], 80, {});
    await running.printed(/last \d/);
    running.press("\u0003");
    const { code, stdout } = await running.result;
    expect(code).toBe(3);
    expect(stdout).toMatch(/cancelling the run; Ctrl-C again leaves it running/);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/Run .+ was cancelled by .+ after/);
  });

  test("Ctrl-C of a watcher only leaves, and says that the run goes on", async () => {
    await using aimock = await startAimock([
      { response: { content: LONG.repeat(50) }, chunkSize: 5, streamingProfile: { tps: 20 } },
    ]);
    await using scene = await startScene(aimock.baseUrl);
    await using starter = inTerminal(["run", "a URL shortener", "-d", "--url", scene.url], 80, { NO_COLOR: "1" });
    expect((await starter.result).code).toBe(8);
    await using running = inTerminal(["watch", "--url", scene.url], 80, { NO_COLOR: "1" });
    await running.printed(/last \d/);
    running.press("\u0003");
    const { code, stdout } = await running.result;
    expect(code).toBe(130);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(
      /Run (\S+) is still running: npx stagewire watch \1 --url http/,
    );
  });
});

interface Scene extends AsyncDisposable {
  readonly url: string;
}

async function startScene(baseUrl: string): Promise<Scene> {
  const folder = await temporaryFolder();
  const env = { OPENAI_BASE_URL: baseUrl, STAGEWIRE_MODEL: "m" };
  const server = await startServerProcess({ data: folder.path, port: await freePort(), env });
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function trimmed(lines: readonly string[]): string[] {
  return lines.join("\n").trimEnd().split("\n");
}
