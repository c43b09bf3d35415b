// One ticking instant for all clocks and countdowns on the screen, so that they move together.
import { computed, signal } from "@preact/signals";
import { nodeNowUs } from "../live/clock";
import { cursorUs, mode } from "../shell/state";

const TICK_MS = 200;

/**
 * The node's time now.
 *
 * It stands where the node's time stands: between two beats of a driven clock, and once the node is
 * no longer heard. Nothing goes on by the browser's own clock.
 */
export const nowUs = signal(0);
/** The instant that the screen shows: the node's own time, in REPLAY that of the slider. */
export const shownUs = computed(() => (mode.value === "REPLAY" ? cursorUs.value : nowUs.value));

let tickers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Takes the instant anew. */
export function tick(): void {
  nowUs.value = Math.floor(nodeNowUs());
}

/** Ticks until the returned function is called; one timer for all who ask. */
export function startTicking(): () => void {
  tick();
  tickers += 1;
  if (tickers === 1) {
    timer = setInterval(tick, TICK_MS);
    document.addEventListener("visibilitychange", tick);
  }
  return () => {
    tickers -= 1;
    if (tickers > 0) return;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
  };
}
