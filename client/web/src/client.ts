import { type Client, createClient } from "@stagewire/client";

/** Speaks to the server that the page comes from. */
export function createPageClient(): Client {
  return createClient({ url: location.origin });
}
