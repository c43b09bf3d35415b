// What the whole screen shares: signals, written by few and read by all.
//
// `live/link.ts` writes screen, map, session, frame and names; `time/` writes mode and cursor and, in
// REPLAY, the past ones; everybody may select. Rooms keep what is theirs to themselves.
import { computed, signal } from "@preact/signals";
import type { MapView, ScreenView, SessionView } from "../api/types";
import { emptyFrame, type TrackFrame } from "../live/frames";

export type Mode = "LIVE" | "REPLAY" | "PLAN";
export type Units = "aviation" | "metric";
export type Theme = "dark" | "light" | "system";

/** An aircraft as its feed names it. */
export interface Named {
  aircraft: string;
  party: string | null;
}

/** What is selected: one thing at a time, and it survives a change of mode. */
export type Selection =
  | { kind: "aircraft"; aircraft: string }
  | { kind: "alert"; log: string; index: number }
  | { kind: "zone"; agreement: string; zone: string }
  | { kind: "boundary"; agreement: string; boundary: string }
  | { kind: "intent"; agreement: string; party: string; intent: string }
  | { kind: "message"; log: string; index: number }
  | { kind: "line"; agreement: string; line: string }
  | null;

export const session = signal<SessionView | null>(null);
/** The newest whole view of the node, live. */
export const liveScreen = signal<ScreenView | null>(null);
export const liveMap = signal<MapView | null>(null);
export const liveFrame = signal<TrackFrame>(emptyFrame());
/** Aircraft by their number in live frames: numbers of this run of the node. */
export const liveNames = signal<ReadonlyMap<number, Named>>(new Map());

export const mode = signal<Mode>("LIVE");
/** The instant that the slider stands at; in LIVE it is the node's own time. */
export const cursorUs = signal(0);
/** What the slider's instant shows in REPLAY; null while it is being asked for. */
export const pastScreen = signal<ScreenView | null>(null);
export const pastMap = signal<MapView | null>(null);
export const pastFrame = signal<TrackFrame | null>(null);
/** Aircraft by their number in recorded frames, which are of another run. */
export const pastNames = signal<ReadonlyMap<number, Named>>(new Map());

/** What is drawn: of now, or of the slider's instant. */
export const screen = computed(() =>
  mode.value === "REPLAY" ? pastScreen.value : liveScreen.value,
);
export const map = computed(() => (mode.value === "REPLAY" ? pastMap.value : liveMap.value));
export const frame = computed(() =>
  mode.value === "REPLAY" ? (pastFrame.value ?? emptyFrame(cursorUs.value)) : liveFrame.value,
);

/** Aircraft by their number in the frame that is drawn. */
export const names = computed(() => (mode.value === "REPLAY" ? pastNames.value : liveNames.value));

export const selection = signal<Selection>(null);
export const units = signal<Units>("aviation");
export const theme = signal<Theme>("system");
/** Whether single keys act at all (WCAG 2.1.4: they can be turned off). */
export const keysOn = signal(true);
/** Minutes that speed vectors look ahead: 1, 2, 4 or 0 for none. */
export const vectorMin = signal<0 | 1 | 2 | 4>(1);

/** Whether this session may act; an observer may only look. */
export const mayAct = computed(() => session.value?.form_number != null);
/** Acts are for now: in REPLAY and PLAN nothing is answered or said. */
export const actsNow = computed(() => mayAct.value && mode.value !== "REPLAY");
