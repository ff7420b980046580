import { trpcSseDoor } from "../support/doors/trpc-doors.js";
import { gatewayBehaviours } from "./gateway.js";

gatewayBehaviours(trpcSseDoor);
