import { createCssVariablesTheme, createHighlighterCore, type GrammarState, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { loadGrammar } from "./grammars";
import { type HighlightAnswer, type HighlightRequest, TOKEN_KINDS, type TokenLine } from "./tokens";

/** A line that is longer than this has no colours: minified code takes seconds. */
const MAX_LINE_UNITS = 2_000;
const MAX_LINE_MS = 100;
const THEME = "css-variables";

let highlighter: Promise<HighlighterCore> | undefined;

addEventListener("message", ({ data }: MessageEvent<HighlightRequest>) => void answer(data));

async function answer({ id, language, chunks }: HighlightRequest): Promise<void> {
  const shiki = await (highlighter ??= start());
  if (!shiki.getLoadedLanguages().includes(language)) await shiki.loadLanguage(await loadGrammar(language));
  let grammarState: GrammarState | undefined;
  for (const [chunk, code] of chunks.entries()) {
    const tokens = shiki.codeToTokensBase(code.replace(/\n$/, ""), {
      lang: language,
      theme: THEME,
      tokenizeMaxLineLength: MAX_LINE_UNITS,
      tokenizeTimeLimit: MAX_LINE_MS,
      ...(grammarState && { grammarState }),
    });
    grammarState = shiki.getLastGrammarState(tokens);
    const lines = tokens.map((line): TokenLine =>
      line.flatMap(({ content, color }) => [content.length, kindOf(color)]),
    );
    postMessage({ id, chunk, lines } satisfies HighlightAnswer);
  }
}

function start(): Promise<HighlighterCore> {
  return createHighlighterCore({
    themes: [createCssVariablesTheme({ name: THEME })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
}

function kindOf(colour: string | undefined): number {
  const kind = /^var\(--shiki-token-([a-z-]+)\)$/.exec(colour ?? "")?.[1];
  return Math.max(
    0,
    TOKEN_KINDS.findIndex((known) => known === kind),
  );
}
