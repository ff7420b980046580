#!/usr/bin/env node
// Plain old JavaScript up to the import, so that an old Node gets as far as the message.
var needed = [20, 19];
var have = process.versions.node.split(".").map(Number);
if (have[0] < needed[0] || (have[0] === needed[0] && have[1] < needed[1])) {
  console.error("error: Node " + have[0] + "." + have[1] + " found, " + needed.join(".") + " or newer needed");
  console.error("       install a newer one, for example from https://nodejs.org");
  process.exit(2);
}
import("../dist/main.js").then(
  function (cli) {
    return cli.main();
  },
  function (error) {
    var missing = error && error.code === "ERR_MODULE_NOT_FOUND";
    console.error(missing ? "error: stagewire is not built: run `npm run build`\n" + error.message : error);
    process.exit(2);
  },
);
