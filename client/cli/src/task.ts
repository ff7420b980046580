import { readFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { Context } from "./context.js";
import { systemCode, usageError } from "./errors.js";
import { PROGRAM } from "./program.js";

/** The task of `run`: the one argument, a file, or stdin. Never empty. */
export async function readTask({ args, cwd }: Context): Promise<string> {
  const { file } = args.values;
  const [word, ...others] = args.positionals;
  if (others.length > 0)
    throw usageError(`run takes one task: put it in quotes, \`${PROGRAM} run "${args.positionals.join(" ")}"\``);
  if (word !== undefined && file !== undefined) throw usageError("run takes a task or -f FILE, not both");
  if (word === undefined && file === undefined) {
    throw usageError(`no task: \`${PROGRAM} run "<task>"\`, \`-f FILE\`, or \`-\` for stdin`);
  }
  const fromStdin = word === "-" || file === "-";
  const task = fromStdin ? await text(process.stdin) : file === undefined ? word : await readTaskFile(file, cwd);
  if (task === undefined || task.trim() === "") {
    throw usageError(`the task ${fromStdin ? "on stdin " : file === undefined ? "" : `in ${file} `}is empty`);
  }
  return task;
}

async function readTaskFile(file: string, cwd: string): Promise<string> {
  try {
    return await readFile(path.resolve(cwd, file), "utf8");
  } catch (error) {
    const code = systemCode(error);
    throw usageError(
      `-f ${file} can't be read: ${code === "ENOENT" ? "there is no such file" : (code ?? String(error))}`,
    );
  }
}
