import { type Components, toJsxRuntime } from "hast-util-to-jsx-runtime";
import { createContext, use } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import { CodeBlock } from "./code-block";
import { codeOf } from "./code-of";
import { parse } from "./parse";
import { safeUrl } from "./safe-url";

/** Whether the block around may still grow. */
export const OpenBlock = createContext(false);

/** Markdown as React elements: nothing of it is loaded from anywhere, and nothing of it runs. */
export function Rendered({ text }: { text: string }) {
  return toJsxRuntime(parse(text), {
    Fragment,
    jsx,
    jsxs,
    components: COMPONENTS,
    ignoreInvalidStyle: true,
    passKeys: true,
    passNode: true,
  });
}

/** The page's own headings are `h1` and `h2`; what scrolls sideways can be reached by keyboard. */
const COMPONENTS: Components = {
  h1: "h3",
  h2: "h4",
  h3: "h5",
  h4: "h6",
  h5: "h6",
  a: ({ node: _node, href: written, children, ...rest }) => {
    const href = safeUrl(written ?? "");
    if (!href) return <span className="prose-no-link">{children}</span>;
    if (href.startsWith("#"))
      return (
        <a href={href} {...rest}>
          {children}
        </a>
      );
    return (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  },
  pre: ({ node }) => {
    const { code, language } = codeOf(node);
    return <CodeInBlock code={code} language={language} />;
  },
  table: ({ children }) => (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => (checked ? "☑ " : "☐ "),
};

function CodeInBlock({ code, language }: { code: string; language: string }) {
  return <CodeBlock code={code} language={language} open={use(OpenBlock)} />;
}
