// How often whole views are asked for: at once when something changes after a calm, seldom while
// everything changes all the time, and never so often that a view waits for the one before.

/** So many views may follow each other closely, after a calm. */
const BURST = 4;
/** Each of them comes back after so long: what a node is asked at most while it changes. */
const BACK_MS = 500;
const GAP_MIN_MS = 100;
/** A view that takes long keeps the next one away for so many times as long. */
const GAP_OF_TOOK = 2;

/** Says how long to wait before the next view is asked for. */
export class Pace {
  private left = BURST;
  private countedMs = Number.NEGATIVE_INFINITY;
  private nextMs = Number.NEGATIVE_INFINITY;

  /** Returns for how many milliseconds nothing may be asked; 0: ask now. */
  waitMs(atMs: number): number {
    this.count(atMs);
    const wait = Math.max(this.nextMs - atMs, this.left >= 1 ? 0 : (1 - this.left) * BACK_MS);
    return Math.max(0, Math.ceil(wait));
  }

  /** Takes what was asked at an instant and had its answer, drawn, so long after. */
  took(atMs: number, tookMs: number): void {
    this.count(atMs);
    this.left = Math.max(0, this.left - 1);
    this.nextMs = atMs + tookMs + Math.max(GAP_MIN_MS, GAP_OF_TOOK * tookMs);
  }

  private count(atMs: number): void {
    const sinceMs = Math.max(0, atMs - this.countedMs);
    this.left = Math.min(BURST, this.left + sinceMs / BACK_MS);
    this.countedMs = Math.max(this.countedMs, atMs);
  }
}
