// What the page and the worker that checks a pack say to each other.

import type { Verdict } from "./badge";
import type { Bytes } from "./bytes";

/** What the worker is asked, and what it says. */
export interface Asked {
  readonly pack: Bytes;
  readonly given: readonly string[];
}
export type Said =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "verdict"; readonly verdict: Verdict }
  | { readonly kind: "fault"; readonly fault: string };

/** Hands progress on a hundred times at most. */
export function throttled(
  onProgress: (done: number, total: number) => void,
): (done: number, total: number) => void {
  let next = 0;
  return (done, total) => {
    if (done < next && done < total) return;
    next = done + total / 100;
    onProgress(done, total);
  };
}
