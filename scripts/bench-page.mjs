import "./node-version.mjs";

// Loaded after the check above: an old Node would stop at its syntax before it could say why.
const { build, EVERYTHING } = await import("./lib/build.mjs");
await build(EVERYTHING);
await import("../test/bench/page/page.mjs");
