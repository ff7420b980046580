/** What a page shows, each as a function that waits for it; for use as `ready` of a picture. */

export const heading = (name) => (page) => page.getByRole("heading", { name }).waitFor();

export const chip = (word) => (page) => page.locator(".run-heading .chip", { hasText: word }).waitFor();

export const pulse = (text) => (page) => page.locator(".pulse").getByText(text).waitFor();

/** At least so much of the step's text, in UTF-16 units. */
export const written = (least) => (page) =>
  page.waitForFunction((units) => document.querySelector(".prose")?.textContent.length > units, least);

export const stepTitle = (title) => (page) => page.locator("#step-title", { hasText: title }).waitFor();

/** The content of a view other than the text. */
export const view = (page) => page.locator(".run-view > :not(.note)").first().waitFor();

export const inTurn =
  (...looks) =>
  async (page) => {
    for (const look of looks) await look(page);
  };
