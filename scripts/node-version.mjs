// Syntax that any Node with modules understands, and no imports: this must run, to say so, where the rest does not.
var needed = [20, 19];
var found = process.versions.node.split(".").map(Number);

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  console.error(
    "Node " +
      found[0] +
      "." +
      found[1] +
      " found, " +
      needed.join(".") +
      " or newer needed (" +
      process.execPath +
      ").\n" +
      "Install a newer one, for example from https://nodejs.org, and run the same command again.",
  );
  process.exit(1);
}
