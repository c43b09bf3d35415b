import { expect, test } from "vitest";
import { answerPicking, giveUpPicking, type Picked, picking } from "./picking";

test("a wish is answered once, by an object of its kind only", () => {
  const got: Picked[] = [];
  let given = 0;
  const wish = { done: (value: Picked) => got.push(value), given: () => (given += 1) };
  picking.value = { wanted: "zone", ...wish };
  expect(answerPicking({ kind: "aircraft", aircraft: "A1" })).toBe(false);
  expect(picking.value).not.toBeNull();
  const zone: Picked = { kind: "zone", agreement: "A", zone: "Z1" };
  expect(answerPicking(zone)).toBe(true);
  expect(answerPicking(zone)).toBe(false);
  expect(got).toEqual([zone]);
  picking.value = { wanted: "position", ...wish };
  giveUpPicking();
  expect([picking.value, given, got.length]).toEqual([null, 1, 1]);
});
