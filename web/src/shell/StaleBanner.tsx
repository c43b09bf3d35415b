// A frozen picture must never look live: the banner says since when nothing was heard.
import { useEffect, useState } from "preact/hooks";
import { beatUs, isHeard } from "../live/clock";
import { linkFault } from "../live/link";
import { instantText } from "../look/units";
import { say } from "../text/language";
import { TEXTS } from "./texts";

/** The banner; empty while the node is heard and its views can be read. */
export function StaleBanner() {
  const [sinceMs, setSinceMs] = useState(0);
  const heard = isHeard.value;
  useEffect(() => {
    if (heard) return;
    const startMs = performance.now();
    const timer = setInterval(() => setSinceMs(performance.now() - startMs), 1000);
    return () => clearInterval(timer);
  }, [heard]);
  if (heard && linkFault.value === "") return null;
  const text = heard
    ? say(TEXTS, "notAnswered", { fault: linkFault.value })
    : beatUs.value === 0
      ? say(TEXTS, "connecting")
      : say(TEXTS, "silent", {
          age: `${Math.round(sinceMs / 1000) + 3} s`,
          instant: instantText(beatUs.value),
        });
  return (
    <div class="stale-banner" role="alert">
      {text}
    </div>
  );
}
