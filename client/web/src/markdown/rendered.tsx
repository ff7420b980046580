import { createContext, use } from "react";
import { CodeBlock } from "./code-block";
import { codeOf } from "./code-of";
import { parse } from "./parse";
import { safeUrl } from "./safe-url";
import { type ReplacedProps, type Replacements, toReact } from "./to-react";

/** Whether the block around may still grow. */
export const OpenBlock = createContext(false);

/** Markdown as React elements: nothing of it is loaded from anywhere, and nothing of it runs. */
export function Rendered({ text }: { text: string }) {
  return toReact(parse(text), REPLACEMENTS);
}

/** The page's own headings are `h1` and `h2`; what scrolls sideways can be reached by keyboard. */
const REPLACEMENTS: Replacements = {
  h1: "h3",
  h2: "h4",
  h3: "h5",
  h4: "h6",
  h5: "h6",
  a: Anchor,
  pre: ({ node }) => {
    const { code, language } = codeOf(node);
    return <CodeInBlock code={code} language={language} />;
  },
  table: ({ children }) => (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  input: ({ attributes }) => (attributes["checked"] === true ? "☑ " : "☐ "),
};

function Anchor({ attributes, children }: ReplacedProps) {
  const written = attributes["href"];
  const href = safeUrl(typeof written === "string" ? written : "");
  if (!href) return <span className="prose-no-link">{children}</span>;
  if (href.startsWith("#"))
    return (
      <a {...attributes} href={href}>
        {children}
      </a>
    );
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function CodeInBlock({ code, language }: { code: string; language: string }) {
  return <CodeBlock code={code} language={language} open={use(OpenBlock)} />;
}
