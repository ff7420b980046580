const NO_URL = "(an address that is not a URL)";

/** An address as it may be shown: without credentials, query and fragment. */
export function displayUrl(address: string): string {
  try {
    const url = new URL(address);
    // Whatever stands in such a one, it is not where its writer meant it to be.
    if (url.hostname === "") return NO_URL;
    url.username = "";
    url.password = "";
    url.search = "";
    url.hash = "";
    return url.href.replace(/\/$/, "");
  } catch {
    return NO_URL;
  }
}
