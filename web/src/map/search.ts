// Finding something by its name: aircraft, zones, boundaries, places, intents.
import type { MapView } from "../api/types";
import type { Named, Selection } from "../shell/state";
import type { LonLat } from "./geodesy";
import { boundsOf } from "./rings";

export type FoundKind = "aircraft" | "zone" | "boundary" | "place" | "intent";

/** One thing found, and what to do with it. */
export interface Found {
  key: string;
  kind: FoundKind;
  name: string;
  /** Whose it is, where that says more than the name. */
  of: string;
  selection: Selection;
  /** Where it is; null for an aircraft, which the newest frame knows. */
  at: LonLat | null;
}

export const FOUND_MAX = 12;

/** Returns the folded form in which names are compared. */
export function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase("en").trim();
}

/** Returns what a text finds: names that begin with it first, then those that hold it. */
export function search(
  text: string,
  view: MapView | null,
  names: ReadonlyMap<number, Named>,
  isThere: (number: number) => boolean,
): Found[] {
  const wanted = folded(text);
  if (wanted === "") return [];
  const found: { rank: number; each: Found }[] = [];
  const look = (words: readonly string[], make: () => Found): void => {
    const rank = Math.min(...words.map((word) => rankOf(folded(word), wanted)));
    if (rank < 3) found.push({ rank, each: make() });
  };
  const seen = new Set<string>();
  for (const [number, { aircraft, party }] of names) {
    if (seen.has(aircraft) || !folded(aircraft).includes(wanted) || !isThere(number)) continue;
    seen.add(aircraft);
    look([aircraft], () => ({
      key: `aircraft ${number}`,
      kind: "aircraft",
      name: aircraft,
      of: party ?? "",
      selection: { kind: "aircraft", aircraft },
      at: null,
    }));
  }
  if (view !== null) lookAtStill(view, look);
  found.sort((one, two) => one.rank - two.rank || one.each.name.localeCompare(two.each.name));
  return found.slice(0, FOUND_MAX).map(({ each }) => each);
}

function rankOf(word: string, wanted: string): number {
  if (word === wanted) return 0;
  if (word.startsWith(wanted)) return 1;
  return word.includes(wanted) ? 2 : 3;
}

function lookAtStill(
  view: MapView,
  look: (words: readonly string[], make: () => Found) => void,
): void {
  for (const { zone, agreement, name, shape } of view.zones) {
    look([name, zone], () => ({
      key: `zone ${agreement} ${zone}`,
      kind: "zone",
      name: name || zone,
      of: agreement,
      selection: { kind: "zone", agreement, zone },
      at: middleOf(shape.rings[0] ?? []),
    }));
  }
  for (const { boundary, agreement, name, line } of view.boundaries) {
    look([name, boundary], () => ({
      key: `boundary ${agreement} ${boundary}`,
      kind: "boundary",
      name: name || boundary,
      of: agreement,
      selection: { kind: "boundary", agreement, boundary },
      at: middleOf(line),
    }));
  }
  for (const { intent, agreement, party, flight, volumes } of view.intents) {
    look([flight, intent], () => ({
      key: `intent ${agreement} ${party} ${intent}`,
      kind: "intent",
      name: flight || intent,
      of: party,
      selection: { kind: "intent", agreement, party, intent },
      at: middleOf(volumes.flatMap((volume) => volume.shape.rings[0] ?? [])),
    }));
  }
  for (const place of view.places) {
    look([place.name, place.place, ...place.aliases], () => ({
      key: `place ${place.agreement} ${place.place}`,
      kind: "place",
      name: place.name,
      of: place.agreement,
      selection: null,
      at: { lonDeg: place.lon_deg, latDeg: place.lat_deg },
    }));
  }
}

function middleOf(points: readonly [number, number][]): LonLat | null {
  const box = boundsOf(points);
  return box === null
    ? null
    : { lonDeg: (box.west + box.east) / 2, latDeg: (box.south + box.north) / 2 };
}
