// Where the two are reported to be now: beside a prediction from states that may be minutes old.
import type { StateShown } from "../api/types";
import { REFERENCES, type TrackFrame } from "../live/frames";
import type { Named } from "../shell/state";
import { type Pair, type PlaceThen, placeAt } from "./ahead";

const WATCHED = 0;

/** A report of an aircraft as the newest frame has it. */
export interface Reported extends PlaceThen {
  atUs: number;
  reference: string;
}

/** Returns where an aircraft is reported to be; null: it is not, or it is coasting or doubted. */
export function reportedOf(
  aircraft: string,
  frame: TrackFrame,
  names: ReadonlyMap<number, Named>,
): Reported | null {
  for (let row = 0; row < frame.count; row += 1) {
    const number = frame.number[row];
    if (number === undefined || names.get(number)?.aircraft !== aircraft) continue;
    if (frame.status[row] !== WATCHED) return null;
    const reference = REFERENCES[frame.reference[row] ?? -1];
    if (reference === undefined) return null;
    return {
      latDeg: (frame.latE7[row] ?? 0) / 1e7,
      lonDeg: (frame.lonE7[row] ?? 0) / 1e7,
      altitudeM: (frame.altitudeDm[row] ?? 0) / 10,
      atUs: frame.nowUs - (frame.ageDs[row] ?? 0) * 100_000,
      reference,
    };
  }
  return null;
}

/** Returns both of a pair as reported now. */
export function reportedPair(
  pair: Pair,
  frame: TrackFrame,
  names: ReadonlyMap<number, Named>,
): readonly [Reported | null, Reported | null] {
  return [reportedOf(pair[0].aircraft, frame, names), reportedOf(pair[1].aircraft, frame, names)];
}

/** Returns a report brought to an instant by the motion of the alert's own state: a few seconds. */
export function broughtTo(report: Reported, state: StateShown, atUs: number): PlaceThen {
  const from = {
    ...state,
    at_us: report.atUs,
    lat_e9: report.latDeg * 1e9,
    lon_e9: report.lonDeg * 1e9,
    altitude_mm: report.altitudeM * 1000,
  };
  return placeAt(from, atUs);
}
