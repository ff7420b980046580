import { trpcSocketDoor } from "../support/doors/trpc-doors.js";
import { gatewayBehaviours } from "./gateway.js";

gatewayBehaviours(trpcSocketDoor);
