import { describe, expect, it } from "vitest";
import {
  GROUNDS,
  MAP_TOKENS,
  PALETTES,
  type Palette,
  paletteCss,
  STATES,
  SYMBOL_TOKENS,
  TEXT_TOKENS,
  type TokenName,
} from "./palette";

type Triple = [number, number, number];

/** Machado, Oliveira and Fernandes 2009, severity 1.0, in linear light. */
const SEEN_BY: Record<string, [Triple, Triple, Triple]> = {
  everybody: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(hex: string): Triple {
  if (!/^#[0-9a-f]{6}$/.test(hex)) throw new Error(`no colour: ${hex}`);
  const part = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function contrast(a: string, b: string): number {
  const [x, y] = [a, b].map((each) => dot(linear(each), [0.2126, 0.7152, 0.0722]) + 0.05);
  return Math.max(x ?? 0, y ?? 0) / Math.min(x ?? 0, y ?? 0);
}

function seen(light: Triple, by: string): Triple {
  const rows = SEEN_BY[by] ?? [light, light, light];
  return rows.map((row) => Math.min(1, Math.max(0, dot(row, light)))) as Triple;
}

/** CIE L*a*b*, D65. */
function lab(light: Triple): Triple {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f(dot(light, [0.4124564, 0.3575761, 0.1804375]) / 0.95047);
  const y = f(dot(light, [0.2126729, 0.7151522, 0.072175]));
  const z = f(dot(light, [0.0193339, 0.119192, 0.9503041]) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function differenceOf(a: string, b: string, by: string): number {
  const [p, q] = [lab(seen(linear(a), by)), lab(seen(linear(b), by))];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

/** Hues that the eye takes for different ones: 30 degrees apart, and with some colour at all. */
function huesOf(palette: Palette, names: readonly TokenName[]): number[] {
  const found: number[] = [];
  for (const name of names) {
    const [, a, b] = lab(linear(palette[name]));
    if (Math.hypot(a, b) < 18) continue;
    const hue = ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
    const apart = (x: number) => Math.min(Math.abs(x - hue), 360 - Math.abs(x - hue));
    if (!found.some((other) => apart(other) < 30)) found.push(hue);
  }
  return found;
}

const PAIRS = Object.entries(STATES).flatMap(([a, first], at, all) =>
  all.slice(at + 1).map(([b, second]) => ({ a, b, first, second })),
);
const EVERY = Object.keys(PALETTES["dark"] ?? {}) as TokenName[];

it("measures as the standards do", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
  // Protans cannot tell this red from this dark yellow; everybody else can.
  expect(differenceOf("#ff0000", "#5f5800", "everybody")).toBeGreaterThan(80);
  expect(differenceOf("#ff0000", "#5f5800", "protan")).toBeLessThan(12);
  expect(lab(linear("#ffffff"))[0]).toBeCloseTo(100, 3);
});

describe.each(Object.entries(PALETTES))("the %s theme", (_name, palette) => {
  it("has words that can be read on every ground", () => {
    for (const ground of GROUNDS) {
      for (const name of TEXT_TOKENS) {
        const ratio = contrast(palette[name], palette[ground]);
        expect(ratio, `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    for (const name of EVERY.filter((each) => each.startsWith("on-"))) {
      const ground = name.slice(3) as TokenName;
      expect(contrast(palette[name], palette[ground]), name).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("has symbols and edges that can be seen on every ground", () => {
    for (const ground of GROUNDS) {
      for (const name of SYMBOL_TOKENS) {
        const ratio = contrast(palette[name], palette[ground]);
        expect(ratio, `${name} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it("tells parties and classes apart for everybody, whatever they see", () => {
    const names = ["own", "other", "third", "warn", "alarm", "good"] as const;
    for (const by of Object.keys(SEEN_BY)) {
      for (const [at, a] of names.entries()) {
        for (const b of names.slice(at + 1)) {
          const between = differenceOf(palette[a], palette[b], by);
          expect(between, `${a} and ${b}, ${by}`).toBeGreaterThanOrEqual(15);
        }
      }
    }
  });

  it("tells every pair of states apart by colour for everybody, or by shape", () => {
    for (const by of Object.keys(SEEN_BY)) {
      for (const { a, b, first, second } of PAIRS) {
        const between = differenceOf(palette[first.token], palette[second.token], by);
        expect(between >= 15 || first.shape !== second.shape, `${a} and ${b}, ${by}`).toBe(true);
      }
    }
  });

  it("has four hues on the map at most, and seven in all", () => {
    expect(huesOf(palette, MAP_TOKENS).length).toBeLessThanOrEqual(4);
    expect(huesOf(palette, EVERY).length).toBeLessThanOrEqual(7);
  });

  it("keeps red and yellow for what they are for", () => {
    const [red] = huesOf(palette, ["alarm"]);
    const [yellow] = huesOf(palette, ["warn"]);
    for (const name of TEXT_TOKENS) {
      const [hue] = huesOf(palette, [name]);
      if (hue === undefined) continue;
      const from = (x = 0) => Math.min(Math.abs(x - hue), 360 - Math.abs(x - hue));
      if (name !== "alarm") expect(from(red), `${name} is no red`).toBeGreaterThan(45);
      if (name !== "warn") expect(from(yellow), `${name} is no yellow`).toBeGreaterThan(45);
    }
  });
});

it("has a shape of its own for each state, and red for short-term alone", () => {
  const shapes = Object.values(STATES).map((told) => told.shape);
  expect(new Set(shapes).size).toBe(shapes.length);
  const red = Object.entries(STATES).filter(([, told]) => told.token === "alarm");
  expect(red.map(([name]) => name)).toEqual(["short-term"]);
  expect(STATES["line down"]?.token).not.toBe("alarm");
});

it("is what the style sheet has", async () => {
  await expect(paletteCss()).toMatchFileSnapshot("./palette.css");
});
