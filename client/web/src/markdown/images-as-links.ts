import type { Element, Nodes } from "hast";

/** Changes `tree`: an image becomes a link to itself, so that the page loads nothing that a model named. */
export function imagesAsLinks(tree: Nodes): void {
  turn(tree, false);
}

function turn(node: Nodes, inLink: boolean): void {
  if (node.type === "element" && node.tagName === "img") return turnImage(node, inLink);
  if (!("children" in node)) return;
  const link = inLink || (node.type === "element" && node.tagName === "a");
  for (const child of node.children) turn(child, link);
}

function turnImage(image: Element, inLink: boolean): void {
  const { alt, src } = image.properties;
  const about = typeof alt === "string" && alt !== "" ? alt : (src ?? "no description");
  image.children = [{ type: "text", value: `[image: ${about}]` }];
  // A link can't stand within a link.
  image.tagName = inLink ? "span" : "a";
  image.properties = inLink ? {} : { href: src };
}
