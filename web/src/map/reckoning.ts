// Where an aircraft is drawn: predicted straight on from its last report, and how long at most.
//
// The shader has the same rule (shaders.ts); a test holds the two numbers to each other.
import { NO_COURSE, type TrackFrame } from "../live/frames";
import { fixedX, fixedY, LAT_DEG_MAX, unitsPerMetre } from "./fixed";

/** Without a report for so long the node calls a track stale and predicts it no more. */
export const RECKONED_S_MAX = 60;
/** After a frame nothing is moved on for longer than until the node counts as silent. */
export const AFTER_FRAME_S_MAX = 3;
export const WATCHED = 0;
export const COASTING = 1;

/** Says whether a track of a frame is predicted: watched or coasting, with a known motion. */
export function isReckoned(frame: TrackFrame, index: number): boolean {
  const status = frame.status[index];
  return (status === WATCHED || status === COASTING) && frame.courseCdeg[index] !== NO_COURSE;
}

/** Returns for how many seconds a track is predicted on, of those since its report. */
export function reckonedS(frame: TrackFrame, index: number, afterFrameS: number): number {
  if (!isReckoned(frame, index)) return 0;
  return Math.min((frame.ageDs[index] ?? 0) / 10 + afterFrameS, RECKONED_S_MAX);
}

let placesFor: TrackFrame | null = null;
let places = new Int32Array(0);

/**
 * Returns the fixed places of a frame's reports, x and y by turns; made once for the newest frame.
 *
 * The array is the next frame's too: nobody keeps it.
 */
export function fixedPlaces(frame: TrackFrame): Int32Array {
  if (placesFor === frame) return places;
  const { count, latE7, lonE7 } = frame;
  if (places.length < 2 * count) places = new Int32Array(2 * Math.ceil(count * 1.25));
  for (let index = 0; index < count; index += 1) {
    places[2 * index] = fixedX(lonE7[index] ?? 0);
    places[2 * index + 1] = fixedY(latE7[index] ?? 0);
  }
  placesFor = frame;
  return places;
}

/** Returns the fixed place at which a track is drawn. */
export function drawnAt(frame: TrackFrame, index: number, afterFrameS: number): [number, number] {
  const places = fixedPlaces(frame);
  const [x, y] = [places[2 * index] ?? 0, places[2 * index + 1] ?? 0];
  const seconds = reckonedS(frame, index, afterFrameS);
  if (seconds === 0) return [x, y];
  return moved(frame, index, x, y, seconds);
}

function moved(
  frame: TrackFrame,
  index: number,
  x: number,
  y: number,
  seconds: number,
): [number, number] {
  const course = ((frame.courseCdeg[index] ?? 0) * Math.PI) / 18_000;
  const units = ((frame.speedDmps[index] ?? 0) / 10) * seconds * unitsPerMetre(y);
  return [(x + Math.sin(course) * units) | 0, Math.round(y - Math.cos(course) * units)];
}

/** Says whether the map has a place for it at all: not nearer to a pole than the map goes. */
export function isOnMap(latE7: number): boolean {
  return Math.abs(latE7) <= LAT_DEG_MAX * 1e7;
}

/**
 * Returns how long to wait before the next step of moving on, in milliseconds; null: not worth it.
 *
 * A step is half a pixel of the fastest aircraft, at most 20 a second, and none where the next frame
 * comes sooner anyway.
 */
export function stepMs(metresPerPx: number, fastestMps: number): number | null {
  if (fastestMps <= 0) return null;
  const ms = (0.5 * metresPerPx * 1000) / fastestMps;
  return ms > 700 ? null : Math.max(50, ms);
}
