// The instant that everything here counts from: the node's now, in REPLAY that of the record shown.
import { computed } from "@preact/signals";
import { beatUs, isHeard } from "../live/clock";
import { nowUs } from "../look/tick";
import { mode, screen } from "../shell/state";

/** The instant, in microseconds, once a second; 0 while nothing is known. */
export const atUs = computed(() => instantOf(beatUs.value));

/** The same between two seconds, for what counts down. */
export const exactUs = computed(() => instantOf(nowUs.value));

function instantOf(liveUs: number): number {
  const view = screen.value;
  if (mode.value === "REPLAY") return view?.at_us ?? 0;
  return Math.max(liveUs, view?.now_us ?? 0);
}

/** Whether time runs on: not in REPLAY, and not while the node is silent. */
export const counts = computed(() => mode.value !== "REPLAY" && isHeard.value);
