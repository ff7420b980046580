/** A front end over AG-UI, in a terminal: `node ag-ui.js "a URL shortener"`. It knows nothing of stagewire's events. */
import { HttpAgent } from "@ag-ui/client";

const [task = "a URL shortener"] = process.argv.slice(2);
const url = process.env["STAGEWIRE_URL"] ?? "http://127.0.0.1:4400";

const agent = new HttpAgent({
  url: `${url}/ag-ui`,
  threadId: crypto.randomUUID(),
  initialMessages: [{ id: crypto.randomUUID(), role: "user", content: task }],
});

const { result } = await agent.runAgent(
  // AG-UI can neither skip nor cancel: how much refinement there may be is said at the start. What comes up later goes
  // to /api/runs/<id>/control, with the id that RUN_STARTED tells.
  { forwardedProps: { stagewire: { options: { maxRefinements: 1 } } } },
  {
    onRunStartedEvent: ({ event }) => console.log(`started ${JSON.stringify(event["metadata"])}`),
    onStepStartedEvent: ({ event }) => console.log(`# ${event.stepName}`),
    onTextMessageContentEvent: ({ event }) => void process.stderr.write(event.delta),
    onRunErrorEvent: ({ event }) => console.log(`failed: ${event.message}`),
  },
);

const answers = agent.messages.filter(({ role }) => role === "assistant");
console.log(`${answers.length} answers; the last one is the run's output:\n${String(result)}`);
