// What the parts of the map share among themselves.
import { computed, signal } from "@preact/signals";
import { beatUs } from "../live/clock";
import { cursorUs, map, mode, screen } from "../shell/state";
import type { Labelling } from "./blocks";
import type { LonLat } from "./geodesy";

/** What the status line says of the newest picture. */
export interface Tally {
  known: number;
  inView: number;
  coasting: number;
  stale: number;
  flagged: number;
  one: number;
  leftOut: number;
  beyondEdge: number;
  withoutBlock: number;
  /** Whether any picture came at all. */
  came: boolean;
}

export const NO_TALLY: Tally = {
  known: 0, inView: 0, coasting: 0, stale: 0, flagged: 0, one: 0,
  leftOut: 0, beyondEdge: 0, withoutBlock: 0, came: false,
}; // biome-ignore format: one row
export const tally = signal<Tally>(NO_TALLY);
export const labelling = signal<Labelling>("all");
/** The aircraft that stays in the middle; null: none. */
export const following = signal<string | null>(null);
export const trailsOn = signal(true);
/** Places measured from and to; null: nothing is being measured. */
export const measured = signal<readonly LonLat[] | null>(null);
export const graphics = signal<"fine" | "none" | "lost">("fine");
/** Beats come, but no track frame has for three seconds. */
export const isFrameLate = signal(false);
/** The time of the newest frame drawn. */
export const frameUs = signal(0);
/** A word about the last key, gone with the next. */
export const hint = signal("");

/** The instant that zones and intents are drawn at. */
export const stillUs = computed(() => (mode.value === "LIVE" ? beatUs.value : cursorUs.value));

/** Changes whenever an intent's window begins or ends at the instant drawn, and only then. */
export const activity = computed(() => {
  const [view, atUs] = [map.value, stillUs.value];
  let mix = 0;
  for (const intent of view?.intents ?? []) {
    for (const { from_us: from, to_us: to } of intent.volumes) {
      const active = (from === null || from <= atUs) && (to === null || atUs < to);
      mix = (Math.imul(mix, 31) + (active ? 7 : 3)) | 0;
    }
  }
  return mix;
});

/** Whose node this is. */
export const ownParty = computed(() => screen.value?.party ?? "");
