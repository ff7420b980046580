import type { Element, Parents, Properties } from "hast";
import { type ComponentType, createElement, type ReactNode } from "react";

export interface ReplacedProps {
  readonly node: Element;
  /** Those of the element, by their names in React. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly children?: ReactNode;
}

/** By the name of an element: another name, or what takes its place. */
export type Replacements = Readonly<Record<string, string | ComponentType<ReplacedProps>>>;

/** In them React wants no blank text. */
const TABLE_PARTS = new Set(["table", "thead", "tbody", "tr"]);

/** What a sanitized tree that was made of markdown holds, as React shows it. It knows no elements but those. */
export function toReact(parent: Parents, replacements: Replacements): ReactNode[] {
  const dropsBlank = parent.type === "element" && TABLE_PARTS.has(parent.tagName);
  return parent.children.map((child, index): ReactNode => {
    if (child.type === "text") return dropsBlank && child.value.trim() === "" ? null : child.value;
    if (child.type !== "element") return null;
    const children = child.children.length > 0 ? toReact(child, replacements) : undefined;
    const attributes = attributesOf(child.properties);
    const replacement = Object.hasOwn(replacements, child.tagName) ? replacements[child.tagName] : undefined;
    return typeof replacement === "function"
      ? createElement(replacement, { key: index, node: child, attributes }, children)
      : createElement(replacement ?? child.tagName, { key: index, ...attributes }, children);
  });
}

function attributesOf(properties: Properties): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (name === "align") attributes["style"] = { textAlign: value };
    else attributes[nameInReact(name)] = Array.isArray(value) ? value.join(" ") : value;
  }
  return attributes;
}

/** `dataFootnoteRef` is written `data-footnote-ref`, and `ariaDescribedBy` `aria-describedby`. */
function nameInReact(name: string): string {
  if (/^aria[A-Z]/.test(name)) return `aria-${name.slice("aria".length).toLowerCase()}`;
  return /^data[A-Z]/.test(name) ? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) : name;
}
