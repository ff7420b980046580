import type { ElementContent, Root } from "hast";

type Parent = Pick<Root, "children">;

/**
 * Changes `tree`: HTML that a model wrote is shown as the text it is, instead of vanishing in the sanitizer. Where it
 * stands between paragraphs it becomes one.
 */
export function rawAsText(tree: Root): void {
  turn(tree, true);
}

function turn(parent: Parent, between: boolean): void {
  parent.children = parent.children.map((child) => {
    if (child.type === "raw") return asText(child.value, between);
    if (child.type === "element") turn(child, child.tagName === "blockquote");
    return child;
  });
}

function asText(value: string, between: boolean): ElementContent {
  const text = { type: "text", value } as const;
  return between ? { type: "element", tagName: "p", properties: {}, children: [text] } : text;
}
