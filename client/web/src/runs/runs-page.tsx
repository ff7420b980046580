import type { ServerInfo } from "@stagewire/shared";
import { Link } from "wouter";
import { useTitle } from "../lib/use-title";
import { RunsSection } from "./runs-section";
import { TaskForm } from "./task-form";

/** Start a run, and see all runs change live. */
export function HomePage({ info }: { info: ServerInfo | undefined }) {
  useTitle("stagewire");
  return (
    <div className="page runs-page">
      <h1 className="visually-hidden">Runs</h1>
      <TaskForm info={info} />
      <section className="runs-section" aria-labelledby="runs-title">
        <h2 id="runs-title">Runs</h2>
        <RunsSection />
      </section>
    </div>
  );
}

/** The list by itself, with its search in the address. */
export function RunsPage() {
  useTitle("Runs · stagewire");
  return (
    <div className="page runs-page">
      <div className="runs-heading">
        <h1>Runs</h1>
        <Link href="/runs/new" className="button primary">
          Start a run
        </Link>
      </div>
      <RunsSection alone />
    </div>
  );
}
