// The big clock: the node's time, UTC. It never runs by the browser's own clock, and says so where
// it is not the time of day, not now, or not known any more.
import { isDriven, isHeard } from "../live/clock";
import { asOfUs } from "../shell/ages";
import { mode, session } from "../shell/state";
import { say } from "../text/language";
import { Ltr } from "./kit";
import { TEXTS } from "./texts";
import { nowUs } from "./tick";
import { clockText, dayText } from "./units";

/** Returns the local time of an instant as this device has it: for a tooltip, nowhere else. */
export function localText(instantUs: number): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "short",
    timeStyle: "medium",
    hourCycle: "h23",
  });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `${format.format(new Date(instantUs / 1000))} ${zone}`;
}

/** The clock. */
export function ScreenClock() {
  const driven = isDriven.value || session.value?.clock === "driven";
  const heard = isHeard.value;
  const atUs = Math.floor((heard ? nowUs.value : asOfUs.value) / 1_000_000) * 1_000_000;
  const mark = !heard ? "asOf" : driven ? "simulation" : mode.value === "LIVE" ? null : "now";
  const known = atUs > 0;
  const told = driven
    ? say(TEXTS, "simulationTold")
    : known
      ? say(TEXTS, "localTime", { time: localText(atUs) })
      : say(TEXTS, "clock");
  return (
    <div class="clock" title={told} data-driven={driven} data-mark={mark ?? "live"}>
      {mark && <span class="clock-mark">{say(TEXTS, mark)}</span>}
      <time
        class="clock-time"
        {...(known ? { dateTime: new Date(atUs / 1000).toISOString() } : {})}
      >
        <Ltr class="clock-hours">{clockText(known ? atUs : null)}</Ltr>
        <Ltr class="clock-day">{dayText(known ? atUs : null)}</Ltr>
      </time>
    </div>
  );
}
