// The node's time. The browser's own clock is used for nothing but the rate between two beats.
import { signal } from "@preact/signals";
import type { Beat } from "../api/types";

/** Silent for so long, a picture is no longer live. */
export const SILENT_AFTER_MS = 3000;

interface Heard {
  nowUs: number;
  atMs: number;
  runs: boolean;
}

let heard: Heard = { nowUs: 0, atMs: 0, runs: false };

/** The node's time of the last beat, in microseconds; moves once a second. */
export const beatUs = signal(0);
/** Whether the node was heard within the last three seconds. */
export const isHeard = signal(false);

/** Takes a beat. */
export function takeBeat(beat: Beat, atMs: number): void {
  heard = { nowUs: beat.now_us, atMs, runs: beat.clock === "wall" };
  beatUs.value = beat.now_us;
  isHeard.value = true;
}

/** Returns the node's time now: a driven clock stands between its beats, and so does a lost one. */
export function nodeNowUs(atMs: number = performance.now()): number {
  const sinceMs = atMs - heard.atMs;
  if (!heard.runs || sinceMs <= 0) return heard.nowUs;
  return heard.nowUs + Math.min(sinceMs, SILENT_AFTER_MS) * 1000;
}

/** Says whether the node has been silent for too long; called a few times a second. */
export function lookAtSilence(atMs: number): boolean {
  const silent = heard.atMs === 0 || atMs - heard.atMs > SILENT_AFTER_MS;
  isHeard.value = !silent;
  return silent;
}
