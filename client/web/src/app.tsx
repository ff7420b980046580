import { lazy, Suspense } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { AppActions } from "./keys/app-actions";
import { useSetting } from "./lib/setting";
import { timeZone } from "./lib/time-zone";
import { usePageChange } from "./lib/use-page-change";
import { useServerInfo } from "./lib/use-server-info";
import { NotFound } from "./not-found";
import { NewRunPage } from "./runs/new-run-page";
import { HomePage, RunsPage } from "./runs/runs-page";
import { Icon } from "./ui/icon";

const RunPage = lazy(() => import("./run/run-page"));

/** The frame around every page, and which page is shown. */
export function App() {
  const info = useServerInfo();
  const [path] = useLocation();
  // Whoever shows a time asks for the zone by itself: a change has to reach them all.
  useSetting(timeZone);
  usePageChange(path);
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <header>
        <div className="app-header">
          <Link href="/" className="brand">
            <Icon name="connected" />
            stagewire
          </Link>
          <nav aria-label="Main">
            <Link href="/runs">Runs</Link>
          </nav>
          <span className="muted app-model">
            {info && (info.model.kind === "demo" ? "demo model" : info.model.name)}
          </span>
          <AppActions />
        </div>
        {info?.model.kind === "demo" && (
          <p className="banner">This server runs on the demo model: canned answers, no key set.</p>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<p className="note page">Loading…</p>}>
          <Switch>
            <Route path="/">
              <HomePage info={info} />
            </Route>
            <Route path="/runs">
              <RunsPage />
            </Route>
            <Route path="/runs/new">
              <NewRunPage info={info} />
            </Route>
            {/* The key keeps one run's stream, selection and scroll from ever showing in another's page. */}
            <Route path="/runs/:runId">{({ runId }) => <RunPage key={runId} runId={runId} />}</Route>
            <Route>
              <NotFound title="No such page" text={`There is nothing at ${path}.`} />
            </Route>
          </Switch>
        </Suspense>
      </main>
    </>
  );
}
