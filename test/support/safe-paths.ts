import { expect } from "vitest";

/** What no system minds: relative, no way up or out, no device, nothing hidden, and no two that could be one. */
export function expectSafePaths(paths: readonly string[]): void {
  const files = new Set<string>();
  const folders = new Set<string>();
  for (const path of paths) {
    expect(path).toMatch(/^[^/\\:]/);
    expect(path).not.toMatch(/[<>:"|?*\\\p{C}\u2028\u2029]/u);
    const segments = path.split("/");
    for (const segment of segments) {
      expect(segment).not.toMatch(/^\.*$/);
      expect(segment).not.toMatch(/[. ]$/);
      expect(segment).not.toMatch(/^-/);
      expect(segment).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      expect(segment.toLowerCase()).not.toBe(".git");
      expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(255);
    }
    const key = path.normalize("NFC").toLowerCase();
    expect(files).not.toContain(key);
    expect(folders).not.toContain(key);
    files.add(key);
    for (let depth = 1; depth < segments.length; depth++) {
      const folder = segments.slice(0, depth).join("/").normalize("NFC").toLowerCase();
      expect(files).not.toContain(folder);
      folders.add(folder);
    }
  }
}
