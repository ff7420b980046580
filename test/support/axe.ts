import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { sidewaysScroll } from "./browser.js";

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string }[] }[];
}

/** The widths and colours in which every state has to be without fault. */
const WIDTHS = [1280, 375] as const;
const COLOURS = ["light", "dark"] as const;

let axe: string | undefined;

/** What axe finds wrong with a page as it stands, each with the first element it is about. */
export async function axeViolations(page: Page): Promise<string[]> {
  axe ??= readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // Through the debugger, so that the page's own content security policy stays as it is.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResult>("axe.run(document, { resultTypes: ['violations'] })");
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}`);
}

/**
 * What is wrong with a page's state in both colours at both widths, which are changed in place; what scrolls sideways
 * is wrong too. `reach` is called at each width: for what a change of the width closes.
 */
export async function faultsEverywhere(page: Page, reach?: (width: number) => Promise<void>): Promise<string[]> {
  const faults: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    await reach?.(width);
    const wider = await sidewaysScroll(page);
    if (wider > 0) faults.push(`${width} px: the page is ${wider} px wider than its window`);
    for (const colorScheme of COLOURS) {
      await page.emulateMedia({ colorScheme });
      faults.push(...(await axeViolations(page)).map((fault) => `${width} px, ${colorScheme}: ${fault}`));
    }
  }
  return faults;
}
