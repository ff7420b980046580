import { createSetting } from "./setting";

/** The page's colours. `public/theme.js` reads the same key before the first paint. */
export const theme = createSetting("stagewire-theme", ["system", "light", "dark"]);

/** Shows the chosen theme, now and after each change. Returns the function that ends it. */
export function applyTheme(): () => void {
  const apply = (): void => {
    const chosen = theme.get();
    const { dataset } = document.documentElement;
    if (chosen === "system") delete dataset["theme"];
    else dataset["theme"] = chosen;
  };
  apply();
  return theme.subscribe(apply);
}
