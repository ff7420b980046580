import { Component, memo, type ReactNode } from "react";
import { CodeBlock } from "./code-block";
import { readFence } from "./fence";
import { KeepSelection } from "./keep-selection";
import { whyPlain } from "./limits";
import { OpenBlock, Rendered } from "./rendered";
import { PlainBlock } from "./plain-block";
import { repair } from "./repair";
import type { Block } from "./splitter";

/** One block of a text. `open` means that more of it may follow. */
export const BlockView = memo(function BlockView({ block, open }: { block: Block; open: boolean }) {
  return (
    <KeepSelection className="block">
      <Unrenderable text={block.text}>
        <Content block={block} open={open} />
      </Unrenderable>
    </KeepSelection>
  );
}, isSame);

function Content({ block: { text, kind }, open }: { block: Block; open: boolean }) {
  const fenced = kind === "fence" ? readFence(text, open) : undefined;
  if (fenced) return <CodeBlock code={fenced.code} language={fenced.language} open={open} />;
  const why = kind === "markdown" ? whyPlain(text) : undefined;
  if (why !== undefined) return <PlainBlock text={text} why={why} />;
  return (
    <OpenBlock value={open}>
      <Rendered text={open && kind === "markdown" ? repair(text) : text} />
    </OpenBlock>
  );
}

interface BlockViewProps {
  readonly block: Block;
  readonly open: boolean;
}

function isSame(before: BlockViewProps, after: BlockViewProps): boolean {
  return before.open === after.open && before.block.kind === after.block.kind && before.block.text === after.block.text;
}

/** What no one foresaw costs one block its form, not the page its life. */
class Unrenderable extends Component<{ text: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    const { text, children } = this.props;
    return this.state.failed ? <PlainBlock text={text} why="this part could not be formatted" /> : children;
  }
}
