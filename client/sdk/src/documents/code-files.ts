import type { RunView } from "@stagewire/shared";
import { extensionOf, looksLikePath } from "./languages.js";
import { type Code, type Node, parseBlocks, rangeOf, textOf, walk } from "./markdown.js";
import { outputsOf } from "./outputs.js";
import { safePath, uniqueIn } from "./safe-path.js";
import { versionsOf } from "./versions.js";

/** A fenced block of code as a file. */
export interface CodeFile {
  /** Relative, with `/`, safe on every system (see `safePath`) and unique among the files of one text. */
  readonly path: string;
  /** What the block says its language is; empty when it says nothing. */
  readonly language: string;
  /** The block's content, with a line break at its end. */
  readonly text: string;
  /** True when the text named the path; others are numbered. */
  readonly named: boolean;
}

/**
 * The fenced blocks of code of a markdown text as files. A path comes from the info string (` ```ts src/a.ts `,
 * ` ```ts title="src/a.ts" `), else from a comment in the block's first line (`// src/a.ts`), else from the line just
 * before the block (a heading, or a line of nothing but the path, bold or in backticks); else the block is numbered:
 * `snippet-1.ts`. Pure; any text gives safe paths.
 */
export function codeFilesOf(markdown: string): CodeFile[] {
  const text = markdown.replace(/^\uFEFF/, "");
  const root = parseBlocks(text);
  if (root === undefined) return [];
  const unique = uniqueIn();
  const files: CodeFile[] = [];
  let unnamed = 0;
  for (const { node, before } of walk(root)) {
    if (node.type !== "code" || !/^[`~]/.test(text.slice(rangeOf(node)[0]))) continue;
    const language = languageOf(node);
    const named = [fromInfo(node), fromFirstLine(node), fromBefore(before)].find((path) => path !== undefined);
    const path = (named !== undefined && safePath(named)) || `snippet-${++unnamed}.${extensionOf(language)}`;
    const end = node.value === "" || node.value.endsWith("\n") ? "" : "\n";
    files.push({ path: unique(path), language, text: node.value + end, named: named !== undefined });
  }
  return files;
}

/** The files of what a run has built: of the accepted version, else of the last output with code in it. Pure. */
export function codeOf(view: RunView): CodeFile[] {
  const current = versionsOf(view).find((version) => version.current);
  if (current) return codeFilesOf(current.text);
  for (const { text, accepted } of outputsOf(view).toReversed()) {
    const files = accepted ? codeFilesOf(text) : [];
    if (files.length > 0) return files;
  }
  return [];
}

function languageOf({ lang }: Code): string {
  const first = (lang ?? "").split(":", 1)[0] ?? "";
  const plain = first.replace(/^\{?\.?|[,{}].*$/g, "");
  return looksLikePath(plain) ? (plain.split(".").at(-1) ?? "") : plain;
}

function fromInfo({ lang, meta }: Code): string | undefined {
  const info = `${lang ?? ""} ${meta ?? ""}`;
  const attribute = /(?:^|[\s{,])(?:title|file|filename|path|name)\s*[=:]\s*(?:"([^"]+)"|'([^']+)'|([^\s,}]+))/i.exec(
    info,
  );
  const given = attribute?.[1] ?? attribute?.[2] ?? attribute?.[3];
  if (given !== undefined) return looksLikePath(given) || /[\\/]/.test(given) ? given : undefined;
  const [, afterColon] = /^[^:\s]*:(\S+)$/.exec(lang ?? "") ?? [];
  return [afterColon, ...(meta ?? "").split(/\s+/), lang ?? ""].find(
    (word) => word !== undefined && looksLikePath(word),
  );
}

/** A line that is longer holds more than a path. */
const MAX_LINE = 400;

const COMMENT = /^\s*(?:\/\/+|#+|--+|;+|%+|\/\*+|<!--)\s*(?:file(?:name)?|path)?\s*:?\s*(\S+?)\s*(?:\*+\/|-->)?\s*$/i;

function fromFirstLine({ value }: Code): string | undefined {
  const line = value.slice(0, value.search(/\n|$/)).slice(0, MAX_LINE);
  const path = COMMENT.exec(line)?.[1];
  return path !== undefined && looksLikePath(path) ? path : undefined;
}

/** What may stand around a path in a line of its own. */
const LINE =
  /^(?:\d+[.)]\s+)?[*`]*(?:(?:file(?:name)?|path)\b\s*:?\s*)?[*`]*\s*([^\s*`]+?)[*`]*\s*(?:\([^)]*\))?\s*\**:?\**$/i;

function fromBefore(sibling: Node | undefined): string | undefined {
  // `1. src/a.ts` makes a list of its own when the block after it is not indented.
  const item = sibling?.type === "list" && sibling.children.length === 1 ? sibling.children[0] : undefined;
  const before = item ? item.children.at(-1) : sibling;
  if (before?.type !== "heading" && before?.type !== "paragraph") return undefined;
  const content = textOf(before);
  const line = content.slice(content.lastIndexOf("\n") + 1).trim();
  const path = line.length > MAX_LINE ? undefined : LINE.exec(line)?.[1];
  return path !== undefined && looksLikePath(path) ? path : undefined;
}
