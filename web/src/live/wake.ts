// Waking up: a page that was hidden, frozen or on a sleeping machine shows a picture of before.
// Browsers slow the timers of hidden pages down to one a minute, so nothing here waits for a timer:
// being seen again is itself the sign, and only a new beat makes the picture live.
import { forgetBeat, hasSlept } from "./clock";

const LOOK_EVERY_MS = 500;
/** A timer that comes so late was held back: the page was frozen, or too busy to know anything. */
const HELD_BACK_MS = 3000;

/** Watches until the returned function is called. */
export function watchWaking(): () => void {
  let lastMs = performance.now();
  const seenAgain = () => {
    if (document.visibilityState === "visible") forgetBeat();
  };
  const look = () => {
    const atMs = performance.now();
    const heldBack = atMs - lastMs > HELD_BACK_MS;
    lastMs = atMs;
    // Both are asked, so that a sleep is not noticed twice.
    if (hasSlept(atMs, Date.now()) || heldBack) forgetBeat();
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", seenAgain);
  document.addEventListener("resume", seenAgain);
  addEventListener("pageshow", seenAgain);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", seenAgain);
    document.removeEventListener("resume", seenAgain);
    removeEventListener("pageshow", seenAgain);
  };
}
