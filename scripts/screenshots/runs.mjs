import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

/** Starts a run and gives its id. */
export async function startRun(url, task, options = {}) {
  const { runId } = await post(`${url}/api/runs`, { task, options });
  return runId;
}

/** Steers a run; resolves once the server has answered. */
export async function control(url, runId, command) {
  await post(`${url}/api/runs/${runId}/control`, { commandId: randomUUID(), command });
}

/** A run as it stands. */
export async function getRun(url, runId) {
  const response = await fetch(`${url}/api/runs/${runId}`);
  return response.json();
}

/** Waits until a run has come so far. */
export async function reach(url, runId, isThere) {
  while (!isThere(await getRun(url, runId))) await delay(200);
}

async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
