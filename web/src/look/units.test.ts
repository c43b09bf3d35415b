import { beforeEach, describe, expect, it } from "vitest";
import { units } from "../shell/state";
import { language } from "../text/language";
import {
  areaText,
  bare,
  bearingText,
  climbText,
  clockText,
  coordinateText,
  dayText,
  distanceText,
  heightText,
  instantText,
  levelText,
  ltr,
  marginText,
  spanFloorText,
  spanText,
  speedText,
} from "./units";

const NM = 1852;
const FT = 0.3048;
const NOON_US = Date.UTC(2017, 5, 20, 12, 41, 7) * 1000;

beforeEach(() => {
  units.value = "aviation";
});

function inMetric(text: () => string): string {
  units.value = "metric";
  return bare(text());
}

it("isolates every text, so that no line from the right turns it around", () => {
  const all = [
    distanceText(1),
    heightText(1),
    levelText(1, "AMSL"),
    levelText(null, "SFC"),
    marginText(1, "height"),
    areaText(1),
    speedText(1),
    climbText(1),
    bearingText(1),
    coordinateText(1, 1),
    spanText(1),
    spanFloorText(1),
    clockText(1),
    dayText(1),
    instantText(1),
  ];
  for (const text of all) {
    expect(text.startsWith("\u2066") && text.endsWith("\u2069"), text).toBe(true);
    expect(bare(text)).toBe(text.slice(1, -1));
  }
  expect(bare(ltr("FL210"))).toBe("FL210");
});

describe("distances", () => {
  it.each([
    [0, "0.0 NM"],
    [1.8 * NM, "1.8 NM"],
    [9.94 * NM, "9.9 NM"],
    [9.95 * NM, "10 NM"],
    [9.96 * NM, "10 NM"],
    [10.4 * NM, "10 NM"],
    [120.6 * NM, "121 NM"],
    [-3.44 * NM, "−3.4 NM"],
    [-0.01 * NM, "0.0 NM"],
  ])("%f m is %s", (metres, text) => {
    expect(bare(distanceText(metres))).toBe(text);
  });

  it.each([
    [0, "0 m"],
    [999.4, "999 m"],
    [999.6, "1.0 km"],
    [9960, "10 km"],
    [12_345, "12 km"],
    [-999.6, "−1.0 km"],
  ])("%f m in metres is %s", (metres, text) => {
    expect(inMetric(() => distanceText(metres))).toBe(text);
  });

  it("is not known rather than nothing", () => {
    for (const nothing of [null, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(bare(distanceText(nothing))).toBe("---");
      expect(bare(heightText(nothing))).toBe("---");
      expect(bare(marginText(nothing, "distance"))).toBe("---");
      expect(bare(speedText(nothing))).toBe("---");
      expect(bare(climbText(nothing))).toBe("---");
      expect(bare(bearingText(nothing))).toBe("---");
      expect(bare(areaText(nothing))).toBe("---");
    }
    expect(bare(levelText(null, "STD"))).toBe("--- STD");
    expect(bare(coordinateText(Number.NaN, 0))).toBe("---");
  });
});

describe("heights and levels", () => {
  it.each([
    [0, "0 ft"],
    [400 * FT, "400 ft"],
    [999.4 * FT, "999 ft"],
    [999.6 * FT, "1000 ft"],
    [2949 * FT, "2900 ft"],
    [-350 * FT, "−350 ft"],
    [-0.1 * FT, "0 ft"],
  ])("%f m is %s", (metres, text) => {
    expect(bare(heightText(metres))).toBe(text);
  });

  it("has metres without steps", () => {
    expect(inMetric(() => heightText(2949.4))).toBe("2949 m");
  });

  it.each([
    [21_000 * FT, "STD", "FL210"],
    [21_049 * FT, "STD", "FL210"],
    [21_050 * FT, "STD", "FL211"],
    [4_500 * FT, "STD", "FL045"],
    [0, "STD", "FL000"],
    [-200 * FT, "STD", "−200 ft STD"],
    [4_500 * FT, "AMSL", "4500 ft AMSL"],
    [500 * FT, "AGL", "500 ft AGL"],
    [3_000 * FT, "WGS84", "3000 ft WGS84"],
    [123, "SFC", "SFC"],
    [0, "UNL", "UNL"],
  ])("%f m %s is %s", (metres, reference, text) => {
    expect(bare(levelText(metres, reference))).toBe(text);
  });

  it("has no flight level below the transition level, and none in metres", () => {
    expect(bare(levelText(9_000 * FT, "STD", 10_000 * FT))).toBe("9000 ft STD");
    expect(bare(levelText(10_000 * FT, "STD", 10_000 * FT))).toBe("FL100");
    expect(inMetric(() => levelText(6400, "STD"))).toBe("6400 m STD");
  });
});

describe("what is compared with a minimum", () => {
  it.each([
    [2.96 * NM, "distance", "2.9 NM"],
    [3 * NM, "distance", "3.0 NM"],
    [9.99 * NM, "distance", "9.9 NM"],
    [10.9 * NM, "distance", "10 NM"],
    [999.6 * FT, "height", "999 ft"],
    [1000 * FT, "height", "1000 ft"],
    [2999 * FT, "height", "2990 ft"],
    [3000 * FT, "height", "3000 ft"],
    [914.4, "height", "3000 ft"],
    [5556, "distance", "3.0 NM"],
    [-0.04 * NM, "distance", "−0.1 NM"],
  ] as const)("%f m (%s) is %s", (metres, kind, text) => {
    expect(bare(marginText(metres, kind))).toBe(text);
  });

  it("is never larger than it is, in either units", () => {
    const shown = (text: string) => Number.parseFloat(bare(text).replace("−", "-"));
    for (let step = 0; step < 4000; step += 1) {
      const metres = step * 13.37;
      units.value = "aviation";
      expect(shown(marginText(metres, "distance")) * NM).toBeLessThanOrEqual(metres + 1e-4);
      expect(shown(marginText(metres, "height")) * FT).toBeLessThanOrEqual(metres + 1e-4);
      units.value = "metric";
      expect(shown(marginText(metres, "height"))).toBeLessThanOrEqual(metres + 1e-4);
      const text = bare(marginText(metres, "distance"));
      const scale = text.endsWith("km") ? 1000 : 1;
      expect(shown(text) * scale).toBeLessThanOrEqual(metres + 1e-4);
    }
  });

  it("never reads as a minimum that is not kept", () => {
    // The defaults of the norms: 3 NM or 3,000 ft, one millimetre short.
    expect(bare(marginText(3 * NM - 0.001, "distance"))).toBe("2.9 NM");
    expect(bare(marginText(3000 * FT - 0.001, "height"))).toBe("2990 ft");
    expect(inMetric(() => marginText(5000 - 0.001, "distance"))).toBe("4.9 km");
  });
});

describe("motion", () => {
  it.each([
    [210, "408 kt"],
    [0, "0 kt"],
  ])("%f m/s is %s", (mps, text) => {
    expect(bare(speedText(mps))).toBe(text);
  });

  it("has km/h", () => {
    expect(inMetric(() => speedText(100))).toBe("360 km/h");
  });

  it.each([
    [5.08, "+1000 ft/min"],
    [-2, "−390 ft/min"],
    [0.01, "0 ft/min"],
    [-0.01, "0 ft/min"],
  ])("a climb of %f m/s is %s", (mps, text) => {
    expect(bare(climbText(mps))).toBe(text);
  });

  it("has m/s", () => {
    expect(inMetric(() => climbText(-2.04))).toBe("−2.0 m/s");
    expect(inMetric(() => climbText(2.06))).toBe("+2.1 m/s");
    expect(inMetric(() => climbText(-0.04))).toBe("0.0 m/s");
  });

  it.each([
    [0, "360°T"],
    [359.6, "360°T"],
    [0.6, "001°T"],
    [45, "045°T"],
    [-90, "270°T"],
    [450, "090°T"],
  ])("%f degrees are %s", (degrees, text) => {
    expect(bare(bearingText(degrees))).toBe(text);
  });
});

describe("places and areas", () => {
  it.each([
    [35.06, 38, "35°03.6'N 038°00.0'E"],
    [-33.9425, -151.1772, "33°56.6'S 151°10.6'W"],
    [35.99999, 38.99999, "36°00.0'N 039°00.0'E"],
    [0, 0, "00°00.0'N 000°00.0'E"],
    [-0.0001, -0.0001, "00°00.0'N 000°00.0'E"],
    [10, 180, "10°00.0'N 180°00.0'E"],
    [10, -180, "10°00.0'N 180°00.0'W"],
    [10, 181.5, "10°00.0'N 178°30.0'W"],
    [10, -181.5, "10°00.0'N 178°30.0'E"],
    [10, 539.5, "10°00.0'N 179°30.0'E"],
    [-90, 12.5, "90°00.0'S 012°30.0'E"],
  ])("%f, %f is %s", (latDeg, lonDeg, text) => {
    expect(bare(coordinateText(latDeg, lonDeg))).toBe(text);
  });

  it("has more or fewer decimals where they are wanted", () => {
    expect(bare(coordinateText(35.0601, 38.1, 3))).toBe("35°03.606'N 038°06.000'E");
    expect(bare(coordinateText(35.0601, 38.1, 0))).toBe("35°04'N 038°06'E");
  });

  it("has square NM and square km", () => {
    expect(bare(areaText(NM * NM * 2.5))).toBe("2.5 NM²");
    expect(inMetric(() => areaText(12_400_000))).toBe("12 km²");
  });
});

describe("times", () => {
  it.each([
    [84, "1:24"],
    [-84, "1:24"],
    [59.6, "1:00"],
    [3599.6, "1 h 00 min"],
    [7500, "2 h 05 min"],
    [86_399.6, "1 d 0 h"],
    [3 * 86_400 + 4 * 3600, "3 d 4 h"],
    [Number.NaN, "---"],
  ])("%f s are %s", (seconds, text) => {
    expect(bare(spanText(seconds))).toBe(text);
  });

  it("has its units in the reader's language, and keeps their order from the right", () => {
    language.value = "ru";
    expect(spanText(7500)).toBe("\u20662 ч 05 мин\u2069");
    language.value = "ar";
    expect(spanText(86_400)).toBe("\u20671 ي 0 س\u2069");
    expect(spanText(84)).toBe("\u20661:24\u2069");
    language.value = "en";
  });

  it("never overstates what is left", () => {
    expect(bare(spanFloorText(59.9))).toBe("0:59");
    expect(bare(spanFloorText(3599.9))).toBe("59:59");
    expect(bare(spanFloorText(-5))).toBe("0:00");
  });

  it("is UTC, and says so", () => {
    expect(bare(clockText(NOON_US))).toBe("12:41:07Z");
    expect(bare(clockText(NOON_US + 999_999))).toBe("12:41:07Z");
    expect(bare(dayText(NOON_US))).toBe("2017-06-20");
    expect(bare(instantText(NOON_US))).toBe("2017-06-20 12:41:07Z");
    expect(bare(instantText(-1))).toBe("1969-12-31 23:59:59Z");
  });

  it("has no time rather than a wrong one", () => {
    expect(bare(clockText(null))).toBe("--:--:--Z");
    expect(bare(clockText(Number.NaN))).toBe("--:--:--Z");
    expect(bare(instantText(1e30))).toBe("---------- --:--:--Z");
  });
});
