// Choosing something on the map for a form elsewhere: who wants it sets `picking`, the map answers.
import { signal } from "@preact/signals";

/** What was chosen. */
export type Picked =
  | { kind: "position"; latDeg: number; lonDeg: number }
  | { kind: "zone"; agreement: string; zone: string }
  | { kind: "boundary"; agreement: string; boundary: string }
  | { kind: "aircraft"; aircraft: string };

/** A wish for one object; `done` is called once, and not at all where it was given up. */
export interface Picking {
  wanted: Picked["kind"];
  done: (value: Picked) => void;
  /** Called where the reader gave it up (Escape). */
  given?: () => void;
}

/** The wish that stands; null: a click on the map selects as usual. */
export const picking = signal<Picking | null>(null);

/** Answers the wish that stands, if it is for such an object; says whether it was. */
export function answerPicking(value: Picked): boolean {
  const wish = picking.value;
  if (wish === null || wish.wanted !== value.kind) return false;
  picking.value = null;
  wish.done(value);
  return true;
}

/** Gives the wish up. */
export function giveUpPicking(): void {
  const wish = picking.value;
  picking.value = null;
  wish?.given?.();
}
