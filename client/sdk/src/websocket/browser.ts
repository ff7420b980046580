/** The platform's own. */
export const PlatformWebSocket: typeof WebSocket = globalThis.WebSocket;
