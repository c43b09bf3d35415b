import { describe, expect, it } from "vitest";
import {
  AGREES_M,
  AHEAD_S,
  agrees,
  apartM,
  groundDistanceM,
  heightApartM,
  limitsOf,
  type PlaceThen,
  pairOf,
  passing,
  placeAt,
} from "./ahead";
import { alertLike, stateLike } from "./sample";

const S = 1_000_000;

function place(latDeg: number, lonDeg: number): PlaceThen {
  return { latDeg, lonDeg, altitudeM: 0 };
}

/** Returns how a conflict passes by its own states and minima. */
function passes(alert = alertLike()) {
  const pair = pairOf(alert);
  const limits = limitsOf(alert);
  if (pair === null || limits === null) throw new Error("no pair");
  return passing(pair, limits, pair[0].at_us, pair[0].at_us + AHEAD_S * S);
}

describe("two flown straight on", () => {
  // From pyproj.Geod(ellps="WGS84").fwd with the azimuth and the distance of each.
  it.each([
    [35.05, 38.0, 210231, -136, 1200, 35.0170268603, 40.7644517417],
    [-16.9, 179.95, 180000, -140000, 900, -18.0326700851, -178.5201276089],
    [71.2, -20.0, -90000, 230000, 1200, 73.6457081516, -23.4357307417],
    [0, 0, 0, 0, 60, 0, 0],
  ])("are where pyproj has them: %d %d", (lat, lon, east, north, spanS, wantLat, wantLon) => {
    const state = stateLike({
      lat_e9: Math.round(lat * 1e9),
      lon_e9: Math.round(lon * 1e9),
      east_mmps: east,
      north_mmps: north,
    });
    const there = placeAt(state, state.at_us + spanS * S);
    // 1e-8 degrees is a millimetre.
    expect(there.latDeg).toBeCloseTo(wantLat, 8);
    expect(there.lonDeg).toBeCloseTo(wantLon, 8);
  });

  // From pyproj.Geod(ellps="WGS84").inv.
  it.each([
    [35.05, 38.0, 35.06, 39.62, 147790.3513, 0.01],
    [35.0, 39.0, 35.01, 39.001, 1113.1557, 0.001],
    [-16.9, 179.95, -17.2, -179.6, 58286.1041, 0.01],
    [71.2, -20.0, 74.9, -9.0, 544869.6929, 20],
    [34.0, 38.0, 40.0, 42.0, 754861.8957, 20],
  ])("are as far apart as pyproj has it: %d %d, %d %d", (a, b, c, d, want, within) => {
    expect(Math.abs(groundDistanceM(place(a, b), place(c, d)) - want)).toBeLessThan(within);
  });

  it("climb and descend from their own altitude", () => {
    const state = stateLike({ altitude_mm: 6_000_000, up_mmps: -5_000 });
    expect(placeAt(state, state.at_us + 60 * S).altitudeM).toBeCloseTo(5_700, 6);
  });
});

describe("how a pair passes", () => {
  it("is what the node itself found, to its own numbers", () => {
    const alert = alertLike();
    const found = passes(alert);
    expect(Math.abs(found.leastM * 1000 - 1115022)).toBeLessThan(100);
    expect(Math.abs(found.leastUs - 1796091689317526)).toBeLessThan(0.05 * S);
    expect(Math.abs((found.lossUs ?? 0) - 1796091676056540)).toBeLessThan(0.05 * S);
    expect(Math.abs((found.endUs ?? 0) - 1796091702578512)).toBeLessThan(0.05 * S);
    expect(found.verticalThenM).toBeCloseTo(60.96, 2);
    expect(agrees(alert, found)).toBe(true);
  });

  it("does not agree with a number that is another, and says so", () => {
    const alert = alertLike({ least_horizontal_mm: 1115022 + (AGREES_M + 5) * 1000 });
    expect(agrees(alert, passes(alert))).toBe(false);
    expect(agrees(alertLike({ least_us: null }), passes())).toBeNull();
    // As near, but at another time: the plot would mark another instant than the row says.
    const later = alertLike({ least_us: 1796091689317526 + 20 * S });
    expect(agrees(later, passes(later))).toBe(false);
  });

  it("compares no altitudes of two references", () => {
    const [one, two] = pairOf(alertLike()) ?? [];
    if (!one || !two) throw new Error("no pair");
    const amsl = { ...two, altitude_reference: "AMSL" };
    expect(heightApartM(one, amsl, one.at_us)).toBeNull();
    const alert = alertLike({ states: [one, amsl] });
    const found = passes(alert);
    expect(found.lossUs).toBeNull();
    expect(found.verticalThenM).toBeNull();
    expect(found.leastM).toBeLessThan(1200);
  });

  it("is lost only while both minima are, where one of them is enough to be apart", () => {
    const [one, two] = pairOf(alertLike()) ?? [];
    if (!one || !two) throw new Error("no pair");
    const above = { ...two, altitude_mm: one.altitude_mm + 2_000_000 };
    expect(passes(alertLike({ states: [one, above] })).lossUs).toBeNull();
  });

  it("is lost as soon as either is, where both must be kept", () => {
    const [one, two] = pairOf(alertLike()) ?? [];
    if (!one || !two) throw new Error("no pair");
    const above = { ...two, altitude_mm: one.altitude_mm + 2_000_000 };
    const found = passes(alertLike({ states: [one, above], both_needed: true }));
    expect(Math.abs((found.lossUs ?? 0) - 1796091676056540)).toBeLessThan(0.1 * S);
    const level = passes(alertLike({ both_needed: true }));
    expect(level.lossUs).toBe(one.at_us);
  });

  it("is nearest at the end of the time shown while they close beyond it", () => {
    const pair = pairOf(alertLike());
    const limits = limitsOf(alertLike());
    if (!pair || !limits) throw new Error("no pair");
    const toUs = pair[0].at_us + 30 * S;
    const found = passing(pair, limits, pair[0].at_us, toUs);
    expect(found.lossUs).toBeNull();
    expect(found.leastUs).toBe(toUs);
    expect(found.leastM).toBe(apartM(pair[0], pair[1], toUs));
  });
});
