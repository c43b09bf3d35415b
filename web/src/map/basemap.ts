// The base map: coast and graticule, borders and names only by the agreement's choice. Its data are
// files of this console (Natural Earth by world-atlas, public domain); nobody else is asked.
import type { Feature, FeatureCollection, GeoJSON, Position } from "geojson";
import { mesh, feature as toFeature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import { unpackArcs } from "./coastcodec";
import { labelOf, type Point, unwrappedPolygon } from "./rings";

export const WITH_BORDERS = "with borders";
export const NO_BASE_MAP = "none";
export const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

type Atlas = Topology<{ land: GeometryCollection; countries: GeometryCollection }>;

/** The base map as far as it was asked for. */
export interface BaseMap {
  land: FeatureCollection;
  borders: FeatureCollection;
  /** Label points of countries, named by the browser in the reader's language. */
  countries: (language: string) => FeatureCollection;
}

/** Returns the coast and, where they were chosen, the borders of the whole file. */
export async function wholeMap(withBorders: boolean): Promise<BaseMap> {
  // Loaded by itself, after the screen: nobody waits for a coast to read a message.
  const { arcsUrl, rest } = await import("virtual:coarse-countries");
  const reply = await fetch(arcsUrl);
  if (!reply.ok) throw new Error(`the coast is not there: ${reply.status}`);
  const atlas: Atlas = { ...rest, arcs: unpackArcs(new Uint8Array(await reply.arrayBuffer())) };
  const land = landOf(atlas);
  if (!withBorders) return { land, borders: EMPTY, countries: () => EMPTY };
  const lines = mesh(atlas, atlas.objects.countries, (one, two) => one !== two);
  const borders: FeatureCollection = {
    type: "FeatureCollection",
    features: [
      {
        type: "Feature",
        properties: {},
        geometry: { ...lines, coordinates: lines.coordinates.map(line) },
      },
    ],
  };
  const known = countryPoints(atlas);
  return { land, borders, countries: (language) => named(known, language) };
}

function line(points: Position[]): Position[] {
  const made: Position[] = [];
  for (const [lon = 0, lat = 0] of points) {
    const last = made.at(-1)?.[0] ?? lon;
    made.push([lon - 360 * Math.round((lon - last) / 360), lat]);
  }
  return made;
}

function landOf(atlas: Atlas): FeatureCollection {
  const features = polygonsOf(toFeature(atlas, atlas.objects.land)).map(
    (rings): Feature => ({
      type: "Feature",
      properties: {},
      geometry: { type: "Polygon", coordinates: rings },
    }),
  );
  return { type: "FeatureCollection", features };
}

/** Returns all polygons of something, their rings made whole for a map that has an edge. */
function polygonsOf(what: GeoJSON): Point[][][] {
  if (what.type === "FeatureCollection") return what.features.flatMap(polygonsOf);
  if (what.type === "Feature") return what.geometry === null ? [] : polygonsOf(what.geometry);
  if (what.type === "GeometryCollection") return what.geometries.flatMap(polygonsOf);
  if (what.type === "Polygon") return [unwrappedPolygon(what.coordinates)];
  return what.type === "MultiPolygon" ? what.coordinates.map(unwrappedPolygon) : [];
}

interface CountryPoint {
  code: string;
  at: Point;
}

function countryPoints(atlas: Atlas): CountryPoint[] {
  const found: CountryPoint[] = [];
  for (const country of atlas.objects.countries.geometries) {
    const { id } = country;
    const outer = polygonsOf(toFeature(atlas, country)).flatMap((rings) => rings.slice(0, 1));
    const at = labelOf(outer);
    if (typeof id === "string" && at !== null) found.push({ code: id, at });
  }
  return found;
}

function named(known: readonly CountryPoint[], language: string): FeatureCollection {
  const names = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  const features: Feature[] = [];
  for (const { code, at } of known) {
    // The file has numbers of UN M.49; a locale with one is written with its two letters.
    const region = new Intl.Locale(`und-${code}`).region;
    const label = region === undefined ? undefined : names.of(region);
    if (label === undefined) continue;
    features.push({
      type: "Feature",
      properties: { label },
      geometry: { type: "Point", coordinates: at },
    });
  }
  return { type: "FeatureCollection", features };
}

/** Returns meridians and parallels so many degrees apart; straight on this map, so two points each. */
export function graticule(stepDeg: number): FeatureCollection {
  const features: Feature[] = [];
  const put = (coordinates: Position[]): void => {
    features.push({
      type: "Feature",
      properties: {},
      geometry: { type: "LineString", coordinates },
    });
  };
  for (let lon = -180; lon < 180; lon += stepDeg)
    put([
      [lon, -85],
      [lon, 85],
    ]);
  const top = Math.floor(85 / stepDeg) * stepDeg;
  for (let lat = -top; lat <= top; lat += stepDeg)
    put([
      [-180, lat],
      [180, lat],
    ]);
  return { type: "FeatureCollection", features };
}
