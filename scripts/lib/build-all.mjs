import { build, EVERYTHING } from "./build.mjs";
import { fail } from "./run.mjs";

await build(EVERYTHING).catch(fail);
