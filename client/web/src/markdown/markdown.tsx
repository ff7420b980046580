import { memo, startTransition, useEffect, useMemo, useState } from "react";
import { BlockView } from "./block-view";
import { usePacedText } from "./paced-text";
import { inWhole } from "./references";
import { loadRepair } from "./repair";
import { type Block, createSplitter } from "./splitter";
import "./markdown.css";

/** Blocks of one group are compared one by one when the text grows; groups before the last are not looked into. */
const GROUP_SIZE = 40;
/** A text appears in steps after what is around it, so that no single one holds up the page. */
const STEP_BLOCKS = 4;
/** A very long text takes larger steps, so that there are not thousands of them. */
const stepFrom = (count: number): number => Math.min(GROUP_SIZE, Math.max(STEP_BLOCKS, count >> 3));

/**
 * What a model wrote, as markdown: raw HTML stays text, and images are not loaded. `live` means that more may follow:
 * its last block is repaired where it is incomplete, and ends in a caret. A selection survives that it grows.
 */
export function Markdown({ text, live }: { text: string; live: boolean }) {
  const splitter = useMemo(() => createSplitter(), []);
  const shown = usePacedText(text);
  const { blocks, generation } = useMemo(() => {
    const split = splitter.split(shown);
    return live ? split : { ...split, blocks: inWhole(split.blocks) };
  }, [splitter, shown, live]);
  useEffect(() => {
    // Without it, which is when the server can't be reached, the text is there all the same.
    if (live) loadRepair().catch(() => {});
  }, [live]);
  return (
    <div className="prose" data-live={live || undefined}>
      <Groups key={generation} blocks={blocks} live={live} />
    </div>
  );
}

function Groups({ blocks, live }: { blocks: readonly Block[]; live: boolean }) {
  const [count, setCount] = useState(0);
  const missing = blocks.length > count;
  useEffect(() => {
    if (missing) startTransition(() => setCount(count + stepFrom(count)));
    // A text that arrives block by block is never behind.
    else if (blocks.length > count - STEP_BLOCKS) setCount(blocks.length + STEP_BLOCKS);
  }, [missing, count, blocks.length]);
  const visible = missing ? blocks.slice(0, count) : blocks;
  const openBlock = live && !missing ? visible.length - 1 : -1;
  return Array.from({ length: Math.ceil(visible.length / GROUP_SIZE) }, (_, index) => {
    const from = index * GROUP_SIZE;
    const open = openBlock >= from && openBlock < from + GROUP_SIZE;
    return <Group key={index} blocks={visible.slice(from, from + GROUP_SIZE)} open={open} />;
  });
}

/** The last block is `open` when more of it may follow. */
const Group = memo(
  function Group({ blocks, open }: { blocks: readonly Block[]; open: boolean }) {
    return (
      <div className="prose-group">
        {blocks.map((block, index) => (
          <BlockView key={index} block={block} open={open && index === blocks.length - 1} />
        ))}
      </div>
    );
  },
  (before, after) =>
    before.open === after.open &&
    before.blocks.length === after.blocks.length &&
    before.blocks.every((block, index) => block === after.blocks[index]),
);
