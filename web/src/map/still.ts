// Keeps what lies still on the map: told again only where it changed, for each time repaints the map.
import { effect } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as GroundMap } from "maplibre-gl";
import type { MapView, ScreenView } from "../api/types";
import { map, mode, screen, selection, units } from "../shell/state";
import { language } from "../text/language";
import { EMPTY, graticule, NO_BASE_MAP, WITH_BORDERS, wholeMap } from "./basemap";
import {
  boundaryFeatures,
  intentFeatures,
  keyOf,
  layerFeatures,
  placeFeatures,
  zoneFeatures,
} from "./features";
import { partiesOf } from "./looks";
import { activity, ownParty, stillUs } from "./mapstate";
import type { Palette } from "./palette";
import { cross, hatch } from "./patterns";
import { NOTHING, type SourceName, styleOf } from "./style";

const NAMED_MAX = 200;
const named = new Map<SourceName, readonly StillName[]>();

/** A name that the map writes about a point, and where. */
export interface StillName {
  lonDeg: number;
  latDeg: number;
  lines: readonly string[];
}

/** Returns the names of zones and intents, for blocks to keep off them. */
export function stillNames(): StillName[] {
  return [...named.values()].flat().slice(0, NAMED_MAX);
}

function namesIn(features: FeatureCollection["features"]): StillName[] {
  return features.flatMap(({ geometry, properties }) => {
    const [lonDeg, latDeg] = geometry.type === "Point" ? geometry.coordinates : [];
    if (properties?.["part"] !== "label" || lonDeg === undefined || latDeg === undefined) return [];
    return [{ lonDeg, latDeg, lines: String(properties["label"]).split("\n") }];
  });
}

/** Gives the map its data and keeps them so, until the returned function is called. */
export function keepStill(ground: GroundMap): () => void {
  const put = (name: SourceName, features: FeatureCollection["features"]): void => {
    ground.getSource<GeoJSONSource>(name)?.setData({ type: "FeatureCollection", features });
    if (name === "zones" || name === "intents") named.set(name, namesIn(features));
  };
  const ends = [
    keepZones(put),
    keepOthers(put),
    keepIntents(put),
    keepChosen(ground),
    keepBase(put),
  ];
  return () => {
    for (const end of ends) end();
  };
}

type Put = (name: SourceName, features: FeatureCollection["features"]) => void;

function keepZones(put: Put): () => void {
  let shown: MapView | null = null;
  let shownKey = "";
  return effect(() => {
    const [view, now] = [map.value, screen.value];
    const aheadUs = mode.value === "PLAN" ? stillUs.value : null;
    const key = `${language.value} ${units.value} ${aheadUs ?? ""} ${statesOf(now)}`;
    if (view === shown && key === shownKey) return;
    [shown, shownKey] = [view, key];
    put("zones", view === null ? [] : zoneFeatures(view, now, aheadUs));
  });
}

function statesOf(now: ScreenView | null): string {
  return (now?.zones ?? [])
    .map(({ view }) =>
      [view.agreement, view.zone, view.shown, view.activity, view.promulgation].join(" "),
    )
    .join("\n");
}

function keepOthers(put: Put): () => void {
  return effect(() => {
    const view = map.value;
    // Texts of both follow the reader's language and units.
    language.value;
    units.value;
    put("boundaries", view === null ? [] : boundaryFeatures(view));
    put("places", view === null ? [] : placeFeatures(view));
    put("layers", view === null ? [] : layerFeatures(view));
  });
}

function keepIntents(put: Put): () => void {
  return effect(() => {
    const view = map.value;
    language.value;
    units.value;
    activity.value;
    const parties = [...partiesOf(screen.peek())];
    put(
      "intents",
      view === null ? [] : intentFeatures(view, stillUs.peek(), ownParty.value, new Set(parties)),
    );
  });
}

/** Marks the zone, boundary or intent that is selected. */
function keepChosen(ground: GroundMap): () => void {
  return effect(() => {
    const chosen = selection.value;
    const mark = (layer: string, key: string | null, part: string): void => {
      const wanted = ["all", ["==", ["get", "key"], key ?? ""], ["==", ["get", "part"], part]];
      ground.setFilter(layer, key === null ? NOTHING : (wanted as typeof NOTHING));
    };
    mark(
      "chosen-zones",
      chosen?.kind === "zone" ? keyOf(chosen.agreement, chosen.zone) : null,
      "outline",
    );
    mark(
      "chosen-boundaries",
      chosen?.kind === "boundary" ? keyOf(chosen.agreement, chosen.boundary) : null,
      "line",
    );
    const intent = chosen?.kind === "intent" ? chosen : null;
    mark("chosen-intents", intent && keyOf(intent.agreement, intent.party, intent.intent), "area");
  });
}

function keepBase(put: Put): () => void {
  let asked = "";
  return effect(() => {
    const choice = map.value?.base_map;
    const reader = language.value;
    const wanted =
      choice === undefined ? "" : choice === WITH_BORDERS ? `${choice} ${reader}` : choice;
    if (wanted === asked) return;
    asked = wanted;
    const isCurrent = (): boolean => asked === wanted;
    void drawBase(put, choice, reader, isCurrent);
  });
}

async function drawBase(
  put: Put,
  choice: string | undefined,
  reader: string,
  isCurrent: () => boolean,
): Promise<void> {
  put("graticule", graticule(10).features);
  put("fine", graticule(1).features);
  const none = choice === undefined || choice === NO_BASE_MAP;
  if (none) {
    for (const name of ["land", "borders", "countries"] as const) put(name, EMPTY.features);
    return;
  }
  try {
    const whole = await wholeMap(choice === WITH_BORDERS);
    if (!isCurrent()) return;
    put("land", whole.land.features);
    put("borders", whole.borders.features);
    put("countries", whole.countries(reader).features);
  } catch {
    // Without its coast the map says less, and nothing wrong: graticule and degrees are there.
  }
}

/** Gives the map the colours in force. */
export function colourMap(ground: GroundMap, palette: Palette): void {
  for (const layer of styleOf(palette).layers) {
    const paint: Record<string, unknown> = layer.paint ?? {};
    for (const [name, value] of Object.entries(paint)) {
      ground.setPaintProperty(
        layer.id,
        name as Parameters<GroundMap["setPaintProperty"]>[1],
        value as never,
      );
    }
  }
  putPatterns(ground, palette);
}

/** Draws the hatches anew. */
export function putPatterns(ground: GroundMap, palette: Palette): void {
  const ratio = devicePixelRatio > 1 ? 2 : 1;
  const all = {
    hatch: hatch(palette, false, ratio),
    "hatch-asked": hatch(palette, true, ratio),
    cross: cross(palette, ratio),
  };
  for (const [name, image] of Object.entries(all)) {
    if (ground.hasImage(name)) ground.updateImage(name, image);
    else ground.addImage(name, image, { pixelRatio: ratio });
  }
}
