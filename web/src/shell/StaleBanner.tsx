// A frozen picture must never look live: the banner says since when nothing was heard, and a pane
// whose own data are old says it even while the node is heard.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { beatUs, isHeard, silentForS } from "../live/clock";
import { frameFault, linkFault } from "../live/link";
import { Ltr } from "../look/kit";
import { clockText, instantText, spanText } from "../look/units";
import { say } from "../text/language";
import { asOfUs, type Old } from "./ages";
import { TEXTS } from "./texts";

/** A silence that ends within this is seen and not spoken: a page that was just looked at again. */
const SPOKEN_AFTER_MS = 1500;

/** What is wrong with the whole screen, once it has lasted; "" while nothing is. */
export const lastingFault = signal("");

/** What is wrong with the whole screen, in words that do not change while it lasts. */
function faultText(): string {
  if (!isHeard.value) {
    if (beatUs.value === 0) return say(TEXTS, "connecting");
    return say(TEXTS, "silent", { instant: instantText(asOfUs.value) });
  }
  if (linkFault.value !== "") return say(TEXTS, "notAnswered", { fault: linkFault.value });
  if (frameFault.value !== "") return say(TEXTS, "frameUnread", { fault: frameFault.value });
  return "";
}

/** The banner; empty while the node is heard and its views can be read. */
export function StaleBanner() {
  const text = faultText();
  const spoken = lastingFault.value;
  useEffect(() => {
    if (text === "") {
      lastingFault.value = "";
      return;
    }
    const timer = setTimeout(() => {
      lastingFault.value = text;
    }, SPOKEN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="stale-place">
      {/* Spoken once; the age beside it moves and is not spoken. */}
      <span class="unseen" role="alert">
        {spoken}
      </span>
      {text !== "" && (
        <div class="stale-banner" aria-hidden={spoken !== ""}>
          <strong>{text}</strong>
          {!isHeard.value && beatUs.value !== 0 && <SilentFor />}
        </div>
      )}
    </div>
  );
}

function SilentFor() {
  const [seconds, setSeconds] = useState(() => silentForS(performance.now()));
  useEffect(() => {
    const look = () => setSeconds(silentForS(performance.now()));
    const timer = setInterval(look, 500);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return <span class="stale-age">{say(TEXTS, "silentFor", { age: spanText(seconds) })}</span>;
}

/** A strip on a pane whose data are old while the node is heard; nothing otherwise. */
export function PaneAge({ old }: { old: Old | null }) {
  if (old === null) return null;
  return (
    <p class="pane-age">
      <strong>
        {say(TEXTS, "asOf")} <Ltr>{clockText(old.asOfUs)}</Ltr>
      </strong>{" "}
      <span>{say(TEXTS, "notNewer", { age: spanText(old.ageS) })}</span>
    </p>
  );
}
