import { socketIoDoor } from "../support/doors/socket-io-door.js";
import { gatewayBehaviours } from "./gateway.js";

gatewayBehaviours(socketIoDoor);
