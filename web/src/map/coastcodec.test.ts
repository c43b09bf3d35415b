import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { coarser, readAtlas } from "../../baseMapPlugin";
import { type Point, packArcs, unpackArcs } from "./coastcodec";

describe("the coast as bytes", () => {
  it("comes back as it went", () => {
    const arcs: Point[][] = [
      [
        [0, 0],
        [-1, 1],
      ],
      [
        [19_999, 12_345],
        [-20_000, -64],
        [63, 64],
      ],
    ];
    expect(unpackArcs(packArcs(arcs))).toEqual(arcs);
  });

  it("holds the whole of the real one", () => {
    const whole = coarser(readAtlas());
    expect(whole.arcs.length).toBeGreaterThan(1900);
    expect(unpackArcs(packArcs(whole.arcs))).toEqual(whole.arcs);
  });

  it("is refused when it is cut or goes on", () => {
    const bytes = packArcs([
      [
        [5, 5],
        [300, -300],
      ],
    ]);
    for (let size = 0; size < bytes.length; size += 1) {
      expect(() => unpackArcs(bytes.slice(0, size))).toThrow();
    }
    expect(() => unpackArcs(Uint8Array.from([...bytes, 0]))).toThrow();
    expect(() => unpackArcs(Uint8Array.from([255, 255, 255, 255, 15]))).toThrow();
  });

  it("lies within its grid of where the source has it", () => {
    const source = JSON.parse(
      readFileSync(
        new URL("../../node_modules/world-atlas/countries-50m.json", import.meta.url),
        "utf8",
      ),
    ) as { arcs: Point[][]; transform: { scale: Point; translate: Point } };
    const whole = coarser(readAtlas());
    source.arcs.forEach((arc, place) => {
      const [x, y] = arc[0] ?? [0, 0];
      const { scale, translate } = source.transform;
      const [lon, lat] = [x * scale[0] + translate[0], y * scale[1] + translate[1]];
      const [cx, cy] = whole.arcs[place]?.[0] ?? [0, 0];
      const [step, up] = whole.transform.scale;
      expect(Math.abs(cx * step - 180 - lon)).toBeLessThanOrEqual(step / 2 + 1e-9);
      expect(Math.abs(cy * up - 90 - lat)).toBeLessThanOrEqual(up / 2 + 1e-9);
    });
  });
});
