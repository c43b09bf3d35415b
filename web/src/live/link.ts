// The link to the node: the socket with its beats and frames, and whole views asked for when
// something was written. Views are asked for one at a time, as `pace.ts` says; a change that comes
// meanwhile is asked for after it.
import { signal } from "@preact/signals";
import { ask, useSession } from "../api/client";
import type { Beat, Looking, MapView, Names, ScreenView, SessionView } from "../api/types";
import { liveFrame, liveMap, liveNames, liveScreen, type Named, session } from "../shell/state";
import { lookAtSilence, SILENT_AFTER_MS, takeBeat } from "./clock";
import { decodeFrame } from "./frames";
import { Pace } from "./pace";

/** Without any change a view is still asked for again: clocks move states too. */
const VIEW_AGAIN_MS = 5000;
const LOOK_EVERY_MS = 250;
/** A view that takes longer is given up and asked for again: the screen says how old its own is. */
const VIEW_WITHIN_MS = 15_000;

/** What is wrong with the views, in the words of whoever says so; "" while nothing is. */
export const linkFault = signal("");
/** What is wrong with the newest track frame; "" while nothing is. */
export const frameFault = signal("");
/** When the view that is shown was asked for: it is no newer than that. By `performance.now()`. */
export const viewAskedMs = signal(Number.NEGATIVE_INFINITY);
/** When the frame that is shown came. By `performance.now()`. */
export const frameHeardMs = signal(Number.NEGATIVE_INFINITY);

let socket: WebSocket | null = null;
let seenNumber = -1;
let newestNumber = 0;
let asking = false;
let askedAtMs = Number.NEGATIVE_INFINITY;
let pace = new Pace();
let later: ReturnType<typeof setTimeout> | undefined;
let looking: Looking | null = null;

/** Opens the link and keeps it open. */
export async function openLink(): Promise<void> {
  connect();
  setInterval(look, LOOK_EVERY_MS);
  await trySession();
}

/** Asks the node again who this browser is; after signing in, or when it started again. */
export async function refreshSession(): Promise<void> {
  const view = await ask<SessionView>("/api/session");
  useSession(view);
  session.value = view;
}

/** Asks who this browser is; a node that does not answer is asked again with the next socket. */
async function trySession(): Promise<void> {
  try {
    await refreshSession();
  } catch (error) {
    linkFault.value = error instanceof Error ? error.message : String(error);
  }
}

/** Asks for the newest view soon: something was just done here. */
export function refreshSoon(): void {
  seenNumber = -1;
  askedAtMs = Number.NEGATIVE_INFINITY;
  pace = new Pace();
  void view();
}

/** Tells the node what this screen looks at; above 20,000 aircraft it gets these only. */
export function lookAt(box: Looking): void {
  looking = box;
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(box));
}

function connect(): void {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const made = new WebSocket(`${scheme}://${location.host}/api/live`);
  made.binaryType = "arraybuffer";
  made.onopen = () => {
    // A node that started again counts from nothing, and numbers aircraft anew.
    liveNames.value = new Map();
    seenNumber = -1;
    // Its number for acts may be another one too.
    void trySession();
    if (looking) made.send(JSON.stringify(looking));
  };
  made.onmessage = (event) => take(event.data as string | ArrayBuffer);
  made.onclose = () => {
    if (socket !== made) return;
    socket = null;
    setTimeout(connect, 1000);
  };
  socket = made;
}

function take(data: string | ArrayBuffer): void {
  const atMs = performance.now();
  if (typeof data !== "string") {
    try {
      liveFrame.value = decodeFrame(data);
      frameHeardMs.value = atMs;
      frameFault.value = "";
    } catch (error) {
      frameFault.value = error instanceof Error ? error.message : String(error);
    }
    return;
  }
  const said = JSON.parse(data) as Beat | Names;
  if (said.kind === "names") {
    const next = new Map<number, Named>(liveNames.value);
    for (const [number, aircraft, party] of said.names) next.set(number, { aircraft, party });
    liveNames.value = next;
    return;
  }
  takeBeat(said, atMs);
  newestNumber = said.number;
  void view();
}

function look(): void {
  const silent = lookAtSilence(performance.now());
  // A connection that is open and says nothing is no connection.
  if (silent && socket?.readyState === WebSocket.OPEN) {
    linkFault.value = "";
  }
  void view();
}

async function view(): Promise<void> {
  const atMs = performance.now();
  if (asking || (newestNumber === seenNumber && atMs - askedAtMs < VIEW_AGAIN_MS)) return;
  const waitMs = pace.waitMs(atMs);
  if (waitMs > 0) {
    clearTimeout(later);
    later = setTimeout(() => void view(), waitMs);
    return;
  }
  asking = true;
  askedAtMs = atMs;
  const number = newestNumber;
  try {
    const given = AbortSignal.timeout(VIEW_WITHIN_MS);
    const next = await ask<ScreenView>("/api/screen", given);
    if (liveMap.value?.digest !== next.map_digest) {
      liveMap.value = await ask<MapView>("/api/map", given);
    }
    liveScreen.value = next;
    viewAskedMs.value = atMs;
    seenNumber = number;
    linkFault.value = "";
  } catch (error) {
    linkFault.value = error instanceof Error ? error.message : String(error);
  } finally {
    asking = false;
    pace.took(atMs, performance.now() - atMs);
    void view();
  }
}

export { SILENT_AFTER_MS };
