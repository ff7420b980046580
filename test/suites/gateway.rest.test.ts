import { restDoor } from "../support/doors/rest-door.js";
import { gatewayBehaviours } from "./gateway.js";

gatewayBehaviours(restDoor);
