import { ERROR_CODES, type ErrorCode } from "@stagewire/shared";
import { escapeHtml, prose, schemaTables, typeText } from "./html.js";
import type { OpenApi, Schema } from "./openapi.js";
import { type Operation, OPERATIONS } from "./operations.js";

/** The reference for people, as one page of HTML without scripts, made of the same operations and schemas. */
export function referencePage({ info, paths, components }: OpenApi): string {
  const operations = Object.entries<Operation>(OPERATIONS);
  const codes = [...new Set<ErrorCode>(["FORBIDDEN", "INTERNAL", ...operations.flatMap(([, { errors }]) => errors)])];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>stagewire HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/reference.css">
</head>
<body>
<header>
<h1>stagewire HTTP API</h1>
<p>Start, watch and steer runs over plain HTTP. Version ${escapeHtml(info.version)}; for machines: <a href="/api/openapi.json">openapi.json</a>.</p>
<nav aria-label="Operations"><ul>
${operations.map(([id, { method, path, summary }]) => `<li><a href="#${id}">${escapeHtml(summary)}</a> <code>${method} ${escapeHtml(path)}</code></li>`).join("\n")}
</ul></nav>
</header>
<main>
<section id="start">
<h2>In three lines</h2>
<pre tabindex="0"><code>URL=http://127.0.0.1:4400
RUN=$(curl -s $URL/api/runs -H 'Content-Type: application/json' -d '{"task": "a URL shortener"}' | sed 's/.*"runId":"\\([^"]*\\)".*/\\1/')
curl -N $URL/api/runs/$RUN/events</code></pre>
<p>In a browser, or wherever there is an <code>EventSource</code>, resuming comes by itself:</p>
<pre tabindex="0"><code>const source = new EventSource(\`/api/runs/\${runId}/events\`);
source.onmessage = ({ data }) => show(JSON.parse(data));</code></pre>
</section>
${operations.map(([id, operation]) => operationSection(id, operation, paths)).join("\n")}
<section id="errors">
<h2>Errors</h2>
<p>Whatever goes wrong is answered with <a href="#schema-Error"><code>Error</code></a> and a fitting status. A stream that fails in its middle ends with a message named <code>failure</code>, whose <code>data</code> is the same.</p>
<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Again?</th></tr></thead><tbody>
${codes.map((code) => `<tr><td><code>${code}</code></td><td>${ERROR_CODES[code].status}</td><td>${ERROR_CODES[code].retryable ? "the same request can succeed later" : "no"}</td></tr>`).join("\n")}
</tbody></table>
</section>
<section id="schemas">
<h2>Schemas</h2>
<p>Ignore fields and types that you do not know: more may come.</p>
${Object.entries(components.schemas)
  .map(([name, schema]) => `<h3 id="schema-${name}">${name}</h3>\n${schemaTables(schema)}`)
  .join("\n")}
</section>
</main>
</body>
</html>
`;
}

function operationSection(id: string, operation: Operation, paths: OpenApi["paths"]): string {
  const { method, path, summary, text, parameters, body, answers, errors, example } = operation;
  const described = paths[path]?.[method.toLowerCase()] as Described;
  const rows = parameters.map(({ name, in: place, text: meaning }) => {
    const schema = described.parameters.find((parameter) => parameter.name === name)?.schema ?? {};
    return `<tr><td><code>${name}</code> <small>${place}</small></td><td>${typeText(schema)}</td><td>${prose(meaning)}</td></tr>`;
  });
  const bodySchema = described.requestBody?.content["application/json"]?.schema;
  const table = (head: string, lines: readonly string[]) =>
    lines.length === 0 ? "" : `<table><thead><tr>${head}</tr></thead><tbody>\n${lines.join("\n")}\n</tbody></table>`;
  return `<section id="${id}">
<h2>${escapeHtml(summary)}</h2>
<p class="route"><code>${method} ${escapeHtml(path)}</code></p>
<p>${prose(text)}</p>
<pre tabindex="0"><code>${escapeHtml(example)}</code></pre>
${table('<th scope="col">Parameter</th><th scope="col">Type</th><th scope="col">Meaning</th>', rows)}
${body && bodySchema ? `<p>Body: ${typeText(bodySchema)}</p>` : ""}
<ul>
${Object.entries(answers)
  .map(([status, answer]) => {
    const schema = described.responses[status]?.content?.[answer.type ?? "application/json"]?.schema;
    return `<li><strong>${status}</strong> ${prose(answer.text)}${schema ? ` ${typeText(schema)}` : ""}</li>`;
  })
  .join("\n")}
<li>Errors: ${errors.map((code) => `<code>${code}</code>`).join(", ")}</li>
</ul>
</section>`;
}

/** What is read of an operation of the document. */
interface Described {
  readonly parameters: readonly { readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}
