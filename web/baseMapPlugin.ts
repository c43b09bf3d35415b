// The base map as the console carries it: Natural Earth's 1:50 m countries on a coarser grid.
//
// The source is drawn for a scale at which a pen line is 25 km wide; its own grid of 0.4 km is finer
// than it is right. A grid of 2.5 km by 1.3 km looks the same and weighs half.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { type Point, packArcs } from "./src/map/coastcodec.ts";

const COLUMNS = 16_000;
const ASKED = "virtual:coarse-countries";
const SOURCE = new URL("node_modules/world-atlas/countries-50m.json", import.meta.url);

interface Topology {
  type: string;
  objects: { countries: { geometries: { id?: string; properties?: unknown }[] }; land: unknown };
  arcs: Point[][];
  transform: { scale: Point; translate: Point };
}

/** Gives `virtual:coarse-countries` as a module that holds the coarser topology. */
export function coarseBaseMap(): Plugin {
  return {
    name: "coarse-base-map",
    resolveId(id) {
      return id === ASKED ? `\0${ASKED}` : null;
    },
    load(id) {
      if (id !== `\0${ASKED}`) return null;
      const { arcs, ...rest } = coarser(readAtlas());
      const file = this.emitFile({ type: "asset", name: "coast.bin", source: packArcs(arcs) });
      return `export const arcsUrl = import.meta.ROLLUP_FILE_URL_${file};
export const rest = JSON.parse(${JSON.stringify(JSON.stringify(rest))});`;
    },
  };
}

/** Returns the source as it is published. */
export function readAtlas(): Topology {
  return JSON.parse(readFileSync(SOURCE, "utf8")) as Topology;
}

/** Returns the topology on the coarser grid; what falls onto one point of it stays one point. */
export function coarser(topology: Topology): Topology {
  const { scale, translate } = topology.transform;
  const lonStep = 360 / (COLUMNS - 1);
  const latStep = 180 / (COLUMNS - 1);
  const arcs = topology.arcs.map((arc) => {
    let [x, y] = [0, 0];
    const points: Point[] = arc.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [
        Math.round((x * scale[0] + translate[0] + 180) / lonStep),
        Math.round((y * scale[1] + translate[1] + 90) / latStep),
      ];
    });
    return steps(points);
  });
  // Names come from the browser's own list by the ISO code, which is the id.
  const geometries = topology.objects.countries.geometries.map(
    ({ properties: _, ...kept }) => kept,
  );
  return {
    ...topology,
    objects: { ...topology.objects, countries: { ...topology.objects.countries, geometries } },
    arcs,
    transform: { scale: [lonStep, latStep], translate: [-180, -90] },
  };
}

/** Returns the first point and the steps from each to the next, without those of no length. */
function steps(points: Point[]): Point[] {
  const made: Point[] = [];
  let [px, py] = [0, 0];
  points.forEach(([x, y], place) => {
    if (place > 0 && x === px && y === py) return;
    made.push(place === 0 ? [x, y] : [x - px, y - py]);
    [px, py] = [x, y];
  });
  // An arc has two points at least.
  if (made.length === 1) made.push([0, 0]);
  return made;
}
