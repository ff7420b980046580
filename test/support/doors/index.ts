import type { Door } from "./door.js";
import { restDoor } from "./rest-door.js";
import { socketIoDoor } from "./socket-io-door.js";
import { trpcSocketDoor, trpcSseDoor } from "./trpc-doors.js";

/** Every door that serves the events of a run as they are. */
export const DOORS: readonly Door[] = [trpcSocketDoor, trpcSseDoor, restDoor, socketIoDoor];
