import { EMPTY_FORM, type FormState } from "./form-state";

const KEY = "stagewire-draft";

/** What is typed but not started, and the key under which it is: the same draft sent twice starts one run. */
export interface Draft {
  readonly form: FormState;
  readonly idempotencyKey: string;
}

/** The draft of this tab, kept over a reload. What can't be read is none. */
export function readDraft(): Draft {
  try {
    const { form, idempotencyKey } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Draft>;
    if (form && typeof idempotencyKey === "string") return { form: sound(form), idempotencyKey };
  } catch {
    // No storage, or not ours.
  }
  return newDraft(EMPTY_FORM);
}

export function newDraft(form: FormState): Draft {
  // `randomUUID` is for secure origins alone, and a server in the next room is none.
  const random = crypto.getRandomValues(new Uint32Array(4));
  return { form, idempotencyKey: `web-${[...random].map((part) => part.toString(36)).join("")}` };
}

/** Keeps it, or forgets it where nothing is typed. */
export function writeDraft(draft: Draft): void {
  try {
    if (JSON.stringify(draft.form) === JSON.stringify(EMPTY_FORM)) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // Full or forbidden: the draft lasts as long as the page.
  }
}

/** Fields that another version of the page wrote otherwise are as if empty. */
function sound(form: Partial<FormState>): FormState {
  const kept = Object.entries(EMPTY_FORM).map(([name, empty]) => {
    const value: unknown = form[name as keyof FormState];
    const same = typeof value === typeof empty && value !== null && Array.isArray(value) === Array.isArray(empty);
    return [name, same ? value : empty];
  });
  return Object.fromEntries(kept);
}
