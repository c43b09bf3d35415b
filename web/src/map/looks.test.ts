import { expect, test } from "vitest";
import type { AlertView, StateShown } from "../api/types";
import { decodeFrame, HEADER_BYTES, TRACK_BYTES, type TrackFrame } from "../live/frames";
import type { Named } from "../shell/state";
import { units } from "../shell/state";
import { figuresText, linesOf, rankOf } from "./blocks";
import { encountersOf } from "./encounters";
import type { View } from "./fixed";
import { wayBetween } from "./geodesy";
import { Looks, NO_RING, OTHER, OWN, ringOf, ringsOf, SHORT_TERM, sideOf, THIRD } from "./looks";
import { labelEncounters } from "./overlay";
import { search } from "./search";
import { DOTS, EVERY_US, Trails } from "./trails";

const PARTIES = new Set(["COAL", "RUS"]);

function named(...all: [number, string, string | null][]): ReadonlyMap<number, Named> {
  return new Map(all.map(([number, aircraft, party]) => [number, { aircraft, party }]));
}

function frame(
  nowUs: number,
  rows: { number: number; lat?: number; status?: number }[],
): TrackFrame {
  const data = new ArrayBuffer(HEADER_BYTES + rows.length * TRACK_BYTES);
  const head = new DataView(data);
  head.setUint32(0, 0x31465450, true);
  head.setUint16(4, 1, true);
  head.setUint32(8, rows.length, true);
  head.setBigInt64(16, BigInt(nowUs), true);
  const made = decodeFrame(data);
  rows.forEach(({ number, lat = 35, status = 0 }, index) => {
    made.number[index] = number;
    made.latE7[index] = lat * 1e7;
    made.lonE7[index] = 38e7;
    made.status[index] = status;
  });
  return made;
}

test("own, another party's, a third's: nobody's aircraft is ours by default", () => {
  expect(sideOf("COAL", "COAL", PARTIES)).toBe(OWN);
  expect(sideOf("RUS", "COAL", PARTIES)).toBe(OTHER);
  expect(sideOf(null, "COAL", PARTIES)).toBe(THIRD);
  expect(sideOf("WFP", "COAL", PARTIES)).toBe(THIRD);
  expect(sideOf("", "", PARTIES)).toBe(THIRD);
});

test("an alert class that is not known here has the gravest ring", () => {
  expect(ringOf("coordinate")).toBe(1);
  expect(ringOf("own move only")).toBe(2);
  expect(ringOf("something new")).toBe(SHORT_TERM);
  const alert = (alert_class: string): AlertView =>
    ({ alert_class, aircraft: ["A", "B"] }) as unknown as AlertView;
  const rings = ringsOf([alert("coordinate"), alert("short-term"), alert("coordinate")]);
  expect(rings.get("A")).toBe(SHORT_TERM);
});

test("an aircraft of one name that two parties report is marked at both", () => {
  const looks = new Looks();
  looks.takeParties("COAL", PARTIES);
  looks.takeNames(named([0, "A1", "COAL"], [1, "A1", "RUS"], [2, "B2", null]));
  looks.takeSpecial(new Map([["A1", SHORT_TERM]]), new Set(["B2"]));
  expect([0, 1, 2].map((n) => looks.ring(n))).toEqual([SHORT_TERM, SHORT_TERM, NO_RING]);
  expect([0, 1, 2].map((n) => looks.side(n))).toEqual([OWN, OTHER, THIRD]);
  expect(looks.isSelected(2)).toBe(true);
  expect([0, 2].map((n) => rankOf(looks, n))).toEqual([0, 1]);
  looks.takeSpecial(new Map(), new Set());
  expect([0, 1, 2].map((n) => looks.look[n])).toEqual([OWN, OTHER, THIRD]);
});

test("names of another run of the node are never mixed with those of this one", () => {
  const looks = new Looks();
  looks.takeParties("COAL", PARTIES);
  looks.takeNames(named([0, "A1", "COAL"], [1, "B2", "COAL"]));
  looks.takeNames(named([0, "A1", "COAL"], [1, "C3", "RUS"], [2, "B2", null]));
  expect(looks.named(1)?.aircraft).toBe("C3");
  expect(looks.side(1)).toBe(OTHER);
  expect(looks.numbersOf("B2")).toEqual([2]);
});

test("a block says level, trend, speed in tens, and its age where it is not watched", () => {
  units.value = "aviation";
  const now = frame(0, [{ number: 0 }]);
  now.altitudeDm[0] = 64_008;
  now.reference[0] = 2;
  now.speedDmps[0] = 2160;
  now.climbCmps[0] = -500;
  expect(figuresText(now, 0)).toBe("FL210↓ 42");
  now.status[0] = 1;
  now.ageDs[0] = 124;
  expect(figuresText(now, 0)).toBe("FL210↓ 42 +12s");
  units.value = "metric";
  expect(figuresText(now, 0)).toBe("6401 m STD↓ 78 +12s");
  units.value = "aviation";
  now.reference[0] = 1;
  now.courseCdeg[0] = 0xffff;
  expect(figuresText(now, 0)).toBe("21000ft AMSL +12s");
  expect(linesOf(now, 0, "A1", SHORT_TERM)).toHaveLength(3);
});

function state(aircraft: string, lonE9: number, eastMmps: number): StateShown {
  const rest = { at_us: 0, lat_e9: 35e9, north_mmps: 0, party: null, altitude_mm: 0 };
  return { aircraft, lon_e9: lonE9, east_mmps: eastMmps, ...rest } as unknown as StateShown;
}

test("a closest approach is drawn where the two states lead, and only while it is ahead", () => {
  const alert = {
    key: ["log", 3],
    alert_class: "own move only",
    states: [state("A", 38e9, 200_000), state("B", 39e9, -200_000)],
    least_us: 100_000_000,
    loss_us: 90_000_000,
    least_horizontal_mm: 1000,
    vertical_then_mm: 60_000,
  } as unknown as AlertView;
  const [found] = encountersOf([alert], 40_000_000);
  const from = { lonDeg: 38, latDeg: 35 };
  expect(found && wayBetween(from, found.at[0]).metres).toBeCloseTo(20_000, 0);
  expect(found && wayBetween(from, found.from[0]).metres).toBeCloseTo(8_000, 0);
  expect(found?.horizontalM).toBe(1);
  const shown = { x: 0, y: 0, restX: 0, restY: 0, pxPerUnit: 1, widthPx: 0, heightPx: 0 } as View;
  const label = (nowUs: number): string | undefined =>
    labelEncounters(found ? [found] : [], "", shown, nowUs, () => 1)[0]?.text;
  // It counts as the list does: to the loss, and not at all when that has come.
  expect(label(40_000_000)).toMatch(/ · 0:50$/);
  expect(label(90_000_001)).not.toContain("·");
  expect(encountersOf([alert], 100_000_001)).toEqual([]);
  expect(encountersOf([{ ...alert, least_us: null }], 0)).toEqual([]);
});

test("trails are bounded and begin anew after a jump of time", () => {
  const trails = new Trails();
  const all = () => true;
  for (let at = 0; at < 40; at += 1) trails.take(frame(at * EVERY_US, [{ number: 5 }]));
  expect(trails.dots(all).numbers.length).toBe(DOTS);
  // Nearer to a pole than the map goes: no dot at its edge.
  trails.take(frame(40 * EVERY_US, [{ number: 6, lat: 88 }]));
  expect(trails.size).toBe(1);
  trails.take(frame(EVERY_US, [{ number: 5 }]));
  expect(trails.dots(all).numbers.length).toBe(1);
  for (let at = 2; at < 20; at += 1) trails.take(frame(at * EVERY_US, [{ number: 9 }]));
  expect(trails.size).toBe(1);
  expect([...trails.dots(all).numbers].every((number) => number === 9)).toBe(true);
});

test("a search finds names that begin so first, and only aircraft that are there", () => {
  const names = named([0, "KHM07", "RUS"], [1, "AKHM", "RUS"], [2, "KHM99", null]);
  const found = search("khm", null, names, (number) => number !== 2);
  expect(found.map(({ name }) => name)).toEqual(["KHM07", "AKHM"]);
  expect(search("", null, names, () => true)).toEqual([]);
});
