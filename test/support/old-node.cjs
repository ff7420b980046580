// Loaded before everything else, as by `node --require`: the program believes that it runs on an old Node.
Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.19.1" } });
