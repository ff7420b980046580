/**
 * What a program of a stranger may look like: it is copied to a folder with the packed packages and compiled there,
 * by other compilers and with other settings than ours. Each @ts-expect-error is a wrong use that must stay one: where
 * a type is lost and becomes `any`, the compiler says that it expected an error. Nobody runs this.
 */
import {
  createClient,
  isClosed,
  reduce,
  retryPlace,
  type RunEvent,
  type RunView,
  StagewireError,
} from "@stagewire/client";
import { archiveOf, codeFilesOf, documentOf, outputsOf, versionsOf } from "@stagewire/client/documents";
import { StagewireProvider, useConnection, useControls, useRun, useRunEvents, useRuns } from "@stagewire/client/react";
import { createReplay } from "@stagewire/client/replay";
import {
  type AppRouter,
  createEngine,
  createHandler,
  createServer,
  definePipeline,
  type ModelDriver,
  openSqliteLog,
} from "@stagewire/server";
import { commandSchema, compact, parseCursor, runEventSchema, startInputSchema } from "@stagewire/shared";
import { webRoot } from "@stagewire/web";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { createElement, type ReactElement } from "react";

/** Fails to compile for `any`, which takes every value. */
function notAny<T>(value: 0 extends 1 & T ? never : T): void {
  void value;
}

export async function client(): Promise<string> {
  await using stagewire = createClient({ url: "http://127.0.0.1:4400", silenceMs: 5000 });
  // @ts-expect-error an address is needed
  createClient({});
  // @ts-expect-error a task is a text
  await stagewire.runs.start({ task: 1 });
  const run = await stagewire.runs.start({ task: "a URL shortener", options: { maxRefinements: 1 } });
  let view: RunView | undefined;
  for await (const event of run.watch({ detail: "tokens", signal: AbortSignal.timeout(1000) })) {
    notAny(event);
    view = reduce(view, event);
    if (event.type === "token") notAny(event.offset);
    // @ts-expect-error there is no such event
    if (event.type === "tokens") return "";
    // @ts-expect-error only an error has a code
    void event.code;
  }
  const ack = await run.skip({ target: "remaining" });
  // @ts-expect-error an outcome is one of three
  if (ack.outcome === "maybe") return "";
  // @ts-expect-error there is nothing else to skip
  await run.skip({ target: "everything" });
  if (view && isClosed(view)) notAny(retryPlace(view));
  return stagewire.connection.state.status === "closed" ? (stagewire.connection.state.error?.code ?? "") : ack.outcome;
}

export function documents(view: RunView): string[] {
  // @ts-expect-error a view, not its text
  documentOf("view");
  const paths: string[] = [...archiveOf(view), ...codeFilesOf(documentOf(view))].map(({ path }) => path);
  notAny(outputsOf(view)[0]);
  notAny(versionsOf(view)[0]);
  return paths;
}

export function replay(events: RunEvent[]): number {
  const played = createReplay(events);
  // @ts-expect-error a position is a number
  played.viewAt("1");
  notAny(played.viewAtMs(60_000));
  return played.viewAt(1).seq;
}

export function shared(text: string): RunEvent[] {
  const event = runEventSchema.parse(JSON.parse(text));
  notAny(event);
  const command = commandSchema.parse({ type: "cancel" });
  // @ts-expect-error no command is called so
  if (command.type === "stop") return [];
  const started = startInputSchema.safeParse({ task: text });
  if (started.success) notAny(started.data.options?.maxRefinements);
  // @ts-expect-error a cursor is a text
  parseCursor(1);
  if (new StagewireError("RUN_NOT_FOUND", text).retryable) return [];
  // @ts-expect-error no error has this code
  void new StagewireError("NO_SUCH_CODE", text);
  return compact([event]);
}

function Run({ runId }: { readonly runId: string }): ReactElement {
  const { view, error, connection } = useRun(runId);
  const { cancel, states } = useControls(runId);
  const { runs } = useRuns();
  notAny(useRunEvents(undefined));
  notAny(view);
  notAny(states);
  notAny(runs[0]);
  // @ts-expect-error a run has no such field
  void view?.state;
  // @ts-expect-error cancelling is now or after the stage
  cancel({ when: "later" });
  return createElement("p", { onClick: () => cancel() }, error?.message, connection.status, useConnection().status);
}

export function page(): ReactElement {
  const stagewire = createClient({ url: "http://127.0.0.1:4400" });
  // @ts-expect-error it needs a client
  createElement(StagewireProvider, {});
  return createElement(StagewireProvider, { client: stagewire }, createElement(Run, { runId: "1" }));
}

export async function server(model: ModelDriver): Promise<string> {
  const pipeline = definePipeline({
    id: "essay",
    title: "Essay",
    stages: [
      { id: "draft", title: "Draft", prompt: ({ task }) => [{ role: "user", content: task }] },
      // @ts-expect-error no one has this role
      { id: "final", title: "Final", prompt: () => [{ role: "author", content: "" }] },
      // @ts-expect-error a stage needs a prompt
      { id: "last", title: "Last" },
    ],
  });
  const hooks = { onToken: ({ text }: { text: string }) => void text };
  await using listening = await createServer({ port: 0, webRoot, pipelines: [pipeline], hooks });
  // @ts-expect-error a port is a number
  await createServer({ port: "4400" });
  await using log = await openSqliteLog({ dir: "data" });
  await using engine = await createEngine({ log, model, pipelines: [pipeline], hooks });
  // @ts-expect-error an engine needs a log
  await createEngine({ model });
  const { runId } = await engine.start({ task: "owls" });
  for await (const frame of engine.watch({ runId, signal: AbortSignal.timeout(1000) })) notAny(frame);
  notAny(listening.info);
  await using handler = await createHandler({ log, modelDriver: model });
  const { createServer: createHttpServer } = await import("node:http");
  createHttpServer((request, response) => void handler.handle(request, response)).on("upgrade", handler.upgrade);
  // @ts-expect-error a request of Node, not an address
  handler.handle("/api");
  return listening.url;
}

export async function plainTrpc(): Promise<string> {
  const socket = createWSClient({ url: "ws://127.0.0.1:4400/trpc" });
  const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });
  const { runId } = await trpc.runs.start.mutate({ task: "a URL shortener", idempotencyKey: "1" });
  // @ts-expect-error the input has a task
  await trpc.runs.start.mutate({ idempotencyKey: "1" });
  // @ts-expect-error there is no such procedure
  await trpc.runs.stop.mutate({ runId });
  const ack = await trpc.runs.control.mutate({ commandId: "1", runId, command: { type: "pause" } });
  notAny(ack);
  const subscription = trpc.runs.events.subscribe(
    { runId },
    {
      onData({ id, data }) {
        notAny(id);
        for (const event of data) {
          notAny(event);
          if (event.type === "stage_start") notAny(event.iteration);
          // @ts-expect-error there is no such event
          if (event.type === "tokens") return;
        }
      },
      onError: (error) => notAny(error.data?.reason),
    },
  );
  subscription.unsubscribe();
  const view = await trpc.runs.get.query({ runId });
  notAny(view);
  return view.status;
}
