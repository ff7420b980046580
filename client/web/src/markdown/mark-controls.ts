import type { ElementContent, Root, Text } from "hast";

/** Characters that turn the direction of what follows: with them a text shows something else than it says. */
const CONTROLS = /[\u202A-\u202E\u2066-\u2069]/;
const EACH_CONTROL = /([\u202A-\u202E\u2066-\u2069])/;

/** Changes `tree`: invisible characters that turn the direction of the text are shown by their names. */
export function markControls(tree: Root): void {
  mark(tree as { children: ElementContent[] });
}

/** The pieces of `text`, those that are a control as their names. */
export function splitControls(text: string): { text: string; control: boolean }[] {
  if (!CONTROLS.test(text)) return [{ text, control: false }];
  return text
    .split(EACH_CONTROL)
    .filter((piece) => piece !== "")
    .map((piece) => (CONTROLS.test(piece) ? { text: nameOf(piece), control: true } : { text: piece, control: false }));
}

function nameOf(control: string): string {
  return `U+${control.charCodeAt(0).toString(16).toUpperCase()}`;
}

function mark(parent: { children: ElementContent[] }): void {
  if (parent.children.some((child) => child.type === "text" && CONTROLS.test(child.value)))
    parent.children = parent.children.flatMap((child) => (child.type === "text" ? markText(child) : [child]));
  for (const child of parent.children) if (child.type === "element" && child.tagName !== "pre") mark(child);
}

function markText({ value }: Text): ElementContent[] {
  return splitControls(value).map(({ text, control }) =>
    control
      ? {
          type: "element",
          tagName: "span",
          properties: { className: ["prose-control"] },
          children: [{ type: "text", value: text }],
        }
      : { type: "text", value: text },
  );
}
