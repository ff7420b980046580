import * as fc from "fast-check";

/** One seed for a whole run of the tests; `STAGEWIRE_SEED=<number>` tries another. fast-check prints it when a property fails. */
const seed = Number(process.env["STAGEWIRE_SEED"] ?? 20_261_122);
if (!Number.isSafeInteger(seed)) {
  throw new Error(
    `STAGEWIRE_SEED is "${process.env["STAGEWIRE_SEED"]}", which is not a whole number. Give one, or unset it.`,
  );
}
fc.configureGlobal({ seed });
