/** Style of the reference page. */
export const REFERENCE_CSS = `:root {
  --text: #1b2430;
  --soft: #5a6675;
  --line: #d9dfe7;
  --ground: #ffffff;
  --raised: #f4f6f9;
  --accent: #1f5fbf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6eaf0;
    --soft: #9aa7b8;
    --line: #2c3643;
    --ground: #10161e;
    --raised: #19212c;
    --accent: #7db3ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  padding: 1.5rem 1rem 4rem;
  max-width: 52rem;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: break-word;
}
h1 { font-size: 1.6rem; margin: 0 0 0.5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 2rem 0 0.5rem; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code { font: 0.9em/1.5 ui-monospace, monospace; }
small { color: var(--soft); }
nav ul, section > ul { padding-left: 1.2rem; }
h3, nav code, .route { overflow-wrap: anywhere; }
nav code { color: var(--soft); }
.route code { font-size: 1rem; font-weight: 600; }
pre {
  margin: 0.75rem 0;
  padding: 0.75rem 1rem;
  background: var(--raised);
  border: 1px solid var(--line);
  border-radius: 8px;
  overflow-x: auto;
  overflow-wrap: normal;
}
table { width: 100%; margin: 0.75rem 0 1rem; border-collapse: collapse; font-size: 0.95rem; }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
td:first-child { min-width: 8rem; }
`;
