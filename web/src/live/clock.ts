// The node's time. The browser's own clock is used for nothing but the rate between two beats, and
// to notice that this machine slept.
import { signal } from "@preact/signals";
import type { Beat } from "../api/types";

/** Silent for so long, a picture is no longer live. */
export const SILENT_AFTER_MS = 3000;
/** The two clocks of this machine drift apart by so much only when it slept or was set. */
const SLEPT_MS = 1500;

interface Heard {
  nowUs: number;
  atMs: number;
  runs: boolean;
  /** False before the first beat, and after a sleep until the next one. */
  counts: boolean;
}

let heard: Heard = { nowUs: 0, atMs: 0, runs: false, counts: false };
let apartMs = Number.NaN;
let sleptMs = 0;

/** The node's time of the last beat, in microseconds; moves once a second. */
export const beatUs = signal(0);
/** Whether the node was heard within the last three seconds. */
export const isHeard = signal(false);

/** Whether the node's time is driven: a demonstration, never the time of day. */
export const isDriven = signal(false);

/** Takes a beat. */
export function takeBeat(beat: Beat, atMs: number): void {
  heard = { nowUs: beat.now_us, atMs, runs: beat.clock === "wall", counts: true };
  sleptMs = 0;
  beatUs.value = beat.now_us;
  isDriven.value = beat.clock === "driven";
  isHeard.value = true;
}

/** Returns the node's time now: a driven clock stands between its beats, and so does a lost one. */
export function nodeNowUs(atMs: number = performance.now()): number {
  const sinceMs = atMs - heard.atMs;
  if (!heard.runs || !heard.counts || sinceMs <= 0) return heard.nowUs;
  return heard.nowUs + Math.min(sinceMs, SILENT_AFTER_MS) * 1000;
}

/** Says whether the node has been silent for too long; called a few times a second. */
export function lookAtSilence(atMs: number): boolean {
  const silent = !heard.counts || atMs - heard.atMs > SILENT_AFTER_MS;
  isHeard.value = !silent;
  return silent;
}

/**
 * Forgets the last beat: this page was hidden, frozen or its machine asleep, and what it shows is
 * of before. It is live again with the next beat.
 */
export function forgetBeat(): void {
  heard = { ...heard, counts: false };
  isHeard.value = false;
}

/**
 * Says whether this machine slept since it was asked last; called a few times a second.
 *
 * The clock that counts milliseconds stands while a machine sleeps, the one on its wall goes on.
 */
export function hasSlept(atMs: number, wallMs: number): boolean {
  const now = wallMs - atMs;
  const jumpedMs = now - apartMs;
  apartMs = now;
  if (!(Math.abs(jumpedMs) > SLEPT_MS)) return false;
  sleptMs += Math.max(0, jumpedMs);
  return true;
}

/** Returns for how many seconds the node has not been heard, sleep counted in. */
export function silentForS(atMs: number): number {
  return Math.max(0, Math.floor((atMs - heard.atMs + sleptMs) / 1000));
}
