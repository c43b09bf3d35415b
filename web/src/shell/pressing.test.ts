import { expect, it } from "vitest";
import { alertLike } from "../alerts/sample";
import { aboutOf, mostPressing } from "./Pressing";

const AT_US = 1_796_091_600_000_000;
const near = alertLike({ aircraft: ["A", "B"], loss_us: AT_US });
const later = alertLike({ aircraft: ["C", "D"], loss_us: AT_US + 4_000_000 });
const own = alertLike({ aircraft: ["E", "F"], alert_class: "own move only", loss_us: AT_US - 1 });
const exercise = alertLike({ aircraft: ["G", "H"], loss_us: AT_US - 9, text: "EXERCISE, x" });
const slow = alertLike({ aircraft: ["I", "J"], alert_class: "coordinate", loss_us: AT_US - 99 });

it("is the most urgent class, then the soonest loss; an exercise after what is actual", () => {
  expect(mostPressing([slow, own, exercise, later, near])).toBe(near);
  expect(mostPressing([slow, exercise, own])).toBe(own);
  expect(mostPressing([slow, exercise])).toBe(exercise);
  expect(mostPressing([slow])).toBeUndefined();
});

it("stays while no other is sooner by the margin, and goes with what is worse", () => {
  expect(mostPressing([near, later], aboutOf(later))).toBe(later);
  const latest = alertLike({ aircraft: ["C", "D"], loss_us: AT_US + 14_000_000 });
  expect(mostPressing([near, latest], aboutOf(latest))).toBe(near);
  expect(mostPressing([near, own], aboutOf(own))).toBe(near);
  const timeless = alertLike({ aircraft: ["K"], what: "incursion", loss_us: null });
  expect(mostPressing([timeless])).toBe(timeless);
  // What is under way is not a matter of time: it counts as now.
  expect(mostPressing([near, timeless], aboutOf(near))).toBe(timeless);
});
