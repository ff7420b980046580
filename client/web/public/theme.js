// Runs before anything is drawn, so that a page in a chosen theme never flashes in the other one.
// src/lib/theme.ts writes what this reads.
try {
  const theme = localStorage.getItem("stagewire-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage here: the system's theme it is.
}
