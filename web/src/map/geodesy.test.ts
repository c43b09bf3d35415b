import { expect, test } from "vitest";
import { haversine, nearLon, placeAt, wayBetween } from "./geodesy";

// Made with GeographicLib (pyproj.Geod, WGS84): longitude and latitude twice, metres, bearing.
const KNOWN = [
  [38.0, 35.05, 39.62, 35.06, 147790.351, 89.10467],
  [179.5, -18.2, -179.7, -17.6, 107685.156, 52.04944],
  [0.0, 89.0, 180.0, 88.0, 335080.907, 0.0],
  [-0.4543, 51.47, 151.177, -33.946, 17015593.804, 60.12738],
] as const;

test.each(KNOWN)("a way from %f %f to %f %f", (lon1, lat1, lon2, lat2, metres, bearing) => {
  const from = { lonDeg: lon1, latDeg: lat1 };
  const way = wayBetween(from, { lonDeg: lon2, latDeg: lat2 });
  expect(way.method).toBe("Vincenty");
  expect(way.metres).toBeCloseTo(metres, 2);
  expect(way.bearingDeg).toBeCloseTo(bearing, 4);
});

test("the direct and the inverse problem undo each other, also over the antimeridian", () => {
  for (const [lon1, lat1, , , metres] of KNOWN) {
    const from = { lonDeg: lon1, latDeg: lat1 };
    for (const bearing of [0, 37, 90, 181.5, 300]) {
      const there = placeAt(from, bearing, metres / 3);
      const back = wayBetween(from, there);
      expect(back.metres).toBeCloseTo(metres / 3, 3);
      expect(Math.abs(nearLon(back.bearingDeg - bearing, 0))).toBeLessThan(1e-6);
    }
  }
});

test("two nearly opposite places, where Vincenty does not converge, say so", () => {
  const way = wayBetween({ lonDeg: 0, latDeg: 0 }, { lonDeg: 179.7, latDeg: 0.2 });
  expect(way.method).toBe("haversine");
  expect(way.metres).toBeGreaterThan(19_900_000);
});

test("haversine is within 0.6 % of the ellipsoid", () => {
  const [from, to] = [
    { lonDeg: 38, latDeg: 35.05 },
    { lonDeg: 39.62, latDeg: 35.06 },
  ];
  const share = haversine(from, to).metres / wayBetween(from, to).metres;
  expect(Math.abs(share - 1)).toBeLessThan(0.006);
});
