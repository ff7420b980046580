/** What a marker looks like in the text: `⟪12⟫`. The page is asked which of them it shows. */
export const MARKER = /⟪(\d+)⟫/g;

const SECTION = (n) => `## Part ${n}: how requests are handled

The service keeps **one log per run** and folds it on demand; see [the contract](https://example.org/contract/${n}) for the whole of it. A reader that falls behind costs a read from the log later, and *never* memory now, which is what \`watch()\` guarantees. Anything else is a cache and may be thrown away at any time without a loss.

- **Durable**: an event is shown only after it was stored, so a cursor is always good
- **Ordered**: \`seq\` counts up without a gap, and a receiver checks that with one comparison
- **Cheap**: nothing is held for a watcher but its position, however slow it may be
  - which is a number
  - and a promise

\`\`\`ts
export async function handle${n}(request: Request, signal: AbortSignal): Promise<Response> {
  const { id, cursor } = parse(await request.json());
  if (!isKnown(id)) return new Response("no such run", { status: 404 });
  for await (const event of watch(id, { cursor, signal })) {
    // The socket decides how fast this goes.
    await send(event, { retries: 3, timeoutMs: 1_000 });
  }
  return new Response(null, { status: 204 });
}
\`\`\`

| Step | Takes | Fails when |
|------|------:|------------|
| parse | 1 ms | the body is no JSON |
| watch | none | the cursor is gone |
| send | 30 ms | the socket is closed |

1. First the request is checked, in one place.
2. Then the log is read from the cursor on.
3. At the end nothing has to be cleaned up.

`;

/** Markdown as models write it, of about `units` characters. */
export function markdown(units) {
  let text = "# The design\n\n";
  for (let n = 1; text.length < units; n++) text += SECTION(n);
  return text.slice(0, units);
}

/** The text as tokens of four characters, with a marker in a paragraph or list about every `every` tokens. */
export function markedTokens(text, every = 10) {
  const tokens = [];
  const markers = [];
  let due = every;
  for (const [line] of text.matchAll(/[^\n]*\n|[^\n]+/g)) {
    const prose = /^(?:The service|- \*\*|\d\. )/.test(line);
    for (let at = 0; at < line.length; at += 4) {
      let token = line.slice(at, at + 4);
      if (--due <= 0 && prose && at > 12 && / [a-z]/.test(token)) {
        token = token.replace(" ", ` ⟪${markers.length}⟫ `);
        markers.push(tokens.length);
        due = every;
      }
      tokens.push(token);
    }
  }
  return { tokens, markers };
}
