// The slider's arithmetic: which window of time it shows, where an instant lies on it, its labels,
// and which ticks stand so near each other that they are one mark. Left is always earlier.
import type { Tick } from "../api/types";
import type { Mode } from "../shell/state";

export const SECOND_US = 1_000_000;
export const MINUTE_US = 60 * SECOND_US;
export const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;
/** How far PLAN looks ahead. */
export const AHEAD_US = DAY_US;
/** So near to now the handle is let go at now. */
export const NOW_WITHIN_US = 2 * SECOND_US;
/** The widest window that the node answers for at once. */
export const WIDEST_US = 31 * DAY_US;

/** Where now stands in the window, by mode: before it is the past, behind it the plan. */
const NOW_AT: Record<Mode, number> = { LIVE: 0.85, REPLAY: 0.85, PLAN: 0.1 };

export interface Window {
  fromUs: number;
  toUs: number;
}

/** Returns an instant as a part of a window; outside of it below 0 or above 1. */
export function partOf(atUs: number, window: Window): number {
  return (atUs - window.fromUs) / (window.toUs - window.fromUs);
}

/** Returns the instant at a part of a window. */
export function instantAt(part: number, window: Window): number {
  return Math.round(window.fromUs + part * (window.toUs - window.fromUs));
}

/**
 * Returns the window that is to be shown.
 *
 * It moves with now in LIVE, in steps, so that nothing creeps; else it stays where it is until the
 * handle would leave it.
 */
export function windowFor(
  mode: Mode,
  nowUs: number,
  cursorUs: number,
  widthUs: number,
  before: Window | null,
): Window {
  const stepUs = Math.max(SECOND_US, widthUs / 120);
  const steady = before !== null && before.toUs - before.fromUs === widthUs;
  const wantedUs = mode === "LIVE" ? nowUs : cursorUs;
  if (steady) {
    const part = partOf(wantedUs, before);
    const most = mode === "LIVE" ? NOW_AT.LIVE + 0.02 : 0.98;
    const least = mode === "LIVE" ? NOW_AT.LIVE - 0.04 : 0.02;
    if (part >= least && part <= most) return before;
  }
  const byNowUs = nowUs - NOW_AT[mode] * widthUs;
  const part = (wantedUs - byNowUs) / widthUs;
  const fits = mode === "LIVE" || (part >= 0.02 && part <= 0.98);
  const startUs = fits ? byNowUs : wantedUs - 0.5 * widthUs;
  const fromUs = Math.round(Math.floor(startUs / stepUs) * stepUs);
  return { fromUs, toUs: fromUs + widthUs };
}

/** Returns the mode that an instant is in, seen from now. */
export function modeAt(atUs: number, nowUs: number): Mode {
  if (Math.abs(atUs - nowUs) <= NOW_WITHIN_US) return "LIVE";
  return atUs < nowUs ? "REPLAY" : "PLAN";
}

/** Returns an instant within what can be asked for: from the first entry to a day ahead. */
export function clamped(atUs: number, nowUs: number, firstUs: number | null): number {
  const leastUs = firstUs ?? nowUs - WIDEST_US;
  return Math.min(Math.max(Math.round(atUs), Math.min(leastUs, nowUs)), nowUs + AHEAD_US);
}

const LABEL_STEPS_US = [1, 2, 5, 10, 15, 30]
  .map((each) => each * MINUTE_US)
  .concat([1, 2, 3, 6, 12].map((each) => each * HOUR_US))
  .concat([1, 2, 7].map((each) => each * DAY_US));

/** Returns the instants that are labelled: whole minutes, hours or days, as many as there is room. */
export function labelsOf(window: Window, most: number): number[] {
  const widthUs = window.toUs - window.fromUs;
  const stepUs = LABEL_STEPS_US.find((each) => widthUs / each <= most) ?? DAY_US * 31;
  const made: number[] = [];
  for (let atUs = Math.ceil(window.fromUs / stepUs) * stepUs; atUs <= window.toUs; atUs += stepUs) {
    made.push(atUs);
  }
  return made;
}

// ---- ticks ------------------------------------------------------------------------------------

/** The rows of ticks: what warns, what was declared, what was said. */
export type Lane = "alerts" | "states" | "words";
export const LANES: readonly Lane[] = ["alerts", "states", "words"];

const LANE_OF: Record<Tick["kind"], Lane> = {
  alert: "alerts",
  "alert end": "alerts",
  glance: "states",
  line: "states",
  zone: "states",
  link: "states",
  presence: "states",
  message: "words",
  answer: "words",
};
const RANK: Record<string, number> = {
  DISTRESS: 0,
  "short-term": 0,
  URGENT: 1,
  "own move only": 1,
  SUSPENDED: 1,
  DOWN: 1,
  suspended: 1,
  withdrawn: 1,
  SAFETY: 2,
  coordinate: 2,
};

/** Returns how urgent a tick is among those of its lane; less is more urgent. */
export function rankOf(tick: Tick): number {
  const quiet = { answer: 6, presence: 6, link: 5, "alert end": 5 } as Record<string, number>;
  return RANK[tick.word] ?? quiet[tick.kind] ?? 3;
}

/** Ticks that are one mark: the most urgent gives its shape, the others are counted. */
export interface Mark {
  lane: Lane;
  /** Part of the window at which it stands. */
  at: number;
  tick: Tick;
  ticks: Tick[];
}

/** Returns the marks of a window; ticks of one lane nearer than `apart` (a part) are one. */
export function marksOf(ticks: readonly Tick[], window: Window, apart: number): Mark[] {
  const open = new Map<Lane, Mark>();
  const made: Mark[] = [];
  for (const tick of [...ticks].sort((a, b) => a.at_us - b.at_us)) {
    const at = partOf(tick.at_us, window);
    if (at < 0 || at > 1) continue;
    const lane = LANE_OF[tick.kind];
    const last = open.get(lane);
    if (last && at - last.at < apart) {
      last.ticks.push(tick);
      if (rankOf(tick) < rankOf(last.tick)) last.tick = tick;
      continue;
    }
    const mark = { lane, at, tick, ticks: [tick] };
    open.set(lane, mark);
    made.push(mark);
  }
  return made;
}

/** Returns the nearest tick before or after an instant; null where there is none. */
export function tickBeside(ticks: readonly Tick[], atUs: number, way: 1 | -1): Tick | null {
  let found: Tick | null = null;
  for (const tick of ticks) {
    const is = way === 1 ? tick.at_us > atUs : tick.at_us < atUs;
    if (!is) continue;
    const nearer =
      found === null || (way === 1 ? tick.at_us < found.at_us : tick.at_us > found.at_us);
    if (nearer) found = tick;
  }
  return found;
}

/** Returns the parts of a window that a list of spans leaves free, up to now: nothing recorded. */
export function gapsOf(
  spans: readonly { from_us: number; to_us: number }[],
  window: Window,
  nowUs: number,
): Window[] {
  const endUs = Math.min(window.toUs, nowUs);
  const made: Window[] = [];
  let atUs = window.fromUs;
  for (const span of [...spans].sort((a, b) => a.from_us - b.from_us)) {
    if (span.from_us > atUs) made.push({ fromUs: atUs, toUs: Math.min(span.from_us, endUs) });
    atUs = Math.max(atUs, span.to_us);
    if (atUs >= endUs) break;
  }
  if (atUs < endUs) made.push({ fromUs: atUs, toUs: endUs });
  return made.filter((each) => each.toUs > each.fromUs);
}
