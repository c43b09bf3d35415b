// Scales of the two plots: time always runs from left to right, in every language.
import { units } from "../shell/state";

const US_PER_MIN = 60_000_000;
const METRES_PER_NM = 1852;
const METRES_PER_FOOT = 0.3048;
/** The plots look so far ahead; nearer where all that matters comes sooner and would be a speck. */
const SPANS_MIN = [5, 10, 20] as const;
/** So much is seen beyond the end of a loss. */
const BEYOND_US = US_PER_MIN;

export interface PlotBox {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** From values to places in a box. */
export interface Scale {
  box: PlotBox;
  fromUs: number;
  toUs: number;
  x: (atUs: number) => number;
  y: (value: number) => number;
}

/** Returns how many minutes ahead are shown, for what ends at an instant; 20 where none does. */
export function spanMin(fromUs: number, endUs: number | null): number {
  const found = SPANS_MIN.find(
    (minutes) => endUs !== null && endUs + BEYOND_US <= fromUs + minutes * US_PER_MIN,
  );
  return found ?? 20;
}

/** Returns the scale of a plot of so many minutes from an instant and between two values. */
export function scaleOf(
  width: number,
  height: number,
  times: readonly [fromUs: number, minutes: number],
  values: readonly [low: number, high: number],
): Scale {
  const box = { width, height, left: 50, right: 8, top: 8, bottom: 18 };
  const [fromUs, minutes] = times;
  const toUs = fromUs + minutes * US_PER_MIN;
  const [low, high] = values;
  const across = width - box.left - box.right;
  const down = height - box.top - box.bottom;
  return {
    box,
    fromUs,
    toUs,
    x: (atUs) => box.left + (across * (atUs - fromUs)) / (toUs - fromUs),
    y: (value) => box.top + down * (1 - (value - low) / (high - low)),
  };
}

/** Returns the whole minutes to mark on the time axis: "0", "+5" and so on. */
export function minuteTicks(minutes: number): number[] {
  const step = minutes <= 5 ? 1 : minutes <= 10 ? 2 : 5;
  return Array.from({ length: Math.floor(minutes / step) + 1 }, (_, n) => n * step);
}

/** Returns round values in the reader's units to mark on the other axis, in metres. */
export function valueTicks(low: number, high: number, kind: "distance" | "height"): number[] {
  const unit = unitM(kind);
  const rough = (high - low) / unit / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power * unit;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, n) => (first + n) * step);
}

function unitM(kind: "distance" | "height"): number {
  if (units.value === "metric") return 1;
  return kind === "distance" ? METRES_PER_NM : METRES_PER_FOOT;
}
