// What happened in the slider's window, asked for anew when the window moves and now and then.
import { effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import type { TimelineView } from "../api/types";
import { nowUs } from "../look/tick";
import { cursorUs, mode } from "../shell/state";
import { HOUR_US, WIDEST_US, type Window, windowFor } from "./slider";

const AGAIN_MS = 5_000;
const SETTLE_MS = 200;

/** The newest reply; of its own window, which may not be the one shown. */
export const timeline = signal<TimelineView | null>(null);
/** Why it could not be had; "" while it could. */
export const timelineFault = signal("");
/** When the first entry held here was written; null: not known, or none is. */
export const firstUs = signal<number | null>(null);
/** How much time the slider shows; 0: all there is. */
export const widthUs = signal(HOUR_US);
/** What the slider shows. */
export const shownWindow = signal<Window>({ fromUs: 0, toUs: HOUR_US });

let asking: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Keeps window and ticks up to date until the returned function is called. */
export function startTimeline(): () => void {
  const ends = [effect(followWindow), effect(askAnew)];
  const again = setInterval(load, AGAIN_MS);
  return () => {
    for (const end of ends) end();
    clearInterval(again);
    clearTimeout(timer);
    asking?.abort();
  };
}

/** Lets the window begin anew where its mode has it: a mode was chosen, nothing was drawn there. */
export function showAnew(): void {
  shownWindow.value = { fromUs: 0, toUs: HOUR_US };
}

/** Returns the width that is shown where all is wanted. */
export function wholeWidthUs(nowAtUs: number, first: number | null): number {
  const sinceUs = first === null ? HOUR_US : Math.max(HOUR_US, nowAtUs - first);
  return Math.min(WIDEST_US, Math.ceil((sinceUs * 1.2) / HOUR_US) * HOUR_US);
}

function followWindow(): void {
  const atUs = nowUs.value;
  if (atUs === 0) return;
  const wide = widthUs.value === 0 ? wholeWidthUs(atUs, firstUs.value) : widthUs.value;
  const before = shownWindow.peek();
  const next = windowFor(
    mode.value,
    atUs,
    cursorUs.value,
    wide,
    before.fromUs === 0 ? null : before,
  );
  if (next.fromUs !== before.fromUs || next.toUs !== before.toUs) shownWindow.value = next;
}

function askAnew(): void {
  const { fromUs } = shownWindow.value;
  if (fromUs === 0) return;
  clearTimeout(timer);
  timer = setTimeout(load, SETTLE_MS);
}

async function load(): Promise<void> {
  const { fromUs, toUs } = shownWindow.peek();
  if (fromUs === 0) return;
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  try {
    const path = `/api/timeline?from_us=${fromUs}&to_us=${toUs}`;
    const next = await ask<TimelineView>(path, mine.signal);
    timeline.value = next;
    firstUs.value = next.first_us;
    timelineFault.value = "";
  } catch (error) {
    if (mine.signal.aborted) return;
    timelineFault.value = error instanceof Error ? error.message : String(error);
  }
}
