import { describe, expect, test } from "vitest";
import { type Box, declutter, overlap, type Wish } from "./declutter";

const SCREEN = { width: 1000, height: 640 };

function wish(key: string, x: number, y: number, more: Partial<Wish> = {}): Wish {
  const rest = { rank: 3, width: 62, height: 34, must: false, before: null, pinned: null };
  return { key, x, y, ahead: null, ...rest, ...more };
}

/** Numbers that look like chance and are the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function boxes(wishes: readonly Wish[], kept: readonly Box[] = []): Map<string, Box> {
  const of = new Map(wishes.map((each) => [each.key, each]));
  return new Map(
    declutter(wishes, SCREEN, kept).map(({ key, dx, dy }) => {
      const { x = 0, y = 0, width = 0, height = 0 } = of.get(key) ?? {};
      return [key, { left: x + dx, top: y + dy, width, height }];
    }),
  );
}

function clash(all: readonly Box[]): boolean {
  return all.some((one, at) => all.slice(at + 1).some((two) => overlap(one, two)));
}

describe("blocks", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("of aircraft in alert never overlap (%i)", (seed) => {
    const next = chance(seed);
    const many = Array.from({ length: 60 }, (_, at) =>
      wish(`A${at}`, 480 + next() * 40, 300 + next() * 40, { rank: 0, must: true, height: 48 }),
    );
    const others = Array.from({ length: 200 }, (_, at) =>
      wish(`B${at}`, next() * 1000, next() * 640),
    );
    const found = boxes([...others, ...many]);
    for (const each of many) expect(found.has(each.key)).toBe(true);
    expect(clash([...found.values()])).toBe(false);
  });

  test("that matter less give way", () => {
    const full = Array.from({ length: 30 }, (_, at) =>
      wish(`R${at}`, 500 + (at % 6) * 4, 300 + at, { rank: 4 }),
    );
    const found = boxes([...full, wish("S", 505, 310, { rank: 1, must: true })]);
    expect(found.has("S")).toBe(true);
    expect(found.size).toBeLessThan(31);
    expect(clash([...found.values()])).toBe(false);
  });

  test("stay where they were", () => {
    const moved = wish("A", 500, 300, { before: [-72, 10] });
    expect(declutter([moved], SCREEN)[0]).toEqual({ key: "A", dx: -72, dy: 10 });
  });

  test("stay where the reader put them, and the others go elsewhere", () => {
    const pinned = wish("A", 500, 300, { pinned: [10, -44] });
    const found = boxes([pinned, wish("B", 502, 300, { rank: 0, must: true })]);
    expect(found.get("A")).toMatchObject({ left: 510, top: 256 });
    expect(clash([...found.values()])).toBe(false);
  });

  test("go over nothing that is kept, and not over the way ahead", () => {
    const kept = [{ left: 505, top: 240, width: 80, height: 60 }];
    const found = boxes([wish("A", 500, 300)], kept);
    expect(clash([...kept, ...found.values()])).toBe(false);
    const east = boxes([wish("A", 500, 300, { ahead: [1, 0] })]).get("A");
    expect(east && east.left + east.width).toBeLessThanOrEqual(540);
  });

  test("beyond the edge are not drawn, unless they must be", () => {
    const narrow = { width: 40, height: 30 };
    expect(declutter([wish("A", 20, 15)], narrow)).toEqual([]);
    expect(declutter([wish("A", 20, 15, { must: true })], narrow)).toHaveLength(1);
  });
});
