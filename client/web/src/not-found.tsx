import { Link } from "wouter";
import { useTitle } from "./lib/use-title";

/** Says what is not there, and leads back. */
export function NotFound({ title, text }: { title: string; text: string }) {
  useTitle(`${title} · stagewire`);
  return (
    <section className="page not-found">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <Link href="/runs" className="button">
          Back to all runs
        </Link>
      </p>
    </section>
  );
}
