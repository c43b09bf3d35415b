// One short tone for an alert that is newly short-term. Made here, no file; never in REPLAY, and only
// once the browser allows sound, which it does after a click or a key: until then the button says so.
import { signal } from "@preact/signals";

/** Whether the tone is wanted. */
export const soundOn = signal(true);
/** Whether the browser allows sound yet. */
export const soundAllowed = signal(false);

const TONE_HZ = 880;
const TONE_S = 0.18;
const LOUDNESS = 0.2;

let context: AudioContext | null = null;

/** Waits for the click or key that allows sound; returns what ends the waiting. */
export function allowSound(): () => void {
  const allow = (): void => {
    if (typeof AudioContext === "undefined") return;
    context ??= new AudioContext();
    void context.resume();
    soundAllowed.value = true;
    stop();
  };
  const stop = (): void => {
    removeEventListener("pointerdown", allow);
    removeEventListener("keydown", allow);
  };
  if (soundAllowed.value) return stop;
  addEventListener("pointerdown", allow);
  addEventListener("keydown", allow);
  return stop;
}

/** Sounds once, if it is wanted and allowed. */
export function soundTone(): void {
  if (!soundOn.value || context === null) return;
  const startS = context.currentTime;
  const tone = context.createOscillator();
  const loudness = context.createGain();
  tone.frequency.value = TONE_HZ;
  loudness.gain.setValueAtTime(0, startS);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, startS + 0.02);
  loudness.gain.linearRampToValueAtTime(0, startS + TONE_S);
  tone.connect(loudness);
  loudness.connect(context.destination);
  tone.start(startS);
  tone.stop(startS + TONE_S);
}
