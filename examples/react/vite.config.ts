import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const target = process.env["STAGEWIRE_URL"] ?? "http://127.0.0.1:4400";

// The page's own server passes the WebSocket on, under the name that stagewire knows itself by.
export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/trpc": { target, ws: true, changeOrigin: true, rewriteWsOrigin: true } } },
});
