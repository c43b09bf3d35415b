// The one live region of the alerts. It speaks of live ones alone, also while REPLAY is on the screen:
// what is new now must not wait until somebody comes back from the past. It lies outside of the pane,
// which a narrow window hides: what is hidden is not spoken.
import { effect } from "@preact/signals";
import { liveScreen, mode } from "../shell/state";
import { language, say } from "../text/language";
import { Announcer } from "./announce";
import { soundTone } from "./sound";
import { TEXTS } from "./texts";
import { spokenWord } from "./words";

const announcer = new Announcer();
let region: HTMLElement | null = null;

/** Speaks, politely, until the returned function is called. */
export function speakAlerts(): () => void {
  region ??= makeRegion();
  const place = region;
  document.body.append(place);
  const stop = effect(() => {
    const view = liveScreen.value;
    if (view === null) return;
    const { said, shortTerm } = announcer.take(view.alerts, view.at_us);
    const replay = mode.peek() === "REPLAY";
    if (shortTerm.length > 0 && !replay) soundTone();
    if (said.length === 0) return;
    const words = said.map((each) => spokenWord(each, view.at_us)).join(" ");
    place.lang = language.peek();
    place.textContent = replay ? say(TEXTS, "sayLive", { text: words }) : words;
  });
  return () => {
    stop();
    place.remove();
  };
}

function makeRegion(): HTMLElement {
  const made = document.createElement("div");
  made.className = "unseen";
  made.setAttribute("aria-live", "polite");
  made.id = "alerts-spoken";
  return made;
}
