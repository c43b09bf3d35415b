// What is shown, in words that cannot be missed: mode, instant, whose knowledge, what is not there.
import { isHeard } from "../live/clock";
import { clockText, instantText } from "../look/units";
import { asOfUs } from "../shell/ages";
import { cursorUs, liveScreen, mode, pastScreen } from "../shell/state";
import { say } from "../text/language";
import { picture, screenAtUs, screenFault, viewer } from "./replay";
import { SECOND_US } from "./slider";
import { TEXTS } from "./texts";

/** The stamp beside the controls. */
export function Stamp() {
  const instant = instantText(cursorUs.value);
  if (mode.value === "LIVE") {
    return (
      <div class="time-stamp" data-mode="LIVE">
        <strong>
          {isHeard.value ? instant : say(TEXTS, "asOf", { instant: instantText(asOfUs.value) })}
        </strong>
      </div>
    );
  }
  if (mode.value === "PLAN") {
    return (
      <div class="time-stamp" data-mode="PLAN">
        <strong>{say(TEXTS, "stampPlan", { instant })}</strong>
        <span>{say(TEXTS, "nothingKnown")}</span>
      </div>
    );
  }
  const party = viewer.value || (liveScreen.value?.party ?? "");
  return (
    <div class="time-stamp" data-mode="REPLAY" data-screen-us={screenAtUs.value ?? ""}>
      <strong>{say(TEXTS, "stampReplay", { instant, party })}</strong>
      <ScreenWords party={party} />
      <PictureWords />
    </div>
  );
}

/** Of which instant the lists are, where that is not the handle's; or that there are none. */
function ScreenWords({ party }: { party: string }) {
  const shown = pastScreen.value;
  if (screenFault.value !== "") {
    return <b class="time-bad">{say(TEXTS, "noScreen", { fault: screenFault.value })}</b>;
  }
  if (shown === null) return <span>{say(TEXTS, "askingScreen")}</span>;
  const off = Math.abs(shown.at_us - cursorUs.value) >= SECOND_US;
  return (
    <>
      {off && <b>{say(TEXTS, "asOf", { instant: clockText(shown.at_us) })}</b>}
      {!shown.certain && <span>{say(TEXTS, "notCertain", { party })}</span>}
    </>
  );
}

function PictureWords() {
  const is = picture.value;
  switch (is.is) {
    case "shown":
      return (
        <span class="time-picture" data-is="shown" data-frame-us={is.atUs}>
          {say(TEXTS, "recorded")}
        </span>
      );
    case "asked":
      return <span data-is="asked">{say(TEXTS, "askingFrame")}</span>;
    case "fault":
      return <b class="time-bad">{say(TEXTS, "frameFault", { fault: is.words })}</b>;
    case "none":
      return (
        <b class="time-bad" data-is="none">
          {noneText(is.beforeUs, is.afterUs)}
        </b>
      );
  }
}

function noneText(beforeUs: number | null, afterUs: number | null): string {
  if (beforeUs === null) return say(TEXTS, "noRecording");
  const from = clockText(beforeUs);
  if (afterUs === null) return say(TEXTS, "noRecordingSince", { from });
  return say(TEXTS, "noRecordingBetween", { from, to: clockText(afterUs) });
}
