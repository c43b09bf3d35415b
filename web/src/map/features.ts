// What lies still as GeoJSON: zones with their state at an instant, boundaries, intents, places.
import type { Feature, FeatureCollection, Geometry } from "geojson";
import type {
  DrawnShape,
  MapBoundary,
  MapIntent,
  MapView,
  MapVolume,
  MapZone,
  ScreenView,
  ZoneShown,
} from "../api/types";
import { bare, clockText, distanceText, levelText } from "../look/units";
import type { Texts } from "../terms/kinds";
import { PHRASES } from "../terms/phrases";
import { language, say } from "../text/language";
import { type Side, sideOf } from "./looks";
import { besideLon, boundsOf, closed, isHoleOf, type Point, roomiest } from "./rings";
import { TEXTS } from "./texts";

/** How a zone is drawn. */
export type ZoneLook = "hot" | "unknown" | "cold";

/** An object's key in the map's sources, and back. */
export function keyOf(...parts: string[]): string {
  return JSON.stringify(parts);
}

export function partsOf(key: string): string[] {
  return JSON.parse(key) as string[];
}

/**
 * Returns how a zone is drawn: hot, cold, or as hot with a question mark.
 *
 * It is cold only where the node's view of it says so; without any view it is not known.
 */
export function zoneLook(shown: string | undefined, activity: string | undefined): ZoneLook {
  if (shown === "cold") return "cold";
  return shown === "hot" && activity === "hot" ? "hot" : "unknown";
}

interface ZoneState {
  look: ZoneLook;
  promulgation: string;
}

/** Returns the state of a zone at the view's instant, or ahead of it by what is known now. */
export function zoneState(zone: ZoneShown | undefined, aheadUs: number | null): ZoneState {
  if (zone === undefined) return { look: "unknown", promulgation: "" };
  if (aheadUs === null) {
    const { shown, activity, promulgation } = zone.view;
    return { look: zoneLook(shown, activity), promulgation };
  }
  const span = zone.detail.ahead.find((each) => each.from_us <= aheadUs && aheadUs < each.to_us);
  return {
    look: zoneLook(span?.shown, span?.activity),
    promulgation: span?.promulgation ?? "",
  };
}

/** Says whether something is in force for more than those who say it. */
export function isAgreed(agreedBy: readonly string[]): boolean {
  return agreedBy.length > 1;
}

/** Returns "only COAL says so" for what one side alone says; "" for what is agreed. */
export function sidedText(agreedBy: readonly string[], assertedBy: readonly string[]): string {
  if (isAgreed(agreedBy)) return "";
  const who = [...new Set([...agreedBy, ...assertedBy])];
  if (who.length === 0) return say(TEXTS, "nobodyAgreed");
  return say(TEXTS, "onlySays", { who: who.join(", ") });
}

/** Returns a state's word as the tables of the project have it, in the reader's language. */
export function valueWord(value: string): string {
  const known = PHRASES["value"]?.[value] as Texts | undefined;
  return known?.[language.value] ?? value;
}

function shapeOf(drawn: DrawnShape): Point[][] {
  return drawn.rings.map((ring) => closed(ring));
}

function feature(
  geometry: Geometry,
  properties: Record<string, string | number | boolean>,
): Feature {
  const { label } = properties;
  // The map lays texts out by itself: isolates would only be asked of its fonts.
  const told = typeof label === "string" ? { ...properties, label: bare(label) } : properties;
  return { type: "Feature", geometry, properties: told };
}

/** Returns the features of zones: an area with its holes, holes by themselves, and label points. */
export function zoneFeatures(
  view: MapView,
  screen: ScreenView | null,
  aheadUs: number | null,
): Feature[] {
  const states = new Map(
    (screen?.zones ?? []).map((z) => [keyOf(z.view.agreement, z.view.zone), z]),
  );
  return view.zones.flatMap((zone) =>
    oneZone(zone, zoneState(states.get(keyOf(zone.agreement, zone.zone)), aheadUs)),
  );
}

function oneZone(zone: MapZone, state: ZoneState): Feature[] {
  const [outer, ...inner] = shapeOf(zone.shape);
  if (outer === undefined) return [];
  const box = boundsOf(outer, false);
  const about = box === null ? 0 : (box.west + box.east) / 2;
  const key = keyOf(zone.agreement, zone.zone);
  const common = { key, look: state.look, agreed: isAgreed(zone.agreed_by) };
  const exclusions = zone.exclusions.map((each, index) => ({
    name: zone.exclusion_names[index] ?? "",
    drawn: each,
    ring: besideLon(shapeOf(each)[0] ?? [], about),
  }));
  const holes: Point[][] = [];
  for (const { ring } of exclusions) {
    // Two holes that meet would be drawn as neither: the second is then outlined only.
    const free = holes.every((hole) => !boxesMeet(hole, ring));
    if (isHoleOf(ring, outer) && free) holes.push(ring);
  }
  const area = feature(
    { type: "Polygon", coordinates: [outer, ...inner, ...holes] },
    { ...common, part: "area" },
  );
  const outline = feature(
    { type: "Polygon", coordinates: [outer, ...inner] },
    { ...common, part: "outline" },
  );
  const found = [area, outline];
  for (const { name, drawn, ring } of exclusions) {
    if (ring.length > 2)
      found.push(feature({ type: "Polygon", coordinates: [ring] }, { ...common, part: "hole" }));
    if (drawn.label === null) continue;
    const words = ring.length > 2 ? "notPart" : "unknownExtent";
    const label = besideLon([drawn.label], about)[0] ?? drawn.label;
    found.push(
      feature(
        { type: "Point", coordinates: label },
        { ...common, part: "hole label", label: plain(words, name) },
      ),
    );
  }
  const at = roomiest(outer, [...inner, ...holes]) ?? zone.shape.label ?? outer[0];
  if (at)
    found.push(
      feature(
        { type: "Point", coordinates: at },
        { ...common, part: "label", label: zoneLabel(zone, state) },
      ),
    );
  return found;
}

function boxesMeet(one: Point[], two: Point[]): boolean {
  const [a, b] = [boundsOf(one, false), boundsOf(two, false)];
  if (a === null || b === null) return false;
  return a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north;
}

function plain(key: "notPart" | "unknownExtent", name: string): string {
  return say(TEXTS, key, { name });
}

function zoneLabel(zone: MapZone, state: ZoneState): string {
  const word =
    state.look === "unknown" ? `${valueWord("unknown")} ?` : valueWord(state.look).toUpperCase();
  const promulgated =
    state.promulgation === "" || state.promulgation === "in force"
      ? ""
      : ` · ${valueWord(state.promulgation)}`;
  return [
    zone.name || zone.zone,
    `${word}${promulgated}`,
    `${limitText(zone.lower)}–${limitText(zone.upper)}`,
    sidedText(zone.agreed_by, zone.asserted_by),
  ]
    .filter((line) => line !== "")
    .join("\n");
}

/** Returns a limit with its reference. */
export function limitText(limit: { value_m: number | null; reference: string }): string {
  return limit.value_m === null ? limit.reference : levelText(limit.value_m, limit.reference);
}

/** Returns the features of boundaries: line, band, and the names of both sides. */
export function boundaryFeatures(view: MapView): Feature[] {
  return view.boundaries.flatMap(oneBoundary);
}

/** A side's name without what explains it: that stands where the boundary is told. */
function shortly(name: string): string {
  return name.split(" (")[0] ?? name;
}

function oneBoundary(boundary: MapBoundary): Feature[] {
  const key = keyOf(boundary.agreement, boundary.boundary);
  const common = { key, agreed: isAgreed(boundary.agreed_by) };
  const found: Feature[] = [];
  const box = boundsOf(boundary.line, false);
  const about = box === null ? 0 : (box.west + box.east) / 2;
  const band = shapeOf(boundary.band).map((ring) => besideLon(ring, about));
  if (band.length > 0)
    found.push(feature({ type: "Polygon", coordinates: band }, { ...common, part: "band" }));
  found.push(
    feature({ type: "LineString", coordinates: boundary.line }, { ...common, part: "line" }),
  );
  const middle = middleOf(boundary.line);
  if (middle === null) return found;
  const lines = [
    boundary.name || boundary.boundary,
    sidedText(boundary.agreed_by, boundary.asserted_by),
  ];
  if (boundary.uncertainty_m > 0) lines.push(`± ${distanceText(boundary.uncertainty_m)}`);
  const name = lines.filter((line) => line !== "").join(" · ");
  const put = (part: string, label: string, side: number): void => {
    const upright = Math.abs(middle.turnDeg) <= 90;
    const rotate = upright ? middle.turnDeg : middle.turnDeg - Math.sign(middle.turnDeg) * 180;
    found.push(
      feature(
        { type: "Point", coordinates: part === "name" ? middle.name : middle.at },
        { ...common, part, label, rotate, above: side < 0 === upright, from: middle.fromZoom },
      ),
    );
  };
  put("name", name, -1);
  // Left of the way that the line runs is above it where the text runs that way too.
  put("side", shortly(boundary.left), -1);
  put("side", shortly(boundary.right), 1);
  return found;
}

/** So long is an edge on the screen that has room for its name and those of its sides. */
const SIDES_PX = 170;

/** Returns places for the names at the longest edge, how it lies, and from which zoom all have room. */
export function middleOf(
  line: readonly Point[],
): { at: Point; name: Point; turnDeg: number; fromZoom: number } | null {
  let best: { from: Point; to: Point; size: number } | null = null;
  let from: Point | null = null;
  for (const to of line) {
    if (from !== null) {
      const size = Math.hypot(to[0] - from[0], mercator(to[1]) - mercator(from[1]));
      if (best === null || size > best.size) best = { from, to, size };
    }
    from = to;
  }
  if (best === null || best.size === 0) return null;
  const [a, b] = [best.from, best.to];
  const turn = Math.atan2(-(mercator(b[1]) - mercator(a[1])), b[0] - a[0]);
  const fromZoom = Math.log2((SIDES_PX * 360) / (512 * best.size));
  const along = (share: number): Point => [
    a[0] + (b[0] - a[0]) * share,
    a[1] + (b[1] - a[1]) * share,
  ];
  return { at: along(0.8), name: along(0.25), turnDeg: (turn * 180) / Math.PI, fromZoom };
}

function mercator(lat: number): number {
  const sine = Math.sin((lat * Math.PI) / 180);
  return (Math.log((1 + sine) / (1 - sine)) * 90) / Math.PI;
}

/** Returns the features of intents: each volume, lit where it is activated and its window runs. */
export function intentFeatures(
  view: MapView,
  atUs: number,
  own: string,
  parties: ReadonlySet<string>,
): Feature[] {
  return view.intents.flatMap((intent) =>
    intent.volumes.flatMap((volume) =>
      oneVolume(intent, volume, atUs, sideOf(intent.party, own, parties)),
    ),
  );
}

/** Says whether a window holds an instant; without an end it is open there. */
export function isActive(
  volume: { from_us: number | null; to_us: number | null },
  atUs: number,
): boolean {
  return (
    (volume.from_us ?? Number.NEGATIVE_INFINITY) <= atUs &&
    atUs < (volume.to_us ?? Number.POSITIVE_INFINITY)
  );
}

function oneVolume(intent: MapIntent, volume: MapVolume, atUs: number, side: Side): Feature[] {
  const rings = shapeOf(volume.shape);
  if (rings.length === 0) return [];
  const key = keyOf(intent.agreement, intent.party, intent.intent);
  const active = intent.state === "Activated" && isActive(volume, atUs);
  const common = { key, side, active };
  const found = [feature({ type: "Polygon", coordinates: rings }, { ...common, part: "area" })];
  if (volume.shape.label === null) return found;
  const window = `${shortClock(volume.from_us)}–${shortClock(volume.to_us)}`;
  const state =
    intent.state === "Accepted" || intent.state === "Activated" ? "" : ` ${intent.state}`;
  const label = [
    `${intent.party} ${intent.flight || intent.intent}${state}`,
    window,
    `${limitText(volume.lower)}–${limitText(volume.upper)}`,
  ].join("\n");
  found.push(
    feature(
      { type: "Point", coordinates: volume.shape.label },
      { ...common, part: "label", label },
    ),
  );
  return found;
}

function shortClock(instantUs: number | null): string {
  return instantUs === null ? "…" : `${bare(clockText(instantUs)).slice(0, 5)}Z`;
}

/** Returns the features of places. */
export function placeFeatures(view: MapView): Feature[] {
  return view.places.map((place) =>
    feature({ type: "Point", coordinates: [place.lon_deg, place.lat_deg] }, { label: place.name }),
  );
}

/** Returns what lies behind the map; it decides nothing. */
export function layerFeatures(view: MapView): Feature[] {
  return view.layers.flatMap(
    (layer) => (layer.geojson as unknown as FeatureCollection).features ?? [],
  );
}

/** Returns what the map cannot draw, with why: none of it may be missing without a word. */
export function notDrawn(view: MapView): { name: string; why: string }[] {
  const found: { name: string; why: string }[] = [];
  const look = (name: string, drawn: DrawnShape): void => {
    if (drawn.why !== "") found.push({ name, why: drawn.why });
  };
  for (const zone of view.zones) {
    look(zone.name || zone.zone, zone.shape);
    zone.exclusions.forEach((each, index) => {
      if (each.rings.length === 0) look(zone.exclusion_names[index] ?? zone.name, each);
    });
  }
  for (const boundary of view.boundaries) look(boundary.name || boundary.boundary, boundary.band);
  for (const intent of view.intents) {
    for (const volume of intent.volumes) look(`${intent.party} ${intent.intent}`, volume.shape);
  }
  return found;
}
