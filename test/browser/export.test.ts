import { readFile } from "node:fs/promises";
import { strFromU8, unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { axeViolations } from "../support/axe.js";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { pagesPerFile } from "../support/pages.js";
import { expectSafePaths } from "../support/safe-paths.js";

/** What a model must not be able to do to the page or to the one who unpacks what it wrote. */
const HOSTILE = `# Title <script>document.title = "taken over"</script>

![tracker](https://evil.example/pixel.png)

<img src="https://evil.example/raw.png" onerror="document.title = 'taken over'">

\`../../../etc/cron.d/job.sh\`

\`\`\`sh
echo 1
\`\`\`

\`\`\`ts C:\\Windows\\con.ts
const a = 1;
\`\`\`

\`\`\`sh title=".git/hooks/pre-commit"
echo 2
\`\`\`

\`src/a.ts\`

\`\`\`ts
export const a = 1;
\`\`\`

<!-- and nothing closes this`;

describe.skipIf(chromiumMissing)(`exporting a run (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerFile();
  let url: string;

  beforeAll(async () => {
    scene.model.answer((call) => (isReview(call) ? approvingReview(true) : HOSTILE));
    const { runId } = await scene.server.engine.start({ task: "A <b>hostile</b> ../task" });
    url = `${scene.server.url}/runs/${runId}`;
    await scene.client.watch(runId).ended;
  });

  const openDialog = async (page: Page) => {
    await page.getByText("Finished").first().waitFor();
    await page.keyboard.press("o");
    const dialog = page.getByRole("dialog", { name: "Export" });
    await dialog.getByRole("list", { name: "Blocks of code as files" }).waitFor();
    return dialog;
  };
  const saved = async (page: Page, press: () => Promise<void>) => {
    const [download] = await Promise.all([page.waitForEvent("download"), press()]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };

  test("the document, the archive and single files are saved, whatever was written", async () => {
    const { page, complaints } = await scene.browser.open(url);
    const dialog = await openDialog(page);

    const document = await saved(page, () => dialog.getByRole("button", { name: "Download .md" }).click());
    expect(document.name).toMatch(/^stagewire-b-hostile-b-task-\w{6}\.md$/);
    const markdown = document.bytes.toString();
    expect(markdown).toContain("\n## Documentation\n");
    expect(markdown).toContain("\n### Title <script>");
    expect(markdown.trimEnd().split("\n").at(-1)).toMatch(/^Read and Written in tokens/);

    const archive = await saved(page, () => dialog.getByRole("button", { name: "Download .zip" }).click());
    const files = unzipSync(archive.bytes);
    const names = Object.keys(files);
    expectSafePaths(names);
    const folder = archive.name.replace(/\.zip$/, "/");
    expect(names.map((name) => name.replace(folder, ""))).toEqual([
      "run.md",
      "run.json",
      "outputs/01-architecture.md",
      "outputs/02-implementation.md",
      "outputs/03-review.md",
      "outputs/04-documentation.md",
      "files/etc/cron.d/job.sh",
      "files/Windows/_con.ts",
      "files/_.git/hooks/pre-commit",
      "files/src/a.ts",
    ]);
    expect(strFromU8(files[`${folder}run.md`]!)).toBe(markdown);
    expect(strFromU8(files[`${folder}outputs/02-implementation.md`]!)).toBe(HOSTILE);
    expect(strFromU8(files[`${folder}files/src/a.ts`]!)).toBe("export const a = 1;\n");
    expect(JSON.parse(strFromU8(files[`${folder}run.json`]!))).toMatchObject({ status: "completed" });

    const code = await saved(page, () => dialog.getByRole("button", { name: "Download all as .zip" }).click());
    expect(Object.keys(unzipSync(code.bytes))).toHaveLength(4);
    const one = await saved(page, () => dialog.getByRole("button", { name: "Download src/a.ts" }).click());
    expect(one).toMatchObject({ name: "src-a.ts" });
    expect(one.bytes.toString()).toBe("export const a = 1;\n");

    expect(await page.title()).not.toContain("taken over");
    expect(complaints).toEqual([]);
  });

  test("texts and links are copied, and Escape goes back to where one was", async () => {
    const { page, complaints } = await scene.browser.open(`${url}?stage=review&iteration=0`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const dialog = await openDialog(page);
    const copied = async (name: string) => {
      await dialog.getByRole("button", { name, exact: true }).click();
      await dialog.getByRole("button", { name: "Copied" }).waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    expect(await copied("Copy src/a.ts")).toBe("export const a = 1;\n");
    expect(await copied("Copy 02-implementation.md")).toBe(HOSTILE);
    expect(await copied("Copy the document")).toContain("\n## Documentation\n");
    expect(await copied("Copy link to the run")).toBe(url);
    expect(await copied("Copy link to what is shown")).toBe(`${url}?stage=review&iteration=0`);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.keyboard.press("o");
    await dialog.waitFor();
    expect(complaints).toEqual([]);
  });

  test("opened from the menu, it gives the focus back to the menu's button", async () => {
    const { page } = await scene.browser.open(url);
    const more = page.getByRole("button", { name: "More", exact: true });
    await more.click();
    await page.getByRole("group", { name: "Controls" }).getByRole("button", { name: "Export…" }).click();
    const dialog = page.getByRole("dialog", { name: "Export" });
    await dialog.waitFor();
    expect(await more.getAttribute("aria-expanded")).toBe("false");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await more.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("where the browser allows no copying, the text is shown to be copied by hand", async () => {
    const { page, complaints } = await scene.browser.open(url);
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"));
      document.execCommand = () => false;
    });
    const dialog = await openDialog(page);
    await dialog.getByRole("button", { name: "Copy src/a.ts" }).click();
    const byHand = page.getByRole("dialog", { name: "Copy by hand" });
    await byHand.getByText("The browser does not let this page copy.").waitFor();
    const field = byHand.getByLabel("Text to copy");
    expect(await field.inputValue()).toBe("export const a = 1;\n");
    expect(
      await field.evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.selectionEnd, area.value.length]),
    ).toEqual([0, 20, 20]);
    expect(await axeViolations(page)).toEqual([]);
    await byHand.getByRole("button", { name: "Close" }).click();
    await byHand.waitFor({ state: "detached" });
    expect(await dialog.isVisible()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("copying without the clipboard's interface works by the selection", async () => {
    const { page } = await scene.browser.open(url, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.evaluate(() =>
      Object.defineProperty(navigator.clipboard, "writeText", { value: () => Promise.reject() }),
    );
    const dialog = await openDialog(page);
    await dialog.getByRole("button", { name: "Copy src/a.ts" }).click();
    await dialog.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("export const a = 1;\n");
  });

  test("its buttons can be hit, with a finger too", async () => {
    const { page } = await scene.browser.open(url);
    const dialog = await openDialog(page);
    for (const [width, least] of [
      [1280, 24],
      [375, 44],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      for (const button of await dialog.getByRole("button").all()) {
        await expect.poll(async () => (await button.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(least);
      }
      expect(await axeViolations(page)).toEqual([]);
      expect(await sidewaysScroll(page)).toBe(0);
    }
  });
});
