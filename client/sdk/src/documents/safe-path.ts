/** UTF-16 units of one part of a path: three bytes each still fit into the 255 that file systems allow. */
const MAX_SEGMENT = 80;
const MAX_DEPTH = 12;
const MAX_STEM = 48;

/** Windows keeps these for devices, whatever follows the first dot. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** Unpacked into a working copy it would become the repository's own, hooks included. */
const GIT = /^(?:\.git|git~\d+)$/i;
const FORBIDDEN = /[<>:"|?*\\/\p{Cc}]/gu;
/** Invisible or turning the direction of what follows, so that a name shows as another one; and halves of pairs. */
const DECEPTIVE = /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;

/**
 * `path` as a relative path that is safe to write on every system, with `/` between its parts: no `..`, no drive, no
 * device name, nothing invisible, no `.git`. `undefined` when nothing of it is left. Safe paths stay as they are.
 */
export function safePath(path: string): string | undefined {
  const segments = path
    .replace(/^[A-Za-z]:(?=[\\/])/, "")
    .split(/[\\/]/)
    .flatMap((segment) => safeSegment(segment) ?? []);
  return segments.length === 0 ? undefined : segments.slice(-MAX_DEPTH).join("/");
}

/** One part of a path; `undefined` when nothing of it is left. */
export function safeSegment(segment: string): string | undefined {
  const clean = trimEnds(segment.normalize("NFC").replace(DECEPTIVE, "").replace(FORBIDDEN, "_"));
  if (clean === "" || /^\.+$/.test(clean)) return undefined;
  const odd = RESERVED.test(clean) || GIT.test(clean) || clean.startsWith("-");
  return shorten(odd ? `_${clean}` : clean);
}

/** Windows drops dots and spaces at the end, so that two names would be one. */
function trimEnds(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === "." || name[end - 1]?.trim() === "")) end--;
  return name.slice(0, end).trimStart();
}

/** Keeps the extension. */
function shorten(name: string): string {
  if (name.length <= MAX_SEGMENT) return name;
  const extension = /\.[A-Za-z0-9]{1,12}$/.exec(name)?.[0] ?? "";
  const head = name.slice(0, MAX_SEGMENT - extension.length);
  return trimEnds(head.replace(/[\uD800-\uDBFF]$/, "")) + extension;
}

/**
 * Makes safe paths unique, by `-2`, `-3` … before the extension: also on file systems that take upper and lower case
 * for one, and so that no path is both a file and a folder.
 */
export function uniqueIn(): (path: string) => string {
  const files = new Set<string>();
  const folders = new Set<string>();
  const taken = (path: string) =>
    files.has(keyOf(path)) || folders.has(keyOf(path)) || parentsOf(path).some((folder) => files.has(keyOf(folder)));
  /** Where to go on counting, so that a thousand of one name take no million tries. */
  const counts = new Map<string, number>();
  return (path) => {
    let unique = path;
    let count = counts.get(keyOf(path)) ?? 1;
    while (taken(unique)) unique = numbered(path, ++count, files);
    counts.set(keyOf(path), count);
    files.add(keyOf(unique));
    for (const folder of parentsOf(unique)) folders.add(keyOf(folder));
    return unique;
  };
}

/** The number goes to the first part of `path` that is a file already, else to its last. */
function numbered(path: string, count: number, files: ReadonlySet<string>): string {
  const blocked = parentsOf(path).find((folder) => files.has(keyOf(folder)));
  if (blocked !== undefined) return `${blocked}-${count}${path.slice(blocked.length)}`;
  const slash = path.lastIndexOf("/") + 1;
  const dot = path.lastIndexOf(".");
  const at = dot > slash ? dot : path.length;
  return `${path.slice(0, at)}-${count}${path.slice(at)}`;
}

/** Both ways of upper and lower case: some letters have two lower forms, or two upper ones. */
function keyOf(path: string): string {
  return path.normalize("NFKC").toUpperCase().toLowerCase();
}

function parentsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** A file name's beginning for a run, without extension: `stagewire-url-shortener-k3f9a2`. Safe everywhere. */
export function fileStem({ task, runId }: { readonly task: string; readonly runId: string }): string {
  const words = (task.trim().split("\n", 1)[0] ?? "")
    .slice(0, 400)
    .normalize("NFKD")
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  const slug = (words ?? []).filter((word) => !/^(?:a|an|the)$/.test(word)).join("-");
  const short = slug.length <= MAX_STEM ? slug : slug.slice(0, MAX_STEM).replace(/-[^-]*$/, "");
  const id = runId.replace(/[^A-Za-z0-9]/g, "").slice(0, 6);
  return ["stagewire", short, id].filter((part) => part !== "").join("-");
}
