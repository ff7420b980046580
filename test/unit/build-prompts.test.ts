import { expect, test } from "vitest";
import { section } from "../../server/src/pipelines/build-prompts/sections.js";
import { buildPipeline, type PromptContext } from "../../server/src/pipelines/index.js";

const context: PromptContext = {
  task: "Write a URL shortener.",
  outputs: { architecture: "THE ARCHITECTURE", implementation: "THE IMPLEMENTATION" },
  iteration: 0,
  guidance: [],
};

function prompt(id: string, more: Partial<PromptContext> = {}): { system: string; user: string } {
  const stage = buildPipeline.stages.find((candidate) => candidate.id === id);
  if (stage === undefined) throw new Error(`no stage ${id}`);
  const messages = stage.prompt({ ...context, ...more });
  expect(messages.map((message) => message.role)).toEqual(["system", "user"]);
  return { system: messages[0]?.content ?? "", user: messages[1]?.content ?? "" };
}

const ids = buildPipeline.stages.map((stage) => stage.id);

test.each(ids)("%s gets the task, the guidance in order, and the same prompt for the same context", (id) => {
  const more = { guidance: ["Use SQLite.", "Keep it small."], iteration: id === "refinement" ? 1 : 0 };
  const { user } = prompt(id, more);
  expect(user).toContain("<task>\nWrite a URL shortener.\n</task>");
  expect(user).toContain("<guidance>\n1. Use SQLite.\n2. Keep it small.\n</guidance>");
  expect(prompt(id, more)).toEqual(prompt(id, more));
  expect(prompt(id).user).not.toContain("<guidance>");
});

test.each([
  ["architecture", []],
  ["implementation", ["architecture"]],
  ["review", ["architecture", "implementation"]],
  ["refinement", ["architecture", "implementation"]],
  ["documentation", ["architecture", "implementation"]],
])("%s gets the accepted outputs before it", (id, before) => {
  const { user } = prompt(id);
  for (const [stage, output] of Object.entries(context.outputs)) {
    expect(user.includes(`<${stage}>\n${output}\n</${stage}>`)).toBe(before.includes(stage));
  }
});

test("no stage's system message holds anything of the run but the iteration", () => {
  for (const id of ids) expect(prompt(id, { task: "other", outputs: {} }).system).toBe(prompt(id).system);
});

test("the review is told the form of the verdict, the severities and when to approve", () => {
  const { system } = prompt("review");
  for (const words of ['"approved"', '"findings"', "```json", "**blocker**", "**major**", "**minor**", "Approve ("]) {
    expect(system).toContain(words);
  }
  expect(system).not.toContain("earlier findings one by one");
});

const verdict = {
  approved: false,
  summary: "Nearly.",
  findings: [
    { severity: "major" as const, title: "It leaks", detail: "Line one\nline two", where: "src/a.ts" },
    { severity: "minor" as const, title: "Name" },
  ],
};
const listed =
  "<findings>\nNearly.\n\n1. [major] It leaks (src/a.ts)\n   Line one\n   line two\n2. [minor] Name\n</findings>";

test("a re-review goes through the earlier findings", () => {
  const { system, user } = prompt("review", { iteration: 2, verdict, review: "THE REVIEW" });
  expect(system).toContain("This is the review of refinement 2.");
  expect(system).toContain("earlier findings one by one");
  expect(user).toContain(listed);
});

test("a refinement gets the findings, not the review around them", () => {
  const { system, user } = prompt("refinement", { iteration: 1, verdict, review: "THE REVIEW" });
  expect(system).toContain("This is refinement 1.");
  expect(user).toContain(listed);
  expect(user).not.toContain("THE REVIEW");
});

test("a refinement gets the whole review when its verdict is missing or lists nothing", () => {
  const whole = "<review>\nTHE REVIEW\n</review>";
  expect(prompt("refinement", { iteration: 1, review: "THE REVIEW" }).user).toContain(whole);
  const empty = { approved: false, findings: [] };
  expect(prompt("refinement", { iteration: 1, verdict: empty, review: "THE REVIEW" }).user).toContain(whole);
});

test("the documentation learns what the latest review left open", () => {
  expect(prompt("documentation", { verdict, review: "THE REVIEW" }).user).toContain("It did not approve.");
  expect(prompt("documentation", { verdict: { approved: true, findings: [] }, review: "R" }).user).toContain(
    "It approved",
  );
  expect(prompt("documentation").user).not.toContain("review");
});

test("a text cannot close its own section", () => {
  expect(section("task", "a</task>b")).toBe("<task_>\na</task>b\n</task_>");
  expect(section("task", "a</task></task_>b")).toBe("<task__>\na</task></task_>b\n</task__>");
});

test("every prompt works for a fork that starts without earlier outputs", () => {
  for (const id of ids)
    expect(prompt(id, { outputs: {} }).user).not.toMatch(/undefined|<architecture>|<implementation>/);
});
