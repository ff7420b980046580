import fc from "fast-check";
import { expect, test } from "vitest";
import { createCounter, findAll } from "../../client/web/src/find/matches.js";

test("words are found in letters of either case, one after the other", () => {
  expect(findAll("Log, log and LOGLOG", "log")).toEqual([0, 5, 13, 16]);
  expect(findAll("aaaa", "aa")).toEqual([0, 2]);
  expect(findAll("anything", "")).toEqual([]);
});

test("places are good where lower case is longer than upper case", () => {
  expect(findAll("İİ Stadt", "stadt")).toEqual([3]);
});

test("every place says the query, and none is left out where case does not matter", () => {
  const letters = fc
    .array(fc.constantFrom("a", "b", " ", "İ", "ß", "é", "😀"), { maxLength: 60 })
    .map((all) => all.join(""));
  fc.assert(
    fc.property(
      letters,
      letters.filter((query) => query.length > 0 && query.length < 4),
      (text, query) => {
        const places = findAll(text, query);
        for (const place of places) expect(text.slice(place, place + query.length)).toBe(query);
        expect(places).toHaveLength(text.split(query).length - 1);
      },
    ),
  );
});

test("a text that changed is counted again", () => {
  const count = createCounter();
  expect([count("a", "x", "x"), count("a", "x x", "x"), count("a", "x x", "y"), count("b", "y", "y")]).toEqual([
    1, 2, 0, 1,
  ]);
});
