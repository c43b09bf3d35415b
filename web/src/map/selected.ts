// What a selection means on the map: which aircraft are marked, and where it lies.
import type { AlertView, MapView } from "../api/types";
import type { Selection } from "../shell/state";
import type { Encounter } from "./encounters";
import type { LonLat } from "./geodesy";

/** Returns the aircraft that a selection marks. */
export function selectedAircraft(
  chosen: Selection,
  alerts: readonly AlertView[],
): ReadonlySet<string> {
  if (chosen?.kind === "aircraft") return new Set([chosen.aircraft]);
  if (chosen?.kind !== "alert") return new Set();
  const found = alerts.find(({ key }) => key[0] === chosen.log && key[1] === chosen.index);
  return new Set(found?.aircraft ?? []);
}

/** Returns the points that a selection spans; none for what is not on the map. */
export function selectedPoints(
  chosen: Exclude<Selection, null>,
  view: MapView | null,
  encounters: readonly Encounter[],
  placeOf: (aircraft: string) => LonLat | null,
): (readonly [number, number])[] {
  if (chosen.kind === "alert") {
    const found = encounters.find(({ log, index }) => log === chosen.log && index === chosen.index);
    if (found === undefined) return [];
    const there = found.aircraft.flatMap((aircraft) => placeOf(aircraft) ?? []);
    return [...there, ...found.at].map(({ lonDeg, latDeg }) => [lonDeg, latDeg] as const);
  }
  if (chosen.kind === "zone") {
    const found = view?.zones.find(
      (z) => z.zone === chosen.zone && z.agreement === chosen.agreement,
    );
    return found?.shape.rings[0] ?? [];
  }
  if (chosen.kind === "boundary") {
    const found = view?.boundaries.find(
      (b) => b.boundary === chosen.boundary && b.agreement === chosen.agreement,
    );
    return found?.line ?? [];
  }
  if (chosen.kind !== "intent") return [];
  const found = view?.intents.find(
    (i) =>
      i.intent === chosen.intent && i.party === chosen.party && i.agreement === chosen.agreement,
  );
  return found?.volumes.flatMap((volume) => volume.shape.rings[0] ?? []) ?? [];
}
