// Receipts that words stood before somebody: once per message, and only if all of it was true.
import type { MessageView } from "../api/types";

/** What must hold on this screen for words to have been put in front of a person. */
export interface Watching {
  /** This session may act, and what is shown is now. */
  actsNow: boolean;
  /** The tab is the one that is seen. */
  tabSeen: boolean;
  /** No dialog lies over the list. */
  uncovered: boolean;
  /** When a key or the pointer was last used, in the browser's own milliseconds. */
  usedAtMs: number;
  nowMs: number;
}

/** So long after the last key or pointer nobody is taken to sit there (NORMS 1, `attended`). */
export const THERE_WITHIN_MS = 600_000;
/** Words that only flit by are not read. */
export const SEEN_FOR_MS = 800;

/** Whether a person can be taken to see this screen. */
export function isWatched(watching: Watching): boolean {
  const { actsNow, tabSeen, uncovered, usedAtMs, nowMs } = watching;
  return actsNow && tabSeen && uncovered && nowMs - usedAtMs <= THERE_WITHIN_MS;
}

/** Whether a receipt is due for a message to us: its words are shown, and none was written yet. */
export function wantsReceipt(view: MessageView, party: string): boolean {
  if (view.reading !== "plain" && view.reading !== "opened") return false;
  const own = view.ladder.find((step) => step.party === party);
  return own !== undefined && own.displayed_us === null && own.answer === null && own.over === null;
}
