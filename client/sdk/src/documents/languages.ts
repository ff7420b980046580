/** File extensions by the name that a block of code gives its language. Others are their own extension or text. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  bash: "sh",
  "c++": "cpp",
  "c#": "cs",
  clojure: "clj",
  console: "txt",
  csharp: "cs",
  docker: "dockerfile",
  elixir: "ex",
  erlang: "erl",
  fish: "fish",
  golang: "go",
  haskell: "hs",
  html5: "html",
  javascript: "js",
  julia: "jl",
  kotlin: "kt",
  latex: "tex",
  makefile: "mk",
  markdown: "md",
  mermaid: "mmd",
  "objective-c": "m",
  ocaml: "ml",
  perl: "pl",
  plaintext: "txt",
  postgres: "sql",
  postgresql: "sql",
  powershell: "ps1",
  protobuf: "proto",
  python: "py",
  python3: "py",
  ruby: "rb",
  rust: "rs",
  shell: "sh",
  "shell-session": "txt",
  sqlite: "sql",
  terraform: "tf",
  text: "txt",
  typescript: "ts",
  typescriptreact: "tsx",
  yaml: "yml",
  zsh: "sh",
};

/** Extensions that make a single word the name of a file. */
const KNOWN = new Set(
  `astro bat c cc cfg cjs clj cljs cmake cmd conf cpp cs css csv cts cxx dart diff dockerfile env erl ex exs fish fs
  fsx go gql gradle graphql groovy h hcl hpp hrl hs htm html hxx ini ipynb java jl js json json5 jsonc jsonl jsx kt kts
  less lock lua m map md mdx mjs mk ml mli mm mmd mts nim nix patch php pl plist pm prisma properties proto ps1 py pyi
  r rake rb rs rst sass sbt scala scss sh sol sql svelte svg swift tcl tex tf tfvars toml ts tsv tsx txt vb vue wasm wat
  xml xsd xsl yaml yml zig zsh`.split(/\s+/),
);

/** Names of files that have no extension. */
const BARE =
  /^(?:(?:Docker|Make|Rake|Gem|Pip|Proc|Vagrant|Jenkins|Just|Brew|Container)file|README|LICENSE|LICENCE|NOTICE|CHANGELOG|CODEOWNERS|\.[a-z][\w.-]*(?:rc|ignore|attributes|config|env|keep|modules|version)|\.env(?:\.\w+)?)$/i;

/** Names of technologies that look like files. */
const PRODUCTS =
  /^(?:Node|Next|Nuxt|Vue|React|Express|Three|D3|Ember|Backbone|Chart|Alpine|Nest|Moment|Require|P5)\.js$/i;

/** The extension for a block's language, without the dot; `txt` when it names none that could be one. */
export function extensionOf(language: string): string {
  const name = language.toLowerCase();
  const known = Object.hasOwn(EXTENSIONS, name) ? EXTENSIONS[name] : undefined;
  return known ?? (/^[a-z][a-z0-9]{0,9}$/.test(name) ? name : "txt");
}

/** True for what can only be meant as the path of a file: a known extension, a known name, or a folder and an extension. */
export function looksLikePath(text: string): boolean {
  if (text.length > 240 || /[\s<>"|?*`'(){}[\],;=&$!]/.test(text) || /^[a-z]+:\/\//i.test(text)) return false;
  const name = text.split(/[\\/]/).at(-1) ?? "";
  if (BARE.test(name)) return true;
  const extension = /^.*[^.]\.([A-Za-z][A-Za-z0-9]{0,11})$/.exec(name)?.[1];
  if (extension === undefined) return false;
  if (/[\\/]/.test(text)) return true;
  return KNOWN.has(extension.toLowerCase()) && !PRODUCTS.test(name);
}
