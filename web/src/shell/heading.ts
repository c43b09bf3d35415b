// The title of the page, which is all that a reader sees of it from another tab: what waits here,
// and that it is not live.
import { computed, effect } from "@preact/signals";
import type { ScreenView } from "../api/types";
import { isHeard } from "../live/clock";
import { say } from "../text/language";
import { liveScreen, session } from "./state";
import { TEXTS } from "./texts";

/**
 * Returns how many alerts nobody here has seen, and how much waits with the messages: those that
 * await an answer of ours, and alarms that nobody has taken.
 */
export function waitingIn(view: ScreenView | null): { alerts: number; messages: number } {
  if (view === null) return { alerts: 0, messages: 0 };
  const isNew = (word: string | undefined) => word === undefined || word === "new";
  return {
    alerts: view.alerts.alerts.filter((each) => isNew(each.life?.word)).length,
    messages:
      view.messages.filter((each) => each.awaits_us).length +
      view.alarms.alarms.filter(({ alarm }) => alarm.acknowledged_us === null && !alarm.silent)
        .length,
  };
}

/** What waits, now: also while the screen shows the past. */
export const waiting = computed(() => waitingIn(liveScreen.value));

/** Returns the title. */
export function titleOf(count: number, party: string, notLive: string): string {
  const name = party === "" ? "Parley" : `Parley ${party}`;
  if (notLive !== "") return `${notLive} ${name}`;
  return count > 0 ? `(${count}) ${name}` : name;
}

/** Keeps the page's title until the returned function is called. */
export function followTitle(): () => void {
  return effect(() => {
    const { alerts, messages } = waiting.value;
    const notLive = isHeard.value ? "" : say(TEXTS, "notLive");
    document.title = titleOf(alerts + messages, session.value?.party ?? "", notLive);
  });
}
