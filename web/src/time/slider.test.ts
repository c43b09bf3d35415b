import { describe, expect, it } from "vitest";
import type { Tick } from "../api/types";
import {
  AHEAD_US,
  clamped,
  DAY_US,
  gapsOf,
  HOUR_US,
  instantAt,
  labelsOf,
  MINUTE_US,
  marksOf,
  modeAt,
  partOf,
  rankOf,
  SECOND_US,
  tickBeside,
  type Window,
  windowFor,
} from "./slider";

const NOW = 1_796_092_675_196_137;
const WINDOW: Window = { fromUs: NOW - HOUR_US, toUs: NOW };

function tick(atUs: number, kind: Tick["kind"] = "message", word = "ROUTINE"): Tick {
  return { at_us: atUs, kind, word, party: "COAL", about: "free.text", agreement: "A", key: null };
}

describe("the window", () => {
  it("gives back the instant of each part", () => {
    for (const part of [0, 0.25, 1 / 3, 0.9999, 1]) {
      expect(partOf(instantAt(part, WINDOW), WINDOW)).toBeCloseTo(part, 9);
    }
  });

  it("keeps now in sight while it runs, and moves in steps", () => {
    let window: Window | null = null;
    const moved = new Set<number>();
    for (let s = 0; s < 3600; s += 1) {
      const atUs = NOW + s * SECOND_US;
      window = windowFor("LIVE", atUs, atUs, HOUR_US, window);
      moved.add(window.fromUs);
      const part = partOf(atUs, window);
      expect(part).toBeGreaterThan(0.79);
      expect(part).toBeLessThan(0.88);
      expect(window.toUs - window.fromUs).toBe(HOUR_US);
    }
    expect(moved.size).toBeLessThan(80);
  });

  it("stays where it is while the handle is drawn within it", () => {
    const first = windowFor("REPLAY", NOW, NOW - 20 * MINUTE_US, HOUR_US, null);
    for (const back of [5, 17, 33, 45]) {
      expect(windowFor("REPLAY", NOW, NOW - back * MINUTE_US, HOUR_US, first)).toBe(first);
    }
    const far = windowFor("REPLAY", NOW, NOW - 30 * HOUR_US, HOUR_US, first);
    expect(partOf(NOW - 30 * HOUR_US, far)).toBeCloseTo(0.5, 1);
  });

  it("looks ahead in PLAN", () => {
    const window = windowFor("PLAN", NOW, NOW + HOUR_US, 6 * HOUR_US, null);
    expect(partOf(NOW, window)).toBeLessThan(0.12);
    expect(partOf(NOW + HOUR_US, window)).toBeGreaterThan(0.12);
  });

  it("shows the handle whatever the mode and the width", () => {
    for (const mode of ["REPLAY", "PLAN"] as const) {
      for (const widthUs of [HOUR_US, 6 * HOUR_US, DAY_US, 10 * DAY_US]) {
        for (const off of [-9 * DAY_US, -HOUR_US, -SECOND_US, SECOND_US, DAY_US]) {
          const part = partOf(NOW + off, windowFor(mode, NOW, NOW + off, widthUs, null));
          expect(part, `${mode} ${widthUs} ${off}`).toBeGreaterThanOrEqual(0);
          expect(part, `${mode} ${widthUs} ${off}`).toBeLessThanOrEqual(1);
        }
      }
    }
  });
});

describe("the mode and the reach", () => {
  it("goes by where the handle is against now", () => {
    expect(modeAt(NOW - 3 * SECOND_US, NOW)).toBe("REPLAY");
    expect(modeAt(NOW + SECOND_US, NOW)).toBe("LIVE");
    expect(modeAt(NOW + 3 * SECOND_US, NOW)).toBe("PLAN");
  });

  it("ends at the first entry and a day ahead", () => {
    expect(clamped(0, NOW, NOW - HOUR_US)).toBe(NOW - HOUR_US);
    expect(clamped(NOW + 9 * DAY_US, NOW, null)).toBe(NOW + AHEAD_US);
    expect(clamped(NOW - MINUTE_US, NOW, NOW - HOUR_US)).toBe(NOW - MINUTE_US);
  });
});

describe("labels", () => {
  it("are whole steps, in order, and no more than there is room for", () => {
    for (const widthUs of [MINUTE_US, HOUR_US, 6 * HOUR_US, DAY_US, 31 * DAY_US]) {
      for (const most of [2, 5, 12, 20]) {
        const all = labelsOf({ fromUs: NOW - widthUs, toUs: NOW }, most);
        expect(all.length).toBeLessThanOrEqual(most + 1);
        expect(all.every((each) => each % MINUTE_US === 0)).toBe(true);
        expect([...all].sort((a, b) => a - b)).toEqual(all);
      }
    }
  });
});

describe("ticks", () => {
  it("near each other in one lane are one mark with the most urgent's shape, and none is lost", () => {
    const ticks = [
      tick(NOW - 100 * SECOND_US),
      tick(NOW - 99 * SECOND_US, "message", "DISTRESS"),
      tick(NOW - 98 * SECOND_US, "answer", "ROGER"),
      tick(NOW - 98 * SECOND_US, "alert", "short-term"),
      tick(NOW - 30 * MINUTE_US),
    ];
    const marks = marksOf(ticks, WINDOW, 0.01);
    expect(marks.length).toBe(3);
    expect(marks.flatMap((each) => each.ticks).length).toBe(ticks.length);
    const words = marks.find((each) => each.lane === "words" && each.ticks.length > 1);
    expect(words?.tick.word).toBe("DISTRESS");
  });

  it("outside the window make no mark", () => {
    expect(marksOf([tick(NOW + 1), tick(NOW - HOUR_US - 1)], WINDOW, 0.01)).toEqual([]);
  });

  it("are as many marks as there is room for at the most", () => {
    const many = Array.from({ length: 5000 }, (_, i) => tick(NOW - i * 700_000));
    const marks = marksOf(many, WINDOW, 0.01);
    expect(marks.length).toBeLessThanOrEqual(101);
    expect(marks.flatMap((each) => each.ticks).length).toBe(5000);
  });

  it("are stepped through one by one, both ways", () => {
    const ticks = [3, 1, 2].map((s) => tick(NOW + s * SECOND_US));
    expect(tickBeside(ticks, NOW, 1)?.at_us).toBe(NOW + SECOND_US);
    expect(tickBeside(ticks, NOW + SECOND_US, 1)?.at_us).toBe(NOW + 2 * SECOND_US);
    expect(tickBeside(ticks, NOW + 2 * SECOND_US, -1)?.at_us).toBe(NOW + SECOND_US);
    expect(tickBeside(ticks, NOW + SECOND_US, -1)).toBeNull();
  });

  it("are ranked: distress before what is said daily", () => {
    expect(rankOf(tick(0, "message", "DISTRESS"))).toBeLessThan(rankOf(tick(0)));
    expect(rankOf(tick(0, "glance", "DOWN"))).toBeLessThan(rankOf(tick(0, "glance", "OPEN")));
    expect(rankOf(tick(0, "answer", "ROGER"))).toBeGreaterThan(rankOf(tick(0)));
  });
});

describe("gaps", () => {
  it("are what no span covers, up to now", () => {
    const spans = [
      { from_us: 10, to_us: 20 },
      { from_us: 30, to_us: 40 },
    ];
    const window = { fromUs: 0, toUs: 100 };
    expect(gapsOf(spans, window, 60)).toEqual([
      { fromUs: 0, toUs: 10 },
      { fromUs: 20, toUs: 30 },
      { fromUs: 40, toUs: 60 },
    ]);
    expect(gapsOf([{ from_us: -5, to_us: 200 }], window, 60)).toEqual([]);
    expect(gapsOf([], window, 60)).toEqual([{ fromUs: 0, toUs: 60 }]);
  });
});
