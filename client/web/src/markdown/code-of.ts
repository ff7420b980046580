import type { Element, Nodes } from "hast";

/** What a `pre` of parsed markdown holds. */
export function codeOf(pre: Element | undefined): { code: string; language: string } {
  const code = pre?.children.find((child) => child.type === "element" && child.tagName === "code");
  if (code?.type !== "element") return { code: pre ? textOf(pre) : "", language: "" };
  const names = code.properties.className;
  const name = Array.isArray(names) ? names.find((entry) => entry.startsWith("language-")) : undefined;
  return { code: textOf(code), language: (name ?? "").slice("language-".length) };
}

function textOf(node: Nodes): string {
  if (node.type === "text") return node.value;
  return "children" in node ? node.children.map(textOf).join("") : "";
}
