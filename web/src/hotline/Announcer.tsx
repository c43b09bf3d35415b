// Speaks what must not be missed, and shows a loud new message at once where nothing is in its way.
import { useSignalEffect } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { nowUs } from "../look/tick";
import { liveScreen, mode } from "../shell/state";
import { language, say } from "../text/language";
import { movedAtMs, showMessage } from "./hotkeys";
import { isBusy } from "./landing";
import { phrase, withCode } from "./phrase";
import { loudness } from "./ranks";
import { selected } from "./room";
import { type Heard, type Spoken, speak } from "./speaking";
import { TEXTS } from "./texts";

/** The one live region of the pane. */
export function Announcer() {
  const heard = useRef<Heard | null>(null);
  const lastS = useRef(-1);
  const lastView = useRef<unknown>(null);
  const [words, setWords] = useState("");
  useSignalEffect(() => {
    const view = liveScreen.value;
    const second = Math.floor(nowUs.value / 1e6);
    if (view === null || (second === lastS.current && view === lastView.current)) return;
    lastS.current = second;
    lastView.current = view;
    const said = speak(heard.current, view.messages, nowUs.peek());
    heard.current = said.heard;
    if (said.spoken.length === 0) return;
    setWords(said.spoken.map(textOf).join(". "));
    show(said.spoken);
  });
  return (
    <div class="unseen" aria-live="assertive" data-room="hotline">
      {words}
    </div>
  );
}

/** Shows a new loud message, unless another is being dealt with, or the past is looked at. */
function show(spoken: readonly Spoken[]): void {
  if (mode.peek() === "REPLAY" || isBusy()) return;
  const before = selected.peek();
  if (before?.awaits_us === true) return;
  const loud = spoken.find((each) => each.kind === "new" && loudness(each.view.message_class) <= 1);
  if (loud?.kind !== "new") return;
  movedAtMs.value = performance.now();
  showMessage(loud.view.key);
}

function textOf(spoken: Spoken): string {
  if (spoken.kind === "waiting") return say(TEXTS, "spokenWaiting", { count: spoken.count });
  const { view } = spoken;
  const tongue = language.peek();
  const what = `${withCode("class", view.message_class, tongue)}, ${view.message_type}, ${view.party}`;
  switch (spoken.kind) {
    case "new":
      return `${say(TEXTS, "spokenNew")} ${what}. ${phrase(view.message_type, view.fields, tongue)}`;
    case "left":
      return `${say(TEXTS, "spokenLeft", { seconds: spoken.seconds })} ${what}`;
    case "expired":
      return `${say(TEXTS, "spokenExpired")} ${what}`;
    case "differs":
      return `${say(TEXTS, "spokenDiffers")} ${what}`;
  }
}
