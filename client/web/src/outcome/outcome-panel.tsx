import type { ReactNode } from "react";
import { Icon, type IconName } from "../ui/icon";

interface OutcomePanelProps {
  readonly icon: IconName & ("completed" | "cancelled" | "failed");
  readonly title: string;
  readonly children: ReactNode;
  /** Buttons. */
  readonly actions: ReactNode;
}

/** The frame that every outcome has. */
export function OutcomePanel({ icon, title, children, actions }: OutcomePanelProps) {
  return (
    <section className="outcome" data-status={icon} aria-labelledby="outcome-title">
      <h2 id="outcome-title">
        <Icon name={icon} />
        {title}
      </h2>
      {children}
      <div className="outcome-actions">{actions}</div>
    </section>
  );
}
