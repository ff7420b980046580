import { findAll } from "./matches";

export interface Found {
  /** How often the query stands in the text. */
  readonly count: number;
  /** Which of them is the current one, from 1; 0 without one. */
  readonly index: number;
}

/** Searches the text that an element shows, also while that changes. */
export interface Finder {
  /** Searches for another text, and goes to its first place that is in sight or below. */
  search(query: string): void;
  /** Goes that many places on. False at the end of the text, or without a place: then nothing moved. */
  go(steps: 1 | -1): boolean;
  /** Goes to the first or the last place as soon as there is one. */
  goToEnd(end: "first" | "last"): void;
  dispose(): void;
}

/** A stretch of text nodes between which a word may go on. */
interface Page {
  text: string;
  pieces: { node: Text; from: number }[];
  /** Where the query stands in `text`. */
  places: number[];
  ranges: StaticRange[];
}

const BLOCK = ".prose .block";
const LINES = "p, li, h3, h4, h5, h6, td, th, pre, .plain-chunk";
const NOT_TEXT = ".code-bar, .plain-why";
/** More places than this are counted and not coloured. */
const MAX_COLOURED = 5_000;
const [ALL, CURRENT] = ["find", "find-current"];

export function createFinder(root: HTMLElement, onChange: (found: Found) => void): Finder {
  const pages = new Map<Element, Page>();
  const all = "highlights" in CSS ? new Highlight() : undefined;
  let blocks: Element[] = [];
  let query = "";
  let current: { block: Element; place: number } | undefined;
  let wanted: "first" | "last" | "near" | undefined;
  let frame = 0;
  const dirty = new Set<Element>();
  if (all) CSS.highlights.set(ALL, all);

  function read(block: Element): void {
    const page = readPage(block);
    page.places = findAll(page.text, query);
    for (const range of pages.get(block)?.ranges ?? []) all?.delete(range);
    if (all && all.size < MAX_COLOURED) {
      page.ranges = page.places.map((place) => new StaticRange(rangeAt(page, place, query.length)));
      for (const range of page.ranges) all.add(range);
    }
    pages.set(block, page);
  }

  function update(): void {
    frame = 0;
    blocks = [...root.querySelectorAll(BLOCK)];
    const present = new Set(blocks);
    for (const [block, page] of pages) {
      if (present.has(block)) continue;
      for (const range of page.ranges) all?.delete(range);
      pages.delete(block);
    }
    for (const block of blocks) if (dirty.has(block) || !pages.has(block)) read(block);
    dirty.clear();
    settle();
  }

  /** Keeps the current place, or takes the one that was asked for. */
  function settle(): void {
    const places = listPlaces();
    let index = current
      ? places.findIndex(({ block, place }) => block === current?.block && place === current.place)
      : -1;
    const first = wanted === "near" ? places.findIndex(({ block }) => block.getBoundingClientRect().bottom > 0) : 0;
    if (wanted !== undefined && places.length > 0) {
      index = wanted === "last" ? places.length - 1 : Math.max(0, first);
      wanted = undefined;
      show(places[index]);
    } else if (index >= 0) colourCurrent();
    else if (current) show(undefined);
    onChange({ count: places.length, index: index + 1 });
  }

  function listPlaces(): { block: Element; place: number }[] {
    return blocks.flatMap((block) => (pages.get(block)?.places ?? []).map((place) => ({ block, place })));
  }

  function colourCurrent(): Range | undefined {
    const page = current && pages.get(current.block);
    if (!current || !page) return void CSS.highlights?.delete(CURRENT);
    const { startContainer, startOffset, endContainer, endOffset } = rangeAt(page, current.place, query.length);
    const range = document.createRange();
    range.setStart(startContainer, startOffset);
    range.setEnd(endContainer, endOffset);
    if (!all) return range;
    const highlight = new Highlight(range);
    highlight.priority = 1;
    CSS.highlights.set(CURRENT, highlight);
    return range;
  }

  function show(place: typeof current): void {
    current = place;
    const range = colourCurrent();
    if (!range) return;
    if (!all)
      document
        .getSelection()
        ?.setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    const element = range.startContainer.parentElement;
    // What is far away has no layout yet: the first move brings it near, the second one to the place.
    element?.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    requestAnimationFrame(() => bringIntoSight(range));
  }

  const observer = new MutationObserver((records) => {
    for (const { target } of records) {
      const block = (target instanceof Element ? target : target.parentElement)?.closest(BLOCK);
      if (block) dirty.add(block);
    }
    frame ||= requestAnimationFrame(update);
  });
  observer.observe(root, { childList: true, characterData: true, subtree: true });

  return {
    search(next) {
      query = next;
      all?.clear();
      pages.clear();
      wanted = "near";
      current = undefined;
      colourCurrent();
      update();
    },
    go(steps) {
      const places = listPlaces();
      const at = places.findIndex(({ block, place }) => block === current?.block && place === current.place);
      const next = places[at < 0 ? (steps > 0 ? 0 : places.length - 1) : at + steps];
      if (!next) return false;
      show(next);
      settle();
      return true;
    },
    goToEnd(end) {
      wanted = end;
      current = undefined;
      frame ||= requestAnimationFrame(update);
    },
    dispose() {
      observer.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights?.delete(ALL);
      CSS.highlights?.delete(CURRENT);
    },
  };
}

function readPage(block: Element): Page {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const page: Page = { text: "", pieces: [], places: [], ranges: [] };
  let line: Element | null = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!(node instanceof Text) || !parent || parent.closest(NOT_TEXT)) continue;
    const own = parent.closest(LINES);
    // Words do not go on from one paragraph or cell into the next.
    if (page.text !== "" && own !== line) page.text += "\n";
    line = own;
    page.pieces.push({ node, from: page.text.length });
    page.text += node.data;
  }
  return page;
}

function rangeAt({ pieces }: Page, place: number, length: number): StaticRangeInit {
  const [start, end] = [place, place + length];
  const first = pieces.findLast(({ from }) => from <= start);
  const last = pieces.findLast(({ from }) => from < end);
  if (!first || !last) throw new Error(`There is no text at ${place}, where a search found some.`);
  return {
    startContainer: first.node,
    startOffset: start - first.from,
    endContainer: last.node,
    endOffset: end - last.from,
  };
}

function bringIntoSight(range: Range): void {
  const { top, bottom, left, right } = range.getBoundingClientRect();
  const middle = window.innerHeight / 2;
  if (top < middle / 2 || bottom > middle * 1.5) window.scrollBy({ top: top - middle, behavior: "instant" });
  const scroller = range.startContainer.parentElement?.closest("pre, .table-scroll");
  if (!scroller) return;
  const box = scroller.getBoundingClientRect();
  if (left < box.left || right > box.right) scroller.scrollLeft += left - box.left - box.width / 3;
}
