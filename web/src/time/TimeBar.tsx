// The bottom bar: LIVE, REPLAY and PLAN on one slider, what instant is shown, and of whose knowledge.
import { useEffect, useState } from "preact/hooks";
import { askBytes } from "../api/client";
import { bindKeys } from "../shell/keys";
import { cursorUs, liveScreen, mode } from "../shell/state";
import { language, say } from "../text/language";
import { EvidenceBadge } from "../verify/EvidenceBadge";
import { Controls, goToTick } from "./Controls";
import { PlanPart } from "./PlanPart";
import { goInto, play, playing, speed, startReplay, step } from "./replay";
import { Slider } from "./Slider";
import { SplitDialog } from "./SplitDialog";
import { Stamp } from "./Stamp";
import { MINUTE_US, SECOND_US } from "./slider";
import { TEXTS } from "./texts";
import { shownWindow, startTimeline, timeline, timelineFault } from "./timeline";
import { leftOutText } from "./words";
import "./time.css";

/** The bar. */
export function TimeBar() {
  const [split, setSplit] = useState(false);
  useEffect(() => {
    const ends = [startReplay(), startTimeline(), bindTimeKeys(() => setSplit(true))];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  return (
    <div
      class="time-room"
      data-mode={mode.value}
      data-playing={playing.value}
      data-speed={speed.value}
      data-from-us={shownWindow.value.fromUs}
    >
      <div class="time-row">
        <Controls onSplit={() => setSplit(true)} />
      </div>
      <div class="time-told">
        <Stamp />
        <PlanPart />
        <Evidence />
      </div>
      <Slider />
      <Notes />
      <SplitDialog open={split} atUs={cursorUs.value} onClose={() => setSplit(false)} />
    </div>
  );
}

/** The badge: the whole record that this node holds, checked here and not believed. */
function Evidence() {
  const held = liveScreen.value?.agreements.map((each) => each.agreement) ?? [];
  return (
    <div class="time-evidence">
      <EvidenceBadge
        agreement={held.join(", ")}
        lang={language.value}
        fetchPack={() => askBytes("/api/export")}
      />
    </div>
  );
}

/** What the slider does not show, and why. */
function Notes() {
  const told = timeline.value;
  const notes: string[] = [];
  if (timelineFault.value !== "")
    notes.push(say(TEXTS, "timelineFault", { fault: timelineFault.value }));
  if (told) {
    const left = leftOutText(told.left_out);
    if (left !== "") notes.push(left);
    if (told.glance_left_out.length > 0) {
      notes.push(say(TEXTS, "leftOutGlance", { lines: told.glance_left_out.join(", ") }));
    }
    const { records, fault } = told.recording;
    if (!records) notes.push(say(TEXTS, "recordsNothing"));
    else if (fault !== "") notes.push(say(TEXTS, "notRecording", { fault }));
  }
  if (notes.length === 0) return null;
  return <p class="time-notes">{notes.join(" · ")}</p>;
}

function bindTimeKeys(openSplit: () => void): () => void {
  const by = (us: number) => () => step(us);
  return bindKeys("time", [
    { key: "[", told: () => say(TEXTS, "keyBack10"), does: by(-10 * SECOND_US) },
    { key: "]", told: () => say(TEXTS, "keyOn10"), does: by(10 * SECOND_US) },
    { key: "{", told: () => say(TEXTS, "keyBack60"), does: by(-MINUTE_US) },
    { key: "}", told: () => say(TEXTS, "keyOn60"), does: by(MINUTE_US) },
    { key: " ", told: () => say(TEXTS, "keyPlay"), does: playOrPress },
    { key: "b", told: () => say(TEXTS, "keyPlayBack"), does: () => play(-1) },
    { key: "<", told: () => say(TEXTS, "keyTickBack"), does: () => goToTick(-1) },
    { key: ">", told: () => say(TEXTS, "keyTickOn"), does: () => goToTick(1) },
    { key: "s", told: () => say(TEXTS, "keySplit"), does: openSplit },
    { key: "v", told: () => say(TEXTS, "keyLive"), does: () => goInto("LIVE") },
  ]);
}

/** Space presses the button that has the focus, as everywhere; else it plays. */
function playOrPress(): void {
  const active = document.activeElement;
  if (active instanceof HTMLElement && active.matches("button, summary, a[href], [role=button]")) {
    active.click();
    return;
  }
  play(playing.value === -1 ? -1 : 1);
}
