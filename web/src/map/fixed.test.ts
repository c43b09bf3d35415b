import { expect, test } from "vitest";
import { decodeFrame, emptyFrame, HEADER_BYTES, NO_COURSE, TRACK_BYTES } from "../live/frames";
import {
  AROUND,
  degreesOf,
  degreesOnScreen,
  exactX,
  exactY,
  fixedX,
  fixedY,
  LAT_DEG_MAX,
  onScreen,
  screenToDegrees,
  viewOf,
} from "./fixed";
import { wayBetween } from "./geodesy";
import { drawnAt, isOnMap, RECKONED_S_MAX, reckonedS, stepMs } from "./reckoning";
import { SYMBOL_VERTEX } from "./shaders";

test("a fixed place is within a hundredth of a second of the place that it was made of", () => {
  for (const [lat, lon] of [
    [35.05, 38.0],
    [-18.2, 179.9999999],
    [84.9, -179.9999999],
    [0, 0],
  ] as const) {
    const back = degreesOf(fixedX(Math.round(lon * 1e7)), fixedY(Math.round(lat * 1e7)));
    expect(back.lonDeg).toBeCloseTo(lon, 6);
    expect(back.latDeg).toBeCloseTo(lat, 6);
  }
});

test("at zoom 18 a step of 1e-7 degrees moves nothing by more than its own size: no jitter", () => {
  // As the shader does it: whole numbers are subtracted, only the difference is a float.
  const view = viewOf(38.123456789, 35.987654321, 18, 1000, 640);
  let before: number | null = null;
  for (let step = 0; step < 50; step += 1) {
    const x = fixedX(Math.round(38.1234 * 1e7) + step);
    const units = Math.fround(((x - view.x) | 0) - view.restX);
    const px = Math.fround(units * Math.fround(view.pxPerUnit));
    if (before !== null) {
      const own = (exactX(1e-7) * view.pxPerUnit) as number;
      expect(Math.abs(px - before - own)).toBeLessThan(0.05);
    }
    before = px;
  }
});

test("what float32 degrees would do there is seen by the same measure", () => {
  const perDegree = (AROUND / 360) * viewOf(0, 0, 18, 1, 1).pxPerUnit;
  const jumps = Math.abs(Math.fround(38.1234001) - 38.1234001) * perDegree;
  expect(jumps).toBeGreaterThan(0.5);
});

test("over the antimeridian the short way is taken, north and south never wrap", () => {
  const view = viewOf(179.9, 60, 6, 1000, 640);
  const [x] = onScreen(view, fixedX(-1799e6), fixedY(60e7));
  expect(x).toBeGreaterThan(500);
  expect(x).toBeLessThan(560);
  const [, y] = onScreen(view, fixedX(1799e6), fixedY(-85e7));
  expect(y).toBeGreaterThan(10_000);
  const beyond = viewOf(540, 60, 6, 1000, 640);
  expect(onScreen(beyond, fixedX(1799e6), fixedY(60e7))[0]).toBeCloseTo(
    degreesOnScreen(beyond, 179.9, 60)[0],
    2,
  );
});

test("screen and degrees undo each other", () => {
  const view = viewOf(-179.5, -70.25, 9.3, 800, 600);
  for (const [left, top] of [
    [0, 0],
    [799, 599],
    [400, 300],
  ] as const) {
    const { lonDeg, latDeg } = screenToDegrees(view, left, top);
    const [x, y] = degreesOnScreen(view, lonDeg, latDeg);
    expect(x).toBeCloseTo(left, 3);
    expect(y).toBeCloseTo(top, 3);
  }
});

test("nothing is drawn at the map's edge that lies beyond it", () => {
  expect(isOnMap(85.05e7)).toBe(true);
  expect(isOnMap(85.06e7)).toBe(false);
  expect(isOnMap(-90e7)).toBe(false);
  expect(Math.abs(fixedY(90e7))).toBeLessThan(2 ** 31);
  expect(Math.abs(exactY(LAT_DEG_MAX))).toBeLessThanOrEqual(2 ** 31);
});

function oneTrack(status: number, ageDs: number, course = 9000, speed = 2000) {
  const data = new ArrayBuffer(HEADER_BYTES + TRACK_BYTES);
  new Uint8Array(data).set(new Uint8Array(HEADER_BYTES).fill(0));
  const head = new DataView(data);
  head.setUint32(0, 0x31465450, true);
  head.setUint16(4, 1, true);
  head.setUint32(8, 1, true);
  const made = decodeFrame(data);
  made.latE7[0] = 35e7;
  made.lonE7[0] = 38e7;
  made.speedDmps[0] = speed;
  made.courseCdeg[0] = course;
  made.ageDs[0] = ageDs;
  made.status[0] = status;
  return made;
}

test("watched and coasting tracks are moved on, and never past the coasting time", () => {
  expect(reckonedS(oneTrack(0, 20), 0, 0.5)).toBe(2.5);
  expect(reckonedS(oneTrack(1, 590), 0, 3)).toBe(RECKONED_S_MAX);
  expect(reckonedS(oneTrack(1, 6000), 0, 3)).toBe(RECKONED_S_MAX);
  for (const status of [2, 3, 4]) expect(reckonedS(oneTrack(status, 20), 0, 3)).toBe(0);
  expect(reckonedS(oneTrack(0, 20, NO_COURSE), 0, 3)).toBe(0);
});

test("moved on it is where a flight straight on would be", () => {
  const frame = oneTrack(0, 100);
  const { lonDeg, latDeg } = degreesOf(...drawnAt(frame, 0, 0));
  const way = wayBetween({ lonDeg: 38, latDeg: 35 }, { lonDeg, latDeg });
  expect(way.metres).toBeGreaterThan(1990);
  expect(way.metres).toBeLessThan(2010);
  expect(way.bearingDeg).toBeCloseTo(90, 1);
});

test("the shader has the same rule and the same number", () => {
  expect(SYMBOL_VERTEX).toContain(`${RECKONED_S_MAX.toFixed(1)})`);
  expect(SYMBOL_VERTEX).toContain(`status < 2u && course_cdeg != ${NO_COURSE}u`);
});

test("moving on is no oftener than it can be seen, and not at all where nothing flies", () => {
  expect(stepMs(600, 250)).toBeNull();
  expect(stepMs(38, 250)).toBeCloseTo(76, 0);
  expect(stepMs(0.5, 250)).toBe(50);
  expect(stepMs(38, 0)).toBeNull();
  expect(emptyFrame().count).toBe(0);
});
