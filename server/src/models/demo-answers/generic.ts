/** The canned answer for a stage that the demo model does not know. */
export const GENERIC = `# A stage of your own pipeline

This stage is not one of the default pipeline, so there is no worked example for it. With a real model this is where its answer would appear, token by token.

What you can see with the demo model all the same:

- **Live text**: every piece arrives as it is written, and nothing is lost when the connection drops.
- **Steering**: cancel the run, or skip what remains of a loop, while this text is being written.
- **Cost and time**: tokens, duration and progress of each stage.

| To use | Set |
| --- | --- |
| OpenAI | \`OPENAI_API_KEY\` |
| Any compatible server, such as Ollama, vLLM or llama.cpp | \`OPENAI_BASE_URL\` |
| A certain model | \`STAGEWIRE_MODEL\` |

Then start the server again.
`;

/** The verdict that ends it where the prompt asks for one, so that own loops come to an end. */
export const GENERIC_VERDICT = `
\`\`\`json
{ "approved": true, "summary": "Canned verdict of the demo model.", "findings": [] }
\`\`\`
`;
