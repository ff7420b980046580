import { Component, createRef, type ReactNode } from "react";

interface KeepSelectionProps {
  readonly as?: "div" | "span";
  readonly className: string;
  readonly children: ReactNode;
}

/** One end of a selection: a place in the element's text, or one outside of it. */
type End = { readonly offset: number } | { readonly node: Node; readonly at: number };

interface Kept {
  readonly anchor: End;
  readonly focus: End;
}

/**
 * An element whose content may be rendered anew while the reader selects text in it. React replaces texts, and the
 * browser then moves the ends of a selection; this puts them back to the same characters.
 */
export class KeepSelection extends Component<KeepSelectionProps> {
  readonly #element = createRef<HTMLDivElement>();

  override getSnapshotBeforeUpdate(): Kept | null {
    const element = this.#element.current;
    if (!element || !isSelecting()) return null;
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed) return null;
    const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
    if (!anchorNode || !focusNode || !(element.contains(anchorNode) || element.contains(focusNode))) return null;
    return { anchor: endOf(element, anchorNode, anchorOffset), focus: endOf(element, focusNode, focusOffset) };
  }

  override componentDidUpdate(_props: KeepSelectionProps, _state: unknown, kept: Kept | null): void {
    const element = this.#element.current;
    const selection = document.getSelection();
    if (!kept || !element || !selection) return;
    const [anchor, focus] = [placeOf(element, kept.anchor), placeOf(element, kept.focus)];
    const same =
      selection.anchorNode === anchor.node &&
      selection.anchorOffset === anchor.at &&
      selection.focusNode === focus.node &&
      selection.focusOffset === focus.at;
    if (!same) selection.setBaseAndExtent(anchor.node, anchor.at, focus.node, focus.at);
  }

  override render(): ReactNode {
    const { as: Tag = "div", className, children } = this.props;
    return (
      <Tag className={className} ref={this.#element}>
        {children}
      </Tag>
    );
  }
}

/** Asking for the selection makes the browser lay out the page, which is too much for each token: it tells of changes. */
let selecting: boolean | undefined;

function isSelecting(): boolean {
  if (selecting === undefined) {
    const look = (): void => void (selecting = document.getSelection()?.isCollapsed === false);
    document.addEventListener("selectionchange", look);
    look();
  }
  return selecting === true;
}

function endOf(element: Element, node: Node, at: number): End {
  if (!element.contains(node)) return { node, at };
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(node, at);
  return { offset: before.toString().length };
}

function placeOf(element: Element, end: End): { node: Node; at: number } {
  if ("node" in end) return end;
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = end.offset;
  let last: Node = element;
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const length = text.nodeValue?.length ?? 0;
    if (left <= length) return { node: text, at: left };
    left -= length;
    last = text;
  }
  return { node: last, at: last === element ? 0 : (last.nodeValue?.length ?? 0) };
}
