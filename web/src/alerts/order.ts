// The order of the rows: soonest loss first, and steady. A row that moves while somebody reads it,
// or reaches for it, is read wrongly; one that does not move when it must is found too late.
//
// Rules:
// - A row moves above another only when its loss is sooner by more than `MARGIN_US`, and has been so
//   for `HOLD_US`.
// - One that became more urgent than a row above it, and is sooner, moves at once; so does one that
//   is short-term without a time to loss, for it is under way.
// - A new row takes its place at once; one that is gone leaves the others as they stood.
// - After a jump of time (a replay, a node that started again) the order is made anew.
import { urgencyOf } from "./urgency";

export const MARGIN_US = 10_000_000;
export const HOLD_US = 5_000_000;
const JUMP_US = 60_000_000;
const SHORT_TERM = urgencyOf("short-term");

/** What the order of a row depends on. */
export interface Rank {
  id: string;
  /** Null: not a matter of time. Short-term it counts as now, else after those that have a time. */
  lossUs: number | null;
  raisedUs: number;
  /** Place of its class, the least urgent is 0. */
  urgency: number;
}

/** Remembers how the rows stood. */
export class RowOrder {
  #order: string[] = [];
  /** Since when a row is sooner than one above it by more than the margin. */
  #since = new Map<string, number>();
  #atUs = 0;

  /** Returns the ids in the order in which they are shown now. */
  take(rows: readonly Rank[], atUs: number): string[] {
    const known = new Map(rows.map((row) => [row.id, row]));
    if (atUs < this.#atUs || atUs - this.#atUs > JUMP_US) this.forget();
    this.#atUs = atUs;
    const order: Rank[] = [];
    for (const id of this.#order) {
      const row = known.get(id);
      if (row) order.push(row);
    }
    for (const row of [...rows].sort(sooner)) {
      if (!this.#order.includes(row.id)) insert(order, row);
    }
    this.#settle(order, atUs);
    this.#order = order.map((row) => row.id);
    return [...this.#order];
  }

  /** Forgets how they stood: the next order is made from the times alone. */
  forget(): void {
    this.#order = [];
    this.#since.clear();
  }

  #settle(order: Rank[], atUs: number): void {
    const since = new Map<string, number>();
    for (let place = 1; place < order.length; place += 1) {
      const row = order[place];
      if (row === undefined) continue;
      const above = order.slice(0, place);
      const passes = above.findIndex((other) => this.#passes(row, other, atUs, since));
      if (passes < 0) continue;
      order.splice(place, 1);
      order.splice(passes, 0, row);
    }
    this.#since = since;
  }

  #passes(row: Rank, other: Rank, atUs: number, since: Map<string, number>): boolean {
    const bySo = lossOf(other) - lossOf(row);
    if (bySo > 0 && (row.urgency > other.urgency || isUnderWay(row))) return true;
    if (!(bySo > MARGIN_US)) return false;
    const pair = `${row.id}\n\n${other.id}`;
    const from = this.#since.get(pair) ?? atUs;
    since.set(pair, from);
    return atUs - from >= HOLD_US;
  }
}

function lossOf(row: Rank): number {
  return row.lossUs ?? (isUnderWay(row) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
}

function isUnderWay(row: Rank): boolean {
  return row.lossUs === null && row.urgency === SHORT_TERM;
}

function sooner(one: Rank, two: Rank): number {
  const left = lossOf(one);
  const right = lossOf(two);
  if (left !== right) return left - right;
  if (one.raisedUs !== two.raisedUs) return one.raisedUs - two.raisedUs;
  return one.id < two.id ? -1 : 1;
}

function insert(order: Rank[], row: Rank): void {
  const place = order.findIndex((other) => sooner(row, other) < 0);
  order.splice(place < 0 ? order.length : place, 0, row);
}
