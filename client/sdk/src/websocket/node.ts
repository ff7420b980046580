import { WebSocket as NodeWebSocket } from "ws";

/**
 * `ws` on every version of Node, also where there is a global `WebSocket`: only `ws` can drop a socket whose other end
 * is frozen (`terminate`); the global one waits for a close handshake that never comes.
 */
export const PlatformWebSocket = NodeWebSocket as unknown as typeof WebSocket;
