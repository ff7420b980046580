import type { CommandName } from "./command-table.js";

/** What the help pages show, by command. */
export const EXAMPLES: Record<CommandName | "all", readonly string[]> = {
  all: [
    'stagewire run "a URL shortener"                      watch it live; Ctrl-C cancels',
    "stagewire run -f task.md -o result.md                keep the document",
    "stagewire run -f task.md --stage implementation | less",
    "stagewire serve                                      the page at http://127.0.0.1:4400",
    "stagewire watch last                                 watch from anywhere; Ctrl-C only leaves",
    "stagewire skip last --remaining                      good enough: on to the documentation",
    'stagewire guide last "use no framework"              from the next step on',
    "stagewire watch last --json | jq -r .type",
  ],
  serve: ["stagewire serve --port 4401", "OPENAI_BASE_URL=http://127.0.0.1:11434/v1 stagewire serve --model llama3.3"],
  run: [
    'stagewire run "a URL shortener"',
    "stagewire run -f task.md --refinements 1 -o result.md",
    'stagewire run "a chat server" --gate refinement --gate documentation --max-tokens 200000',
    'stagewire run "a chat server" --model gpt-5-mini --model review=gpt-5 --max-cost-usd 0.50',
    "git diff | stagewire run - --timeout 10m",
  ],
  watch: ["stagewire watch", "stagewire watch k3f9 --json", "stagewire watch k3f9 --stage review > review.md"],
  list: [
    "stagewire list --status running",
    "stagewire list --usage",
    "stagewire list --quiet                               only the ids",
    "stagewire list --json | jq -r 'select(.type == \"run\").runId'",
  ],
  show: ["stagewire show", "stagewire show k3f9 --json | jq 'select(.type == \"view\").usage'"],
  diff: [
    "stagewire diff last",
    "stagewire diff k3f9 implementation refinement:2",
    "stagewire diff k3f9 0 2                              by the number of the refinement",
  ],
  export: [
    "stagewire export last -o run.md",
    "stagewire export last -o run.zip",
    "stagewire export last -o run/                        run.md, outputs/ and the code blocks as files/",
    "stagewire export k3f9 --stage review | less",
  ],
  replay: ["stagewire replay last", "stagewire replay k3f9 --speed 60"],
  open: ["stagewire open", "stagewire open last", "stagewire open k3f9 --no-browser"],
  cancel: ["stagewire cancel last", 'stagewire cancel k3f9 --after-stage --reason "too dear"'],
  skip: ["stagewire skip last", "stagewire skip k3f9 --remaining --after-iteration"],
  pause: ["stagewire pause last"],
  resume: ["stagewire resume last"],
  guide: ['stagewire guide last "use no framework"', "stagewire guide k3f9 - < notes.md"],
  retry: ["stagewire retry last", "stagewire retry k3f9 --max-tokens 200000 -d"],
  fork: [
    "stagewire fork last --from review",
    "stagewire fork k3f9 --from refinement --iteration 2 --gate documentation",
    'stagewire fork k3f9 --from implementation --task "the same in Go" -d',
  ],
  doctor: ["stagewire doctor", "stagewire doctor --url https://stagewire.example.org", "stagewire doctor --json"],
  config: ["stagewire config", "stagewire config --port 4401 --json"],
  completion: [
    'eval "$(stagewire completion bash)"                  in ~/.bashrc; for zsh likewise in ~/.zshrc',
    "stagewire completion fish > ~/.config/fish/completions/stagewire.fish",
  ],
  help: ["stagewire help run"],
};
