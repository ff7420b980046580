import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { pagesPerTest } from "../support/pages.js";
import { HOSTILE } from "../support/hostile-documents.js";

describe.skipIf(chromiumMissing)(`text on the page (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest();

  async function startRun(): Promise<string> {
    const { runId } = await scene.server.engine.start({ task: "build it" });
    return `${scene.server.url}/runs/${runId}?stage=architecture`;
  }

  test("a selection stays on its words while the text goes on, and code is coloured once it is whole", async () => {
    const { page, complaints } = await scene.browser.open(await startRun());
    const call = await scene.model.next();
    call.write("# The plan\n\nWe **choose** these words");
    await page.getByText("these words").waitFor();
    await select(page, "choose these");
    call.write(" with care, and go on");
    await page.getByText("with care, and go on").waitFor();
    expect(await selected(page)).toBe("choose these");
    call.write(` for long.\n\n\`\`\`ts\n${"const answer = 42;\n".repeat(3)}`);
    await page.getByText("const answer = 42;").first().waitFor();
    expect(await selected(page)).toBe("choose these");
    expect(await page.locator(".token-keyword").count()).toBe(0);

    await select(page, "answer");
    call.write("```\n\nThe end.\n");
    await page.locator(".token-keyword", { hasText: "const" }).first().waitFor();
    expect(await selected(page)).toBe("answer");
    await page.getByText("The end.").waitFor();
    expect(await selected(page)).toBe("answer");
    call.end();
    expect(complaints).toEqual([]);
  });

  test("code is copied as it was written, and scrolls sideways on its own", async () => {
    const { page, complaints } = await scene.browser.open(await startRun(), {
      permissions: ["clipboard-read", "clipboard-write"],
      viewport: { width: 360, height: 740 },
    });
    const code = `const wide = "${"wide ".repeat(60)}";\n\n${"line();\n".repeat(120)}`;
    (await scene.model.next()).write(`\`\`\`ts\n${code}\`\`\`\n\nAfter.`);
    await page.getByText("After.").waitFor();
    await page.getByRole("button", { name: "Copy code" }).click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
    expect(await sidewaysScroll(page)).toBe(0);
    const pre = page.locator(".code-block pre");
    expect(await pre.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeGreaterThan(500);
    expect(await pre.evaluate((element) => element.scrollHeight - element.clientHeight)).toBe(0);
    await page.locator(".token-keyword").first().waitFor();
    await pre.evaluate((element) => document.getSelection()?.selectAllChildren(element));
    expect(`${(await selected(page)).trimEnd()}\n`).toBe(code);
    expect(complaints).toEqual([]);
  });

  test("references are resolved when the text is whole", async () => {
    const { page, complaints } = await scene.browser.open(await startRun());
    const call = await scene.model.next();
    call.write("See [the guide][g] and a note[^1].\n\n[g]: https://example.org/guide\n[^1]: The note.\n");
    await page.getByText("the guide").waitFor();
    call.end();
    const link = page.getByRole("link", { name: "the guide" });
    await link.waitFor();
    expect(await link.getAttribute("href")).toBe("https://example.org/guide");
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    const note = page.getByRole("link", { name: "1", exact: true });
    const target = await note.getAttribute("href");
    expect(await page.locator(`[id="${target?.slice(1)}"]`).innerText()).toContain("The note.");
    expect(complaints).toEqual([]);
  });

  test("20,000 tokens make the text that was written", async () => {
    const { page, complaints } = await scene.browser.open(await startRun());
    const call = await scene.model.next();
    const words = Array.from({ length: 20_000 }, (_, index) => (index % 25 === 24 ? `w${index}.\n\n` : `w${index} `));
    for (const word of words) call.write(word);
    call.end();
    await page.getByText("w19999.").waitFor({ timeout: 60_000 });
    const paragraphs = await page.locator(".prose p").allTextContents();
    expect(paragraphs.join("\n\n")).toBe(words.join("").trim());
    await page.locator(".prose").evaluate((prose) => document.getSelection()?.selectAllChildren(prose));
    await expect.poll(async () => (await selected(page)).split(/\s+/).length).toBe(20_000);
    await page.reload();
    await page.getByText("w19999.").waitFor();
    expect(await page.locator(".prose p").allTextContents()).toEqual(paragraphs);
    expect(complaints).toEqual([]);
  }, 120_000);

  test.each(Object.entries(HOSTILE))(
    "hostile text is harmless: %s",
    async (_name, { text, shows, plain }) => {
      const { page, complaints } = await scene.browser.open(await startRun());
      const call = await scene.model.next();
      for (let at = 0; at < text.length; at += 8_192) call.write(text.slice(at, at + 8_192));
      call.write("\n\nStill here.\n");
      call.end();
      await page.getByText("Still here.").waitFor();
      if (shows !== undefined) await page.locator(".prose", { hasText: shows }).waitFor();
      expect(await page.locator(".plain-why").count()).toBeGreaterThanOrEqual(plain === true ? 1 : 0);
      if (plain !== true) expect(await page.locator(".plain-why").count()).toBe(0);
      expect(await page.locator(".prose :is(script, style, iframe, img, svg, form, [style], [onerror])").count()).toBe(
        0,
      );
      const links = await page.locator(".prose a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
      expect(links.filter((href) => !/^(?:https?:\/\/|mailto:|#)/.test(href ?? ""))).toEqual([]);
      expect(await sidewaysScroll(page)).toBe(0);
      expect(await page.evaluate(() => Object.hasOwn(window, "attacked"))).toBe(false);
      // The page still does what it is asked to.
      await page.getByRole("button", { name: /^Implementation/ }).click();
      await page.locator("#step-title", { hasText: "Implementation" }).waitFor();
      expect(complaints).toEqual([]);
    },
    60_000,
  );
});

/** Selects the first occurrence of `words` in the text, also where markup lies between them. */
async function select(page: Page, words: string): Promise<void> {
  await page.locator(".prose").evaluate((prose, wanted) => {
    const texts: { node: Node; from: number }[] = [];
    const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
    let all = "";
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      texts.push({ node, from: all.length });
      all += node.nodeValue ?? "";
    }
    const place = (at: number): [Node, number] => {
      const text = texts.findLast(({ from }) => from <= at);
      if (!text) throw new Error(`${wanted} is not there`);
      return [text.node, at - text.from];
    };
    const at = all.indexOf(wanted);
    document.getSelection()?.setBaseAndExtent(...place(at), ...place(at + wanted.length - 1));
    document.getSelection()?.modify("extend", "forward", "character");
  }, words);
}

function selected(page: Page): Promise<string> {
  return page.evaluate(() => String(document.getSelection()));
}
