import type { Version } from "@stagewire/client/documents";
import { type Finding, type RunView, type StepView, stepKey } from "@stagewire/shared";
import type { Diff, Hunk } from "./build-diff";

/** A finding of a review between two versions, and the changes that mention it. */
export interface AnsweredFinding {
  /** Unique within the run. */
  readonly id: string;
  readonly finding: Finding;
  /** 0 for the first review, n for that of refinement n. */
  readonly iteration: number;
  /** The best ones first; none where no change mentions it. */
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly hunk: Hunk;
  /** Words of the finding that the change has, as the finding has them. */
  readonly words: readonly string[];
  /** True in the file that the finding names. */
  readonly inFile: boolean;
}

/** More would be no help. */
const MOST_ANSWERS = 3;
/** What a change must reach to count as an answer: a name of the code, or several plain words. */
const LEAST_SCORE = 2;

/** The steps after `a` and before `b` that came to a verdict. Pure. */
export function reviewsBetween({ steps }: RunView, a: Version, b: Version): StepView[] {
  const indexOf = ({ stage, iteration }: Version) =>
    steps.findIndex((step) => stepKey(step.stage, step.iteration) === stepKey(stage, iteration));
  return steps.slice(indexOf(a) + 1, Math.max(0, indexOf(b))).filter(({ verdict }) => verdict);
}

/** Every finding of these reviews, with the changes of a diff that mention it. Pure. */
export function answerFindings(reviews: readonly StepView[], diff: Diff): AnsweredFinding[] {
  if (reviews.every(({ verdict }) => verdict?.findings.length === 0)) return [];
  const hunks = diff.hunks.map((hunk) => ({ hunk, words: wordsOf(changedText(hunk), /[._-]|(?<=[a-z])(?=[A-Z])/) }));
  return reviews.flatMap(({ verdict, iteration, stage }) =>
    (verdict?.findings ?? []).map((finding, index) => ({
      id: `${stepKey(stage, iteration)}/${index}`,
      finding,
      iteration,
      answers: answersTo(finding, hunks),
    })),
  );
}

/** A path to a file, or its name. */
const FILE =
  /[\w@-][\w@./-]*\/[\w@./-]*\.[A-Za-z]\w*|[\w@-]+\.(?:[cm]?[jt]sx?|py|go|rs|rb|java|kt|css|html|json|ya?ml|toml|md|sh|sql)\b/g;

/** UTF-16 units of one change that are looked at: in a longer one every word is found. */
const MOST_READ = 50_000;

interface HunkWords {
  readonly hunk: Hunk;
  readonly words: ReadonlyMap<string, string>;
}

/**
 * A plain count, not understanding: each word of the finding that stands in a change's added or removed lines counts,
 * names of the code (`maxClients`, `Math.ceil`) twice, less the more changes have the same word, and more where the
 * change is in the file that the finding names. Changes in that file go first, those to the text around the code last.
 */
function answersTo(finding: Finding, hunks: readonly HunkWords[]): Answer[] {
  const { where = "", title, detail = "" } = finding;
  const said = `${title}\n${detail}\n${where}`;
  const files = new Set(said.match(FILE));
  const wanted = wordsOf(said.replace(FILE, " "), /[._-]/);
  const inFile = (hunk: Hunk) =>
    [...files].some((file) => hunk.place.code && hunk.place.title?.endsWith(file) === true);
  const inFiles = hunks.filter(({ hunk }) => inFile(hunk)).length;
  const spread = new Map([...wanted.keys()].map((word) => [word, hunks.filter(({ words }) => words.has(word)).length]));
  const scored = hunks.map(({ hunk, words }) => {
    const found = [...wanted].filter(([word]) => words.has(word));
    const weight = found.reduce((sum, [word]) => sum + (isName(word) ? 2 : 1) / Math.sqrt(spread.get(word) ?? 1), 0);
    // The only change of the file that the finding names says something by itself.
    const score = weight + (inFile(hunk) ? (inFiles === 1 ? 2 : 1) : 0);
    return { answer: { hunk, words: found.map(([, word]) => word), inFile: inFile(hunk) }, score };
  });
  return scored
    .filter(({ score }) => score >= LEAST_SCORE)
    .toSorted(
      (one, other) =>
        Number(other.answer.inFile) - Number(one.answer.inFile) ||
        Number(other.answer.hunk.place.code) - Number(one.answer.hunk.place.code) ||
        other.score - one.score ||
        one.answer.hunk.number - other.answer.hunk.number,
    )
    .slice(0, MOST_ANSWERS)
    .map(({ answer }) => answer);
}

function changedText({ lines }: Hunk): string {
  return lines
    .filter(({ kind, text, pair }) => kind !== "same" && text !== pair)
    .map(({ text }) => text)
    .join("\n")
    .slice(0, MOST_READ);
}

/** Words that say nothing about what a finding is about. */
const COMMON = new Set(
  `about above after again also always another because been before being below both cannot come could does each every
  fails find first from have here into itself just like line made make many mend more most must never none nothing only
  other over same should since some such take test than that their them then there these they thing this those through
  under until used uses using very want were what when where which while will with without would wrong your file code
  true false null const function return import export string number`.split(/\s+/),
);

/** What stands for a name in code: mixed case, digits, dots, underscores or dashes within. */
function isName(word: string): boolean {
  return /[._\d-]|[a-z][A-Z]/.test(word);
}

/**
 * The telling words of a text, each as it is compared and as it stands there: names of code as they are and cut at
 * `parts`, others in lower case without their endings.
 */
function wordsOf(text: string, parts: RegExp): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const [found] of text.matchAll(/[A-Za-z_]\w*(?:[.-][A-Za-z_]\w*)*/g)) {
    if (isName(found) && found.length > 2) words.set(found, found);
    for (const part of found.split(parts)) {
      const plain = part.toLowerCase();
      if (plain.length > 3 && !COMMON.has(plain) && !words.has(stem(plain))) words.set(stem(plain), part);
    }
  }
  return words;
}

function stem(word: string): string {
  return word.replace(/(?:ies|ing|ed|ly|(?<=s|x|ch|sh)es|(?<!s)s)$/, "").replace(/(?<=...)[ey]$/, "");
}
