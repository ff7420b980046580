import { kebab, type OptionName, OPTIONS, type OptionSpec, SERVER_OPTIONS } from "./options.js";

/** What every command takes. */
const GLOBAL_OPTIONS: readonly OptionName[] = ["json", "quiet", "no-color", "help"];

/** Commands that talk to a server take these too. */
const CLIENT: readonly OptionName[] = ["url", "token", "timeout"];
/** What can be told about a run before it starts. */
const START: readonly OptionName[] = [
  "refinements",
  "model",
  "gate",
  "max-tokens",
  "max-cost-usd",
  "on-abandoned",
  "priority",
];
/** Commands that start a run and show it. */
const SHOW: readonly OptionName[] = ["detach", "output", "stage", "cancel-on-exit"];

export const GROUPS = ["Start", "Look", "Steer", "Again", "Set up"] as const;

export interface CommandSpec {
  readonly group: (typeof GROUPS)[number];
  /** After the command's name. */
  readonly usage: string;
  readonly help: string;
  readonly options: readonly OptionName[];
  /** Takes the server's settings as flags too. */
  readonly settings?: boolean;
  /** Its first argument is a run. */
  readonly run?: boolean;
  /** It has the live keys, on a terminal. */
  readonly keys?: boolean;
  /** Options that mean something of their own here. */
  readonly own?: Partial<Record<OptionName, Pick<OptionSpec, "value" | "help" | "choices">>>;
}

export const COMMANDS = {
  serve: { group: "Start", usage: "", help: "start the server and the page", options: [], settings: true },
  run: {
    group: "Start",
    usage: '"<task>"',
    help: "start a run and watch it; starts a server in this process if none is there",
    options: [...CLIENT, "file", ...START, "pipeline", ...SHOW],
    keys: true,
  },
  watch: {
    group: "Look",
    usage: "[id]",
    help: "watch a run",
    options: [...CLIENT, "from", "output", "stage", "cancel-on-exit"],
    run: true,
    keys: true,
  },
  list: { group: "Look", usage: "", help: "list runs, newest first", options: [...CLIENT, "status", "limit", "usage"] },
  show: {
    group: "Look",
    usage: "[id]",
    help: "how a run stands: its steps, review, steering, usage and errors",
    options: CLIENT,
    run: true,
  },
  diff: {
    group: "Look",
    usage: "[id] [from] [to]",
    help: "what changed between two versions of the implementation; the last two without names",
    options: CLIENT,
    run: true,
  },
  export: {
    group: "Look",
    usage: "[id]",
    help: "the whole run as one markdown, as a .zip or as files in a folder",
    options: [...CLIENT, "output", "stage"],
    own: {
      output: { value: "FILE", help: "FILE.md, FILE.zip, or FOLDER/ for files; stdout without" },
      stage: { value: "ID", help: "only this stage's accepted output" },
    },
    run: true,
  },
  replay: {
    group: "Look",
    usage: "[id]",
    help: "show a run again as it happened, faster",
    options: [...CLIENT, "speed"],
    run: true,
  },
  open: {
    group: "Look",
    usage: "[id]",
    help: "open the page, or a run's page, in the browser",
    options: [...CLIENT, "no-browser"],
    run: true,
  },
  cancel: {
    group: "Steer",
    usage: "<id>",
    help: "cancel a run",
    options: [...CLIENT, "after-stage", "reason"],
    run: true,
  },
  skip: {
    group: "Steer",
    usage: "<id>",
    help: "skip the running refinement iteration",
    options: [...CLIENT, "remaining", "after-iteration"],
    run: true,
  },
  pause: { group: "Steer", usage: "<id>", help: "pause a run before its next step", options: CLIENT, run: true },
  resume: { group: "Steer", usage: "<id>", help: "let a paused run go on", options: CLIENT, run: true },
  guide: {
    group: "Steer",
    usage: '<id> "<text>"',
    help: "give guidance to the steps that follow (- for stdin)",
    options: CLIENT,
    run: true,
  },
  retry: {
    group: "Again",
    usage: "<id>",
    help: "a new run from the step that failed or was cancelled, else the last one",
    options: [...CLIENT, ...START, ...SHOW],
    run: true,
    keys: true,
  },
  fork: {
    group: "Again",
    usage: "<id> --from <stage>",
    help: "a new run that takes over what came before a stage",
    options: [...CLIENT, "from", "iteration", "task", ...START, ...SHOW],
    own: { from: { value: "STAGE", help: "the stage that the new run begins with" } },
    run: true,
    keys: true,
  },
  doctor: {
    group: "Set up",
    usage: "",
    help: "look for what keeps the server, the model or this command from working",
    options: CLIENT,
    settings: true,
  },
  config: {
    group: "Set up",
    usage: "",
    help: "print every setting with its source; secrets are masked",
    options: ["url", "token"],
    settings: true,
  },
  completion: {
    group: "Set up",
    usage: "bash|zsh|fish",
    help: "print what makes the shell complete this command",
    options: [],
  },
  help: { group: "Set up", usage: "[command]", help: "this page, or a command's", options: [] },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;

/** The commands' names in the order of the help page. */
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];

/** A command's entry, with the fields that only some have. */
export function specOf(command: CommandName): CommandSpec {
  return COMMANDS[command];
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** The options of a command in the order of its help page, those that every command takes at the end. */
function ownOptionsOf(command: CommandName): [OptionName, OptionSpec][] {
  const { options, own = {} } = specOf(command);
  return [...options, ...GLOBAL_OPTIONS].map((name) => [name, { ...OPTIONS[name], ...own[name] }]);
}

/** All options of a command by name, the server's settings included where it takes them. */
export function allOptionsOf(command: CommandName): [string, OptionSpec][] {
  const settings = Object.entries(SERVER_OPTIONS).map(([key, help]): [string, OptionSpec] => [
    kebab(key),
    { type: "string", value: "VALUE", help },
  ]);
  return [...(specOf(command).settings ? settings : []), ...ownOptionsOf(command)];
}
