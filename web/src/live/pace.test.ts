import { expect, test } from "vitest";
import { Pace } from "./pace";

/** Asks whenever it may within so long; returns when it asked. */
function asked(pace: Pace, fromMs: number, forMs: number, tookMs: number): number[] {
  const times: number[] = [];
  for (let atMs = fromMs; atMs < fromMs + forMs; ) {
    const waitMs = pace.waitMs(atMs);
    if (waitMs === 0) {
      times.push(atMs);
      pace.took(atMs, tookMs);
    }
    atMs += Math.max(waitMs, tookMs, 1);
  }
  return times;
}

test("the first change after a calm is asked for at once, and the next ones soon after", () => {
  const pace = new Pace();
  expect(pace.waitMs(1000)).toBe(0);
  pace.took(1000, 20);
  expect(pace.waitMs(1020)).toBe(100);
  expect(asked(pace, 1020, 400, 20)).toEqual([1120, 1240, 1360]);
});

test("while everything changes, two views a second are asked for", () => {
  const times = asked(new Pace(), 0, 60_000, 20);
  expect(times.length).toBeGreaterThan(120);
  expect(times.length).toBeLessThan(126);
  const gaps = times.slice(10).map((each, n) => each - (times[n + 9] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(520);
});

test("a node that needs long for a view is left alone for twice as long", () => {
  const times = asked(new Pace(), 0, 30_000, 700);
  expect(times.slice(0, 3)).toEqual([0, 2100, 4200]);
});

test("a clock that stands still or goes back gives nothing away", () => {
  const pace = new Pace();
  for (let n = 0; n < 4; n++) pace.took(5000, 0);
  expect(pace.waitMs(5000)).toBe(500);
  expect(pace.waitMs(4000)).toBeGreaterThan(500);
});
