// Prints the public exports of installed packages that have no docstring, and the types that a public declaration
// names but nobody can import. It runs in the stranger's folder, by its TypeScript 5: 7 has no such API.
// Arguments: the declaration files of the entries.
const ts = require("typescript-5");

const files = process.argv.slice(2).map((file) => require("node:path").resolve("node_modules", file));
const options = { strict: true, module: 99, moduleResolution: 100, target: 99, types: ["node"], skipLibCheck: true };
const program = ts.createProgram(files, options);
const checker = program.getTypeChecker();
const original = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
const isOurs = (declaration) => declaration.getSourceFile().fileName.includes("/node_modules/@stagewire/");

/** A type that its own file keeps to itself is a detail of that file. */
const isShared = (symbol) => (declaration) =>
  checker.getExportsOfModule(checker.getSymbolAtLocation(declaration.getSourceFile())).map(original).includes(symbol);

const exported = new Set(
  files
    .flatMap((file) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))))
    .map(original),
);
for (const symbol of exported) {
  if (symbol.getDocumentationComment(checker).length === 0) console.log(`no docstring: ${symbol.name}`);
}

const seen = new Set();
function visit(node, from) {
  const name = ts.isTypeReferenceNode(node)
    ? node.typeName
    : ts.isExpressionWithTypeArguments(node)
      ? node.expression
      : undefined;
  const found = name && checker.getSymbolAtLocation(name);
  const symbol = found && original(found);
  if (symbol && !exported.has(symbol) && !seen.has(symbol) && !(symbol.flags & ts.SymbolFlags.TypeParameter)) {
    const ours = (symbol.declarations ?? []).filter(isOurs);
    if (ours.some(isShared(symbol))) console.log(`not exported: ${symbol.name}, which ${from} names`);
    seen.add(symbol);
    for (const declaration of ours) visit(declaration, symbol.name);
  }
  ts.forEachChild(node, (child) => visit(child, from));
}
for (const symbol of exported) {
  for (const declaration of (symbol.declarations ?? []).filter(isOurs)) visit(declaration, symbol.name);
}
