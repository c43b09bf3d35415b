// Going through time: the handle, the recorded frame, and the screen as it was known then.
//
// A frame is asked for at every move, one question at a time, the newest next. The screen, which is
// heavier, is asked for when the handle rests. A screen of another instant than the handle's is
// labelled with its own (`screenAtUs`) while playing; else it is taken away, unless the right one
// comes before anybody could have read it: what is taken away makes the whole page jump.
import { computed, effect, signal, untracked } from "@preact/signals";
import { ask, askBytes, NodeFault } from "../api/client";
import type { MapView, ScreenView } from "../api/types";
import { nowUs, startTicking } from "../look/tick";
import {
  cursorUs,
  liveScreen,
  mode,
  pastFrame,
  pastMap,
  pastNames,
  pastScreen,
  screen,
} from "../shell/state";
import { HOLDS_US, heldAt, type Recorded, readRecorded } from "./recorded";
import { AHEAD_US, clamped, modeAt, NOW_WITHIN_US, SECOND_US } from "./slider";
import { firstUs, showAnew } from "./timeline";

export type Speed = 1 | 4 | 16 | 60;
export const SPEEDS: readonly Speed[] = [1, 4, 16, 60];
/** So long the handle rests before the screen of its instant is asked for. */
export const REST_MS = 80;
const PLAY_MS = 200;
const CHUNK = 60;
/** While it plays, the screen is asked for so often at the most. */
const SCREEN_EVERY_MS = 500;
/** So long a screen of before stays when the handle jumps; nobody reads one in it, or acts by it. */
const JUMP_MS = 300;
/** While the handle is drawn, a screen this far off is still shown, labelled. */
const NEAR_US = 1.5 * SECOND_US;

export const speed = signal<Speed>(1);
/** 1: forward, -1: backward, 0: it stands. */
export const playing = signal<1 | -1 | 0>(0);
/** Whose knowledge is looked at; "" is this node's own party. */
export const viewer = signal("");
/** Why the screen of the handle's instant is not shown, in the node's words; "" while it is. */
export const screenFault = signal("");
/** Of which instant the screen that is shown in REPLAY is; null: none is. */
export const screenAtUs = computed(() =>
  mode.value === "REPLAY" ? (pastScreen.value?.at_us ?? null) : null,
);

/** What there is of the recorded picture at the handle. */
export type Picture =
  | { is: "asked" }
  | { is: "shown"; atUs: number }
  | { is: "none"; beforeUs: number | null; afterUs: number | null }
  | { is: "fault"; words: string };
export const picture = signal<Picture>({ is: "asked" });

let chunk: Recorded[] = [];
let frameAsking = false;
let screenAsking: AbortController | null = null;
let restTimer: ReturnType<typeof setTimeout> | undefined;
let clearTimer: ReturnType<typeof setTimeout> | undefined;
let playTimer: ReturnType<typeof setInterval> | undefined;
let playedAtMs = 0;
let screenAskedMs = Number.NEGATIVE_INFINITY;

/** Sets the handle to an instant: before now it is REPLAY, after it PLAN, at it LIVE. */
export function goTo(atUs: number, how: { keep?: "REPLAY" | "PLAN" } = {}): void {
  const toUs = clamped(atUs, nowUs.value, firstUs.value);
  const next = modeAt(toUs, nowUs.value);
  // Playing up to now, or stepping, stays what it is: only who lets go at now goes LIVE.
  enter(next === "LIVE" && how.keep ? how.keep : next, toUs);
}

/** Goes to a mode: LIVE is now, REPLAY a moment before it, PLAN a moment after. */
export function goInto(next: "LIVE" | "REPLAY" | "PLAN"): void {
  if (next === mode.value) return;
  showAnew();
  if (next === "LIVE") enter("LIVE", nowUs.value);
  else if (next === "REPLAY")
    enter("REPLAY", clamped(nowUs.value - 10 * SECOND_US, nowUs.value, firstUs.value));
  else enter("PLAN", nowUs.value + 60 * SECOND_US);
}

/** Moves the handle by so much. */
export function step(byUs: number): void {
  const is = mode.value;
  if (is === "LIVE" && byUs > 0) goTo(nowUs.value + Math.max(byUs, NOW_WITHIN_US + SECOND_US));
  else goTo(cursorUs.value + byUs, is === "LIVE" ? {} : { keep: is });
}

/** Plays one way, or stands where it played that way. */
export function play(way: 1 | -1): void {
  if (playing.value === way) {
    playing.value = 0;
    return;
  }
  if (mode.value === "LIVE") {
    if (way === 1) return;
    goTo(nowUs.value - NOW_WITHIN_US - SECOND_US, { keep: "REPLAY" });
  }
  playing.value = way;
}

/** Asks for the same instant as another party could know it; "" for our own. */
export function lookAs(party: string): void {
  viewer.value = party;
  if (mode.value !== "REPLAY") return;
  pastScreen.value = null;
  pastMap.value = null;
  askScreen();
}

/** Keeps handle, frame and screen together until the returned function is called. */
export function startReplay(): () => void {
  const ends = [startTicking(), effect(followNow), effect(followPlaying)];
  return () => {
    for (const end of ends) end();
    stopAsking();
    clearInterval(playTimer);
    playTimer = undefined;
  };
}

function followNow(): void {
  const atUs = nowUs.value;
  const live = mode.value === "LIVE";
  untracked(() => {
    if (live && atUs > 0) cursorUs.value = atUs;
    // What was ahead has come: it is not planned any more.
    if (mode.value === "PLAN" && cursorUs.value < atUs) cursorUs.value = atUs;
  });
}

function followPlaying(): void {
  const way = playing.value;
  clearInterval(playTimer);
  if (way === 0) {
    // Where it stands now is what is shown, not where the last question was.
    untracked(() => {
      if (mode.value === "REPLAY" && pastScreen.value?.at_us !== cursorUs.value) askWhenItRests();
    });
    return;
  }
  playedAtMs = performance.now();
  playTimer = setInterval(playOn, PLAY_MS);
}

function playOn(): void {
  const atMs = performance.now();
  // A page that was hidden has not been looked at: it goes on from where it was seen.
  const overMs = Math.min(atMs - playedAtMs, 4 * PLAY_MS);
  playedAtMs = atMs;
  const is = mode.value;
  if (is === "LIVE") {
    playing.value = 0;
    return;
  }
  const wantedUs = cursorUs.value + playing.value * speed.value * overMs * 1000;
  const [leastUs, mostUs] =
    is === "REPLAY" ? [firstUs.value ?? 0, nowUs.value] : [nowUs.value, nowUs.value + AHEAD_US];
  const toUs = Math.min(Math.max(wantedUs, leastUs), mostUs);
  if (toUs !== wantedUs) playing.value = 0;
  enter(is, Math.round(toUs));
}

// ---- the handle's instant ---------------------------------------------------------------------

function enter(next: "LIVE" | "REPLAY" | "PLAN", atUs: number): void {
  const before = mode.value;
  if (next !== "REPLAY") stopAsking();
  if (next === "LIVE") playing.value = 0;
  cursorUs.value = atUs;
  if (next !== before) {
    if (before === "REPLAY" || next === "REPLAY") forgetPast();
    mode.value = next;
  }
  if (next !== "REPLAY") return;
  showFrame();
  keepOrClear();
  askWhenItRests();
}

function forgetPast(): void {
  clearTimeout(clearTimer);
  clearTimer = undefined;
  chunk = [];
  pastScreen.value = null;
  pastMap.value = null;
  pastFrame.value = null;
  screenFault.value = "";
  picture.value = { is: "asked" };
}

/** A screen of another instant is taken away once the handle is far from it, and stays so. */
function keepOrClear(): void {
  if (!isFarOff()) {
    clearTimeout(clearTimer);
    clearTimer = undefined;
    return;
  }
  clearTimer ??= setTimeout(() => {
    clearTimer = undefined;
    if (isFarOff()) pastScreen.value = null;
  }, JUMP_MS);
}

function isFarOff(): boolean {
  const shown = pastScreen.value;
  const nearUs = NEAR_US * (playing.value === 0 ? 1 : speed.value);
  return shown !== null && Math.abs(shown.at_us - cursorUs.value) > nearUs;
}

// ---- the recorded frame -----------------------------------------------------------------------

function showFrame(): void {
  const found = heldAt(chunk, cursorUs.value);
  if (found) {
    draw(found);
    return;
  }
  void askFrame();
}

function draw(found: Recorded): void {
  if (pastFrame.value !== found.frame) {
    pastNames.value = found.names;
    pastFrame.value = found.frame;
  }
  picture.value = { is: "shown", atUs: found.atUs };
}

async function askFrame(): Promise<void> {
  if (frameAsking) return;
  frameAsking = true;
  const atUs = Math.round(cursorUs.value);
  try {
    const reply = readRecorded(await askBytes(framePath(atUs)));
    if (mode.value !== "REPLAY") return;
    chunk = reply.frames;
    const held = heldAt(chunk, cursorUs.value);
    if (held) draw(held);
    else if (Math.abs(cursorUs.value - atUs) < HOLDS_US) {
      pastFrame.value = null;
      const { beforeUs, afterUs } = reply;
      picture.value = { is: "none", beforeUs, afterUs };
    }
  } catch (error) {
    pastFrame.value = null;
    picture.value = { is: "fault", words: wordsOf(error) };
  } finally {
    frameAsking = false;
  }
  // It was moved meanwhile: the newest next.
  if (mode.value === "REPLAY" && Math.abs(cursorUs.value - atUs) > 1) showFrame();
}

/** Slow playing takes a minute of frames at once; everything else asks for the one. */
function framePath(atUs: number): string {
  const way = playing.value;
  if (way === 0 || speed.value > 4) return `/api/tracks/at?at_us=${atUs}`;
  const fromUs = way === 1 ? atUs : Math.max(0, atUs - CHUNK * SECOND_US);
  return `/api/tracks/from?at_us=${fromUs}&count=${CHUNK + 4}&span_us=${(CHUNK + 1) * SECOND_US}`;
}

// ---- the screen -------------------------------------------------------------------------------

function askWhenItRests(): void {
  if (playing.value !== 0) {
    // One after the other: each is of the instant at which it was asked for, and says so.
    const longAgo = performance.now() - screenAskedMs >= SCREEN_EVERY_MS;
    if (screenAsking === null && longAgo) askScreen();
    return;
  }
  screenAsking?.abort();
  screenAsking = null;
  clearTimeout(restTimer);
  restTimer = setTimeout(askScreen, REST_MS);
}

function stopAsking(): void {
  clearTimeout(restTimer);
  screenAsking?.abort();
  screenAsking = null;
}

function askScreen(): void {
  clearTimeout(restTimer);
  screenAsking?.abort();
  const asking = new AbortController();
  screenAsking = asking;
  screenAskedMs = performance.now();
  void loadScreen(Math.round(cursorUs.value), viewer.value, asking);
}

/** Returns the query of an instant as a party could know it. */
export function pastQuery(atUs: number, party: string): string {
  return `?at_us=${atUs}${party === "" ? "" : `&as=${encodeURIComponent(party)}`}`;
}

async function loadScreen(atUs: number, party: string, asking: AbortController): Promise<void> {
  const query = pastQuery(atUs, party);
  try {
    const next = await ask<ScreenView>(`/api/screen${query}`, asking.signal);
    if (pastMap.value?.digest !== next.map_digest) {
      pastMap.value = await ask<MapView>(`/api/map${query}`, asking.signal);
    }
    if (asking.signal.aborted || mode.value !== "REPLAY") return;
    pastScreen.value = next;
    screenFault.value = "";
    keepOrClear();
  } catch (error) {
    if (asking.signal.aborted) return;
    pastScreen.value = null;
    pastMap.value = null;
    screenFault.value = wordsOf(error);
  } finally {
    if (screenAsking === asking) screenAsking = null;
  }
  const moved = mode.value === "REPLAY" && Math.abs(cursorUs.value - atUs) > 1;
  if (moved && playing.value === 0) askWhenItRests();
}

/** Returns what is wrong in the node's words, or in ours where it said none. */
export function wordsOf(error: unknown): string {
  if (error instanceof NodeFault) {
    const { fault, repair } = error.view;
    return repair === "" || fault.includes(repair) ? fault : `${fault}; ${repair}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** The parties of all agreements, our own first. */
export const parties = computed(() => {
  const view = liveScreen.value ?? screen.value;
  if (view === null) return [];
  const all = new Set(view.agreements.flatMap((each) => each.parties.map((one) => one.party)));
  all.delete(view.party);
  return [view.party, ...[...all].sort()];
});
