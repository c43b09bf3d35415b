// What is known here that a field may name: an object is named, never retyped.
import type { MapView, ScreenView } from "../api/types";
import { NORMS } from "../terms/norms";
import { POSITION_FIELDS } from "./draft";

/** What the map may be asked for on behalf of a field. */
export type Pickable = "position" | "zone" | "boundary" | "aircraft";

const ZONE_FIELDS = ["zone", "area", "corridor", "ring"];
const FLIGHT_FIELDS = ["flight", "track"];
const PLACE_FIELDS = ["place", "named_place"];
const WORDS: Record<string, readonly string[]> = {
  activity: ["hot", "cold", "unknown"],
  value: ["in force", "suspended", "withdrawn"],
  promulgation: ["draft", "requested", "issued", "in force", "ended"],
};

/** Returns the code words that a field may have; none for most. */
export function wordsOf(field: string): readonly string[] {
  if (field === "subject") return NORMS.subject.map((each) => each.code);
  return WORDS[field] ?? [];
}

/** Returns what the map can be asked for where a field names such a thing. */
export function pickable(field: string): Pickable | null {
  if (POSITION_FIELDS.includes(field)) return "position";
  if (ZONE_FIELDS.includes(field)) return "zone";
  if (field === "boundary") return "boundary";
  return FLIGHT_FIELDS.includes(field) ? "aircraft" : null;
}

/** Returns the names that are known here for a field, sorted, each once. */
export function namesFor(
  field: string,
  view: ScreenView | null,
  map: MapView | null,
  aircraft: readonly string[],
): string[] {
  const found = (): string[] => {
    if (ZONE_FIELDS.includes(field)) return view?.zones.map((each) => each.view.zone) ?? [];
    if (field === "boundary") return view?.boundaries.map((each) => each.boundary) ?? [];
    if (PLACE_FIELDS.includes(field)) return map?.places.map((each) => each.name) ?? [];
    if (field === "intent") return view?.intents.intents.map((each) => each.intent) ?? [];
    if (!FLIGHT_FIELDS.includes(field)) return [];
    return [...aircraft, ...(view?.intents.intents.map((each) => each.flight) ?? [])];
  };
  return [...new Set(found())].filter((name) => name !== "").sort();
}

/** Returns a position as the node reads it: "latitude,longitude" in degrees. */
export function positionText(latDeg: number, lonDeg: number): string {
  return `${latDeg.toFixed(5)},${lonDeg.toFixed(5)}`;
}
