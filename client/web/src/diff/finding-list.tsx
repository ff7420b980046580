import { Icon } from "../ui/icon";
import type { AnsweredFinding } from "./findings";

const SEVERITIES = { blocker: "Blocker", major: "Major", minor: "Minor" } as const;

interface FindingListProps {
  readonly findings: readonly AnsweredFinding[];
  readonly onGo: (change: number) => void;
}

/** What reviews found between the two versions, each with the way to the changes that mention it. */
export function FindingList({ findings, onGo }: FindingListProps) {
  if (findings.length === 0) return null;
  const addressed = findings.filter(({ answers }) => answers.length > 0).length;
  return (
    <details className="diff-findings" open>
      <summary>
        Findings between them: {addressed} of {findings.length} mentioned by a change
      </summary>
      <ol aria-label="Findings and the changes that mention them">
        {findings.map(({ id, finding: { severity, title, where }, answers }) => (
          <li key={id}>
            <span className="severity" data-severity={severity}>
              {SEVERITIES[severity]}
            </span>{" "}
            <strong>{title}</strong> {where && <code className="where">{where}</code>}
            {answers.length === 0 ? (
              <p className="diff-unanswered">
                <Icon name="unneeded" /> Not addressed, as far as words tell: no change mentions it.
              </p>
            ) : (
              <ul className="diff-answers" aria-label={`Changes that mention “${title}”`}>
                {answers.map(({ hunk, words, inFile }) => (
                  <li key={hunk.number}>
                    <button type="button" className="small" onClick={() => onGo(hunk.number)}>
                      Change {hunk.number} · {hunk.place.title ?? "opening text"}
                    </button>{" "}
                    <span className="muted">{reason(words, inFile)}</span>
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
      <p className="diff-how">
        By words, not by understanding: a change is listed when its added or removed lines have names or words of the
        finding, the more so in the file that the finding names. Whether it mends the finding is for the next review to
        say.
      </p>
    </details>
  );
}

function reason(words: readonly string[], inFile: boolean): string {
  const has = words.length === 0 ? [] : [`has ${words.slice(0, 5).join(", ")}`];
  return [...has, ...(inFile ? ["in the file it names"] : [])].join("; ");
}
