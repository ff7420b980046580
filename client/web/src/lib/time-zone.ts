import { createSetting } from "./setting";

/** In which zone the page shows times. What is memoised and shows times must subscribe to it by `useSetting`. */
export const timeZone = createSetting("stagewire-times", ["local", "utc"]);
