import { describe, expect, it } from "vitest";
import { HOLD_US, MARGIN_US, type Rank, RowOrder } from "./order";

const S = 1_000_000;

function row(id: string, lossS: number | null, urgency = 0): Rank {
  return { id, lossUs: lossS === null ? null : lossS * S, raisedUs: 0, urgency };
}

describe("the order of the rows", () => {
  it("is soonest loss first at the beginning, what has no time last", () => {
    const order = new RowOrder();
    expect(order.take([row("c", null), row("b", 400), row("a", 90)], S)).toEqual(["a", "b", "c"]);
  });

  it("does not change for differences within the margin, however long they last", () => {
    const order = new RowOrder();
    order.take([row("a", 100), row("b", 101)], 0);
    for (let s = 1; s < 300; s += 1) {
      const swing = s % 2 === 0 ? 9 : -9;
      expect(order.take([row("a", 100 + swing), row("b", 101)], s * S)).toEqual(["a", "b"]);
    }
    for (let s = 300; s < 400; s += 1) {
      expect(order.take([row("a", 110), row("b", 101)], s * S)).toEqual(["a", "b"]);
    }
  });

  it("changes beyond the margin only when that has lasted", () => {
    const order = new RowOrder();
    order.take([row("a", 300), row("b", 301)], 0);
    const now = [row("a", 300 + MARGIN_US / S + 2), row("b", 301)];
    expect(order.take(now, S)).toEqual(["a", "b"]);
    expect(order.take(now, S + HOLD_US - 1)).toEqual(["a", "b"]);
    // Back within the margin for one look: the wait begins anew.
    order.take([row("a", 300), row("b", 301)], S + HOLD_US);
    expect(order.take(now, 2 * S + HOLD_US)).toEqual(["a", "b"]);
    expect(order.take(now, 2 * S + 2 * HOLD_US)).toEqual(["b", "a"]);
  });

  it("lets one that became more urgent and is sooner pass at once", () => {
    const order = new RowOrder();
    order.take([row("a", 122, 1), row("b", 125, 1)], 0);
    expect(order.take([row("a", 122, 1), row("b", 119, 2)], S)).toEqual(["b", "a"]);
  });

  it("gives a new row its place at once and leaves the others as they stood", () => {
    const order = new RowOrder();
    order.take([row("a", 300), row("b", 301)], 0);
    order.take([row("a", 305), row("b", 301)], S);
    const all = [row("a", 305), row("b", 301), row("n", 40, 2)];
    expect(order.take(all, 2 * S)).toEqual(["n", "a", "b"]);
    expect(order.take([row("b", 301), row("n", 40, 2)], 3 * S)).toEqual(["n", "b"]);
  });

  it("puts what is short-term without a time first, at once, and there it stays", () => {
    const order = new RowOrder();
    const all = [row("late", -20, 2), row("y", 90, 1), row("in", null, 2), row("plan", null)];
    expect(order.take(all, S)).toEqual(["in", "late", "y", "plan"]);
    const rising = new RowOrder();
    const before = [row("a", 30, 2), row("y", 90, 1), row("in", null, 1), row("in2", null, 0)];
    expect(rising.take(before, S)).toEqual(["a", "y", "in", "in2"]);
    const after = [row("a", 30, 2), row("y", 90, 1), row("in", null, 2), row("in2", null, 2)];
    expect(rising.take(after, 2 * S)).toEqual(["in", "in2", "a", "y"]);
    for (let s = 3; s < 30; s += 1) {
      expect(rising.take(after, s * S)).toEqual(["in", "in2", "a", "y"]);
    }
    expect(rising.take([row("in", null, 0), row("a", 30, 2)], 30 * S)).toEqual(["a", "in"]);
  });

  it("is made anew after a jump of time", () => {
    const order = new RowOrder();
    order.take([row("a", 300), row("b", 301)], 1000 * S);
    expect(order.take([row("a", 305), row("b", 301)], 500 * S)).toEqual(["b", "a"]);
    order.take([row("a", 299), row("b", 301)], 501 * S);
    expect(order.take([row("a", 299), row("b", 301)], 900 * S)).toEqual(["a", "b"]);
  });

  it("loses no row and ends sorted within the margin, whatever came before", () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    for (let turn = 0; turn < 40; turn += 1) {
      const order = new RowOrder();
      const rows = Array.from({ length: 12 }, (_, n) => row(`r${n}`, random() * 600));
      for (let s = 0; s < 20; s += 1) {
        const moved = rows.map((each) => row(each.id, (each.lossUs ?? 0) / S + random() * 200));
        expect(new Set(order.take(moved, s * S)).size).toBe(12);
      }
      let shown: string[] = [];
      for (let s = 20; s < 20 + 14 * (HOLD_US / S + 1); s += 1) shown = order.take(rows, s * S);
      const losses = shown.map((id) => rows.find((each) => each.id === id)?.lossUs ?? 0);
      for (let one = 0; one < losses.length; one += 1) {
        for (let two = one + 1; two < losses.length; two += 1) {
          expect((losses[one] ?? 0) - (losses[two] ?? 0)).toBeLessThanOrEqual(MARGIN_US);
        }
      }
    }
  });
});
