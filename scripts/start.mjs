import "./node-version.mjs";

// Loaded after the check above: an old Node would stop at its syntax before it could say why.
void import("./lib/start.mjs");
