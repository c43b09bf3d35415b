// How long it is to a loss: never overstated, and never a number that looks as if it counted when it
// does not. It is no live region: nobody wants to hear every second.
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { Unseen } from "../look/kit";
import { clockText, spanFloorText } from "../look/units";
import { say } from "../text/language";
import { exactUs } from "./now";
import { TEXTS } from "./texts";

/** The time that is left; of a loss whose time has come (the first, says the node), how long ago. */
export function TimeLeft({ lossUs, counts }: { lossUs: number; counts: boolean }) {
  // Only a changed second draws anew.
  const leftS = useMemo(
    () => computed(() => Math.floor((lossUs - exactUs.value) / 1_000_000)),
    [lossUs],
  ).value;
  const clock = clockText(lossUs);
  if (leftS < 0) {
    const span = spanFloorText(-leftS);
    return <span class="alerts-lost">{say(TEXTS, "lossPassed", { span })}</span>;
  }
  const left = spanFloorText(leftS);
  return (
    <>
      <Unseen>{say(TEXTS, "lossIn")} </Unseen>
      <bdi dir="ltr" role="timer" aria-live="off" class="alerts-left" data-counts={counts}>
        {counts ? left : `(${left})`}
      </bdi>
      <span class="alerts-clock">{say(TEXTS, "lossAt", { clock })}</span>
    </>
  );
}
