// Whether the tone sounds: it says so itself where the browser or REPLAY keeps it silent.
import { useEffect } from "preact/hooks";
import { mode } from "../shell/state";
import { say } from "../text/language";
import { allowSound, soundAllowed, soundOn } from "./sound";
import { TEXTS, type TextKey } from "./texts";

/** Turns the tone on and off. */
export function SoundButton() {
  useEffect(allowSound, []);
  return (
    <button
      type="button"
      class="alerts-button alerts-sound"
      aria-pressed={soundOn.value}
      onClick={() => {
        soundOn.value = !soundOn.value;
      }}
    >
      {say(TEXTS, "sound")}: {say(TEXTS, stateKey())}
    </button>
  );
}

function stateKey(): TextKey {
  if (!soundOn.value) return "soundOff";
  if (mode.value === "REPLAY") return "soundReplay";
  return soundAllowed.value ? "soundOn" : "soundWaits";
}
