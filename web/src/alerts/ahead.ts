// Two aircraft flown on from the states of an alert, each straight on at constant speed: for plots.
//
// The same definition as the node's prediction, on the same ellipsoid: each on its WGS-84 geodesic
// (Vincenty's direct formula), the distance as an arc of the curvature between them, the altitude
// linear in time. Against pyproj the places are within 1 mm after 20 min and distances up to 150 km
// within 1 cm, up to 750 km within 20 m (ahead.test.ts). What is shown stays the node's number; the
// plot says so where the two differ by more than `AGREES_M` and `AGREES_SHARE`.

import type { AlertView, StateShown } from "../api/types";

const A_M = 6_378_137;
const FLATTENING = 1 / 298.257223563;
const B_M = A_M * (1 - FLATTENING);
const E2 = FLATTENING * (2 - FLATTENING);
const RADIANS = Math.PI / 180;
const US_PER_S = 1_000_000;

/** How far ahead of now the plots look. */
export const AHEAD_S = 1200;
/** The plot and the node agree within this, or within `AGREES_SHARE` of the distance. */
export const AGREES_M = 20;
export const AGREES_SHARE = 0.002;
/** Crossings are looked for from step to step, then halved to a millisecond. */
const STEP_S = 2;
const END_S = 0.001;
/** The widest horizontal distance that the node compares at all. */
const COMPARED_MAX_M = 277_800;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** A place at an instant; the altitude keeps the reference of its state. */
export interface PlaceThen {
  latDeg: number;
  lonDeg: number;
  altitudeM: number;
}

/** Inside what a pair is lost: minima in metres, and whether both distances must be kept. */
export interface Limits {
  horizontalM: number;
  verticalM: number;
  bothNeeded: boolean;
}

type Plane = Pick<Limits, "horizontalM" | "verticalM">;
export type Pair = readonly [StateShown, StateShown];

/** How a pair passes: when it is inside, and where it is nearest in that time. */
export interface Passing {
  lossUs: number | null;
  endUs: number | null;
  leastUs: number;
  leastM: number;
  /** Null where the two altitudes have two references: these are not compared. */
  verticalThenM: number | null;
}

/** Returns where an aircraft is at an instant if it flies straight on from its state. */
export function placeAt(state: StateShown, atUs: number): PlaceThen {
  const spanS = (atUs - state.at_us) / US_PER_S;
  const altitudeM = (state.altitude_mm + state.up_mmps * spanS) / 1000;
  const latDeg = state.lat_e9 / 1e9;
  const lonDeg = state.lon_e9 / 1e9;
  const alongM = (Math.hypot(state.east_mmps, state.north_mmps) / 1000) * spanS;
  if (alongM === 0) return { latDeg, lonDeg, altitudeM };
  const course = Math.atan2(state.east_mmps, state.north_mmps);
  return { ...along(latDeg, lonDeg, course, alongM), altitudeM };
}

/** Vincenty's direct formula on WGS-84; a negative distance goes backwards. */
function along(latDeg: number, lonDeg: number, course: number, alongM: number) {
  const sinCourse = Math.sin(course);
  const cosCourse = Math.cos(course);
  const tanU = (1 - FLATTENING) * Math.tan(latDeg * RADIANS);
  const cosU = 1 / Math.sqrt(1 + tanU * tanU);
  const sinU = tanU * cosU;
  const sigma1 = Math.atan2(tanU, cosCourse);
  const sinAlpha = cosU * sinCourse;
  const cos2Alpha = 1 - sinAlpha * sinAlpha;
  const u2 = (cos2Alpha * (A_M * A_M - B_M * B_M)) / (B_M * B_M);
  const a = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
  const b = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
  let sigma = alongM / (B_M * a);
  let mid = 0;
  for (let turn = 0; turn < 5; turn += 1) {
    mid = Math.cos(2 * sigma1 + sigma);
    const sin = Math.sin(sigma);
    const cos = Math.cos(sigma);
    const inner = cos * (2 * mid * mid - 1);
    const outer = (b / 6) * mid * (4 * sin * sin - 3) * (4 * mid * mid - 3);
    sigma = alongM / (B_M * a) + b * sin * (mid + (b / 4) * (inner - outer));
  }
  mid = Math.cos(2 * sigma1 + sigma);
  const sin = Math.sin(sigma);
  const cos = Math.cos(sigma);
  const beyond = sinU * sin - cosU * cos * cosCourse;
  const lat = Math.atan2(
    sinU * cos + cosU * sin * cosCourse,
    (1 - FLATTENING) * Math.hypot(sinAlpha, beyond),
  );
  const lambda = Math.atan2(sin * sinCourse, cosU * cos - sinU * sin * cosCourse);
  const c = (FLATTENING / 16) * cos2Alpha * (4 + FLATTENING * (4 - 3 * cos2Alpha));
  const turned = sigma + c * sin * (mid + c * cos * (2 * mid * mid - 1));
  const lon = lambda - (1 - c) * FLATTENING * sinAlpha * turned;
  return {
    latDeg: lat / RADIANS,
    lonDeg: ((((lonDeg + lon / RADIANS + 180) % 360) + 360) % 360) - 180,
  };
}

/** Returns the distance over the ellipsoid between two places, whatever their altitudes. */
export function groundDistanceM(one: PlaceThen, two: PlaceThen): number {
  const from = surface(one);
  const to = surface(two);
  const chord = [to[0] - from[0], to[1] - from[1], to[2] - from[2]] as const;
  const chordM = Math.hypot(...chord);
  if (chordM === 0) return 0;
  // The curvature midway, along the line between the two (Euler).
  const lat = Math.atan2(from[2] + to[2], (1 - E2) * Math.hypot(from[0] + to[0], from[1] + to[1]));
  const lon = Math.atan2(from[1] + to[1], from[0] + to[0]);
  const east = -Math.sin(lon) * chord[0] + Math.cos(lon) * chord[1];
  const sin2 = Math.sin(lat) ** 2;
  const primeM = A_M / Math.sqrt(1 - E2 * sin2);
  const meridianM = (primeM * (1 - E2)) / (1 - E2 * sin2);
  const eastShare = Math.min(1, (east / chordM) ** 2);
  const radiusM = 1 / (eastShare / primeM + (1 - eastShare) / meridianM);
  return 2 * radiusM * Math.asin(Math.min(1, chordM / (2 * radiusM)));
}

function surface(place: PlaceThen): readonly [number, number, number] {
  const lat = place.latDeg * RADIANS;
  const lon = place.lonDeg * RADIANS;
  const primeM = A_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  return [
    primeM * Math.cos(lat) * Math.cos(lon),
    primeM * Math.cos(lat) * Math.sin(lon),
    primeM * (1 - E2) * Math.sin(lat),
  ];
}

/** Whether two altitudes may be held against each other: none is turned into another here. */
export function sameReference(one: StateShown, two: StateShown): boolean {
  return one.altitude_reference === two.altitude_reference;
}

/** Returns the horizontal distance of two aircraft at an instant. */
export function apartM(one: StateShown, two: StateShown, atUs: number): number {
  return groundDistanceM(placeAt(one, atUs), placeAt(two, atUs));
}

/** Returns the difference of their altitudes at an instant; null: of two references. */
export function heightApartM(one: StateShown, two: StateShown, atUs: number): number | null {
  if (!sameReference(one, two)) return null;
  return Math.abs(placeAt(one, atUs).altitudeM - placeAt(two, atUs).altitudeM);
}

/** Returns the minima as the node looks by them: steps of levels taken off, formations around. */
export function limitsOf(alert: AlertView): Limits | null {
  if (alert.horizontal_mm === null || alert.vertical_mm === null) return null;
  const aroundMm = alert.states.reduce((sum, state) => sum + state.radius_mm, 0);
  return {
    horizontalM: (alert.horizontal_mm + aroundMm) / 1000,
    verticalM: (alert.vertical_mm - alert.quantisation_mm) / 1000,
    bothNeeded: alert.both_needed,
  };
}

/** Returns the two aircraft of an alert, where it is about two that fly. */
export function pairOf(alert: AlertView): Pair | null {
  const [one, two] = alert.states;
  return alert.what === "separation" && one && two ? [one, two] : null;
}

/**
 * Returns how two aircraft pass between two instants; the nearest of all where none is lost.
 *
 * Where both distances must be kept, either alone is a loss: the sooner one is told.
 */
export function passing(pair: Pair, limits: Limits, fromUs: number, toUs: number): Passing {
  const planes: readonly Plane[] = limits.bothNeeded
    ? [
        { horizontalM: limits.horizontalM, verticalM: Number.POSITIVE_INFINITY },
        { horizontalM: COMPARED_MAX_M, verticalM: limits.verticalM },
      ]
    : [limits];
  const found = planes.map((plane) => passingOf(pair, plane, fromUs, toUs));
  return found.reduce((best, each) =>
    (each.lossUs ?? Number.POSITIVE_INFINITY) < (best.lossUs ?? Number.POSITIVE_INFINITY)
      ? each
      : best,
  );
}

function passingOf(pair: Pair, plane: Plane, fromUs: number, toUs: number): Passing {
  const [one, two] = pair;
  const at = (s: number): number => fromUs + s * US_PER_S;
  const spanS = (toUs - fromUs) / US_PER_S;
  const over = (s: number): number => overM(pair, plane, at(s));
  const steps = Math.max(1, Math.ceil(spanS / STEP_S));
  let lossS: number | null = null;
  let endS: number | null = null;
  for (let step = 0; step <= steps; step += 1) {
    const s = Math.min(step * STEP_S, spanS);
    const inside = over(s) < 0;
    if (inside && lossS === null) {
      lossS = step === 0 ? 0 : crossing(over, s, Math.max(0, s - STEP_S));
    } else if (!inside && lossS !== null) {
      endS = crossing(over, Math.max(0, s - STEP_S), s);
      break;
    }
  }
  const least = leastOf(
    (s) => apartM(one, two, at(s)),
    lossS ?? 0,
    lossS === null ? spanS : (endS ?? spanS),
  );
  return {
    lossUs: lossS === null ? null : at(lossS),
    endUs: endS === null ? null : at(endS),
    leastUs: at(least.atS),
    leastM: least.value,
    verticalThenM: heightApartM(one, two, at(least.atS)),
  };
}

/** By how much a pair is outside both distances; below 0 it is inside. Heights unknown: outside. */
function overM(pair: Pair, plane: Plane, atUs: number): number {
  const across = apartM(pair[0], pair[1], atUs) - plane.horizontalM;
  if (plane.verticalM === Number.POSITIVE_INFINITY) return across;
  const up = heightApartM(pair[0], pair[1], atUs);
  return up === null ? Number.POSITIVE_INFINITY : Math.max(across, up - plane.verticalM);
}

function crossing(over: (s: number) => number, insideS: number, outsideS: number): number {
  let inside = insideS;
  let outside = outsideS;
  while (Math.abs(outside - inside) > END_S) {
    const middle = (inside + outside) / 2;
    if (over(middle) < 0) inside = middle;
    else outside = middle;
  }
  return inside;
}

/** Returns the least of a function with one lowest point, and where; ends included. */
function leastOf(of: (s: number) => number, fromS: number, toS: number) {
  let low = fromS;
  let high = toS;
  while (high - low > END_S) {
    const one = high - GOLDEN * (high - low);
    const two = low + GOLDEN * (high - low);
    if (of(one) < of(two)) high = two;
    else low = one;
  }
  const found = [fromS, toS, (low + high) / 2].map((s) => ({ atS: s, value: of(s) }));
  return found.reduce((best, each) => (each.value < best.value ? each : best));
}

/**
 * Whether the plot shows what the node says: as near, and at the node's own instant too.
 *
 * Null: the node's numbers are not there to be held against.
 */
export function agrees(alert: AlertView, found: Passing): boolean | null {
  const pair = pairOf(alert);
  if (!pair || alert.least_horizontal_mm === null || alert.least_us === null) return null;
  const saidM = alert.least_horizontal_mm / 1000;
  const withinM = Math.max(AGREES_M, AGREES_SHARE * saidM);
  const thenM = apartM(pair[0], pair[1], alert.least_us);
  return Math.abs(found.leastM - saidM) <= withinM && Math.abs(thenM - saidM) <= withinM;
}
