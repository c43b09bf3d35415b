// The three classes of NORMS 6 as an order; what is no conflict has the same words.
import { NORMS } from "../terms/norms";

export const CLASSES = ["coordinate", "own move only", "short-term"] as const;
export type AlertClass = (typeof CLASSES)[number];

/** Returns the place of a class, the least urgent is 0; a word that is not known is the least. */
export function urgencyOf(word: string): number {
  return Math.max(0, CLASSES.indexOf(word as AlertClass));
}

/** Returns a class of the norms, or null for another word. */
export function classOf(word: string): AlertClass | null {
  return CLASSES.find((each) => each === word) ?? null;
}

/** Of `by_class`: what is actual, and apart from it what is an exercise or a test. */
export interface Counts {
  actual: [string, number][];
  apart: [string, number][];
}

/** Returns the counts by class, the most urgent first; an exercise is no loss to be averted. */
export function countsOf(byClass: Readonly<Record<string, number>>): Counts {
  const all = Object.entries(byClass).filter(([, count]) => count > 0);
  const bare = (word: string): string => word.replace(APART, "");
  all.sort(([one], [two]) => urgencyOf(bare(two)) - urgencyOf(bare(one)));
  return {
    actual: all.filter(([word]) => !APART.test(word)),
    apart: all.filter(([word]) => APART.test(word)),
  };
}

const APART = / \((exercise|test)\)$/;

/** Returns whether the time of an alert crosses into another class between two instants. */
export function crosses(
  lossUs: number | null,
  chainS: Readonly<Record<string, number>>,
  beforeUs: number,
  nowUs: number,
): boolean {
  if (lossUs === null) return false;
  const limits = [0, NORMS.alert.short_term_s, ...Object.values(chainS)];
  return limits.some((limitS) => {
    const atUs = lossUs - limitS * 1_000_000;
    return beforeUs < atUs && atUs <= nowUs;
  });
}

/** Returns the text of an alert without the word that its chip has already. */
export function textOf(text: string): string {
  return statusOf(text) === null ? text : text.split(", ").slice(1).join(", ");
}

/** Whether an alert is an exercise's or a test's: the node says so before its text. */
export function statusOf(text: string): "EXERCISE" | "TEST" | null {
  const first = text.split(",", 1)[0];
  return first === "EXERCISE" || first === "TEST" ? first : null;
}
