// What is wrong with a pack and where: the one error that outside bytes may lead to.

/** The words of `parley verify` for the outcomes of docs/pack.md, "What is said". */
export const INTACT = "record intact";
export const NOT_INTACT = "not intact";
export const FORKED = "forked by its own signature";
/** Followed by who says otherwise: word against word, where no signature of the log decides. */
export const CONTESTED = "contested by ";

/** The steps of docs/pack.md by number; step 0, the form of the file, is compared last. */
export const STEPS = [
  "form",
  "keys",
  "notes",
  "quorum",
  "ranges",
  "commitments",
  "statements",
  "receipts",
] as const;

export type Step = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Where a flaw is: a log and its entries as far as they can be named, else a part of the file. */
export interface Place {
  /** Origin of the log, or "". */
  log?: string;
  /** The entry, or the first of several. */
  index?: number | null;
  /** The last of several. */
  last?: number | null;
  /** The member of the pack, where no log can be named. */
  file?: string;
  verdict?: string;
}

/** The first thing that is wrong with a pack, with step, log and entry where there is one. */
export class PackFault extends Error {
  readonly step: Step;
  readonly log: string;
  readonly index: number | null;
  readonly last: number | null;
  readonly file: string;
  readonly verdict: string;

  constructor(step: Step, reason: string, place: Place = {}) {
    super(printable(reason));
    this.name = "PackFault";
    this.step = step;
    this.log = place.log ?? "";
    this.index = place.index ?? null;
    this.last = place.last ?? null;
    this.file = place.file ?? "";
    this.verdict = place.verdict ?? NOT_INTACT;
  }
}

/** Something that the verifying person gave and that cannot be used: no fault of the pack. */
export class GivenFault extends Error {}

/** Refuses a pack at a step. */
export function refuse(step: Step, reason: string, place: Place = {}): never {
  throw new PackFault(step, reason, place);
}

/** Says that bytes have not the form that they should; `within` says whose bytes they are. */
export function broken(reason: string): never {
  throw new PackFault(0, reason);
}

/** Returns what `act` does; a broken form in it becomes the fault of this step and place. */
export function within<T>(step: Step, what: string, place: Place, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw relocated(error, step, what, place);
  }
}

/** Does the same for what is waited for. */
export async function withinAsync<T>(
  step: Step,
  what: string,
  place: Place,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw relocated(error, step, what, place);
  }
}

/** Returns what `act` returns, or null where the bytes it reads have not the right form. */
export function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (error instanceof PackFault) return null;
    throw error;
  }
}

function relocated(error: unknown, step: Step, what: string, place: Place): unknown {
  if (!(error instanceof PackFault)) return error;
  return new PackFault(step, `${what}: ${error.message}`, place);
}

const LINE_CHARACTERS_MAX = 400;

/** Returns text of a peer as one short line in which nothing acts: controls are written out. */
export function printable(text: string): string {
  const line = text
    .slice(0, LINE_CHARACTERS_MAX + 1)
    .replace(
      /[\p{C}\p{Zl}\p{Zp}]/gu,
      (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`,
    );
  return line.length > LINE_CHARACTERS_MAX ? `${line.slice(0, LINE_CHARACTERS_MAX - 1)}…` : line;
}
