// How old what is shown is, while the node is heard: beats alone make no picture new.
import { computed, signal } from "@preact/signals";
import { beatUs, isHeard } from "../live/clock";
import { frameHeardMs, viewAskedMs } from "../live/link";
import { liveFrame, liveScreen, mode } from "./state";

/** Older than this, what is shown says so: a view is asked for each five seconds at least. */
export const OLD_AFTER_S = 10;
const LOOK_EVERY_MS = 500;

const nowMs = signal(0);

function ageS(sinceMs: number): number {
  return Math.max(0, Math.floor((nowMs.value - sinceMs) / 1000));
}

/** What is old: since when by the node's time, and for how many seconds nothing newer came. */
export interface Old {
  asOfUs: number;
  ageS: number;
}

/** Returns what is told of something that came at an instant; null while it is new enough. */
export function oldOf(ageOfS: number, asOfUs: number | undefined): Old | null {
  if (asOfUs === undefined || asOfUs === 0 || !(ageOfS > OLD_AFTER_S)) return null;
  return { asOfUs, ageS: ageOfS };
}

/** What the live screen is surely as of: its view may be of before the node's last beat. */
export const asOfUs = computed(() => {
  const view = liveScreen.value;
  return view === null ? beatUs.value : Math.min(beatUs.value, view.now_us);
});
const looksAtNow = computed(() => isHeard.value && mode.value !== "REPLAY");
/** The view of lines, alerts, messages and zones, if it is old though the node is heard. */
export const oldView = computed(() =>
  looksAtNow.value ? oldOf(ageS(viewAskedMs.value), liveScreen.value?.now_us) : null,
);
/** The aircraft, if they are old though the node is heard. */
export const oldFrame = computed(() =>
  looksAtNow.value ? oldOf(ageS(frameHeardMs.value), liveFrame.value.nowUs) : null,
);

/** Looks until the returned function is called. */
export function watchAges(): () => void {
  const look = () => {
    nowMs.value = performance.now();
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
