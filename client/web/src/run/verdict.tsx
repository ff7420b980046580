import type { Verdict } from "@stagewire/shared";
import { Icon } from "../ui/icon";

const SEVERITIES = { blocker: "Blocker", major: "Major", minor: "Minor" } as const;

/** What a review came to, with its findings. */
export function VerdictPanel({ verdict: { approved, summary, findings } }: { verdict: Verdict }) {
  return (
    <section className="verdict" data-approved={approved} aria-labelledby="verdict-title">
      <h3 id="verdict-title">
        <Icon name={approved ? "completed" : "failed"} />
        {approved ? "Verdict: approved" : "Verdict: not approved"}
      </h3>
      {summary && <p>{summary}</p>}
      {findings.length > 0 && (
        <ol className="findings" aria-label="Findings">
          {findings.map(({ severity, title, detail, where }, index) => (
            <li key={index}>
              <span className="severity" data-severity={severity}>
                {SEVERITIES[severity]}
              </span>{" "}
              <strong>{title}</strong>
              {where && <code className="where">{where}</code>}
              {detail && <p>{detail}</p>}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
