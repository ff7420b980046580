import { serveWith } from "./serve-with.mjs";

/** No bug: what is found with the others must not be found with this one. */
await serveWith((log) => log);
