// The map's style: what lies still, in layers from the ground up. No glyphs and no sprite: text is
// drawn by the browser, hatches by patterns.ts, and nothing is asked of anybody.
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { type Palette, withAlpha } from "./palette";

export const SOURCES = [
  "land",
  "borders",
  "countries",
  "graticule",
  "fine",
  "layers",
  "places",
  "zones",
  "boundaries",
  "intents",
] as const;
export type SourceName = (typeof SOURCES)[number];
export const FONT = ["Noto Sans", "Noto Sans Arabic"];
/** Layers that a click looks at, the ones on top first. */
export const CLICKED = ["intent-area", "boundary-hit", "zone-hit"] as const;
/** A filter that nothing passes. */
export const NOTHING: ExpressionSpecification = ["==", ["get", "key"], ""];

type Is = [string, string | number | boolean];

function where(...all: Is[]): ExpressionSpecification {
  const parts = all.map(([name, value]) => ["==", ["get", name], value]);
  return ["all", ...parts] as unknown as ExpressionSpecification;
}

/** Returns the whole style for a palette, with empty sources. */
export function styleOf(palette: Palette): StyleSpecification {
  const sources: StyleSpecification["sources"] = {};
  for (const name of SOURCES) {
    sources[name] = { type: "geojson", data: { type: "FeatureCollection", features: [] } };
  }
  return {
    version: 8,
    sources,
    layers: [
      ...groundLayers(palette),
      ...zoneLayers(palette),
      ...intentLayers(palette),
      ...boundaryLayers(palette),
      ...chosenLayers(palette),
      ...labelLayers(palette),
    ],
  };
}

function groundLayers(palette: Palette): LayerSpecification[] {
  const line = (id: string, source: SourceName, color: string, width: number, minzoom = 0) =>
    ({
      id,
      type: "line",
      source,
      minzoom,
      paint: { "line-color": color, "line-width": width },
    }) satisfies LayerSpecification;
  return [
    { id: "ground", type: "background", paint: { "background-color": palette.ground } },
    { id: "land", type: "fill", source: "land", paint: { "fill-color": palette.land } },
    line("fine", "fine", withAlpha(palette.graticule, 0.6), 0.75, 5.5),
    line("graticule", "graticule", palette.graticule, 0.75),
    line("coast", "land", palette.coast, 1),
    {
      id: "borders",
      type: "line",
      source: "borders",
      paint: { "line-color": palette.quiet, "line-width": 0.75, "line-dasharray": [4, 3] },
    },
    {
      id: "layers",
      type: "line",
      source: "layers",
      paint: {
        "line-color": withAlpha(palette.quiet, 0.6),
        "line-width": 1,
        "line-dasharray": [1, 3],
      },
    },
  ];
}

function zoneLayers(palette: Palette): LayerSpecification[] {
  const area = (id: string, look: string, pattern: string): LayerSpecification => ({
    id,
    type: "fill",
    source: "zones",
    filter: where(["part", "area"], ["look", look]),
    paint: { "fill-pattern": pattern },
  });
  const outline = (look: "cold" | "warm", agreed: boolean): LayerSpecification => ({
    id: `zone-line-${look}-${agreed ? "agreed" : "sided"}`,
    type: "line",
    source: "zones",
    filter: [
      "all",
      where(["part", "outline"], ["agreed", agreed]),
      [look === "cold" ? "==" : "!=", ["get", "look"], "cold"],
    ] as unknown as ExpressionSpecification,
    paint: {
      "line-color": look === "cold" ? palette.zoneCold : palette.zoneHot,
      "line-width": look === "cold" ? 1.25 : 2,
      ...(agreed ? {} : { "line-dasharray": [3, 2] }),
    },
  });
  return [
    {
      id: "zone-hit",
      type: "fill",
      source: "zones",
      filter: where(["part", "outline"]),
      paint: { "fill-color": palette.text, "fill-opacity": 0 },
    },
    area("zone-hot", "hot", "hatch"),
    area("zone-unknown", "unknown", "hatch-asked"),
    outline("cold", true),
    outline("cold", false),
    outline("warm", true),
    outline("warm", false),
    {
      id: "zone-hole",
      type: "line",
      source: "zones",
      filter: where(["part", "hole"]),
      paint: { "line-color": palette.quiet, "line-width": 1, "line-dasharray": [2, 2] },
    },
  ];
}

function bySide(palette: Palette): ExpressionSpecification {
  return ["match", ["get", "side"], 0, palette.own, 1, palette.other, palette.third];
}

function intentLayers(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "intent-area",
      type: "fill",
      source: "intents",
      filter: where(["part", "area"]),
      paint: {
        "fill-color": bySide(palette),
        "fill-opacity": ["case", ["get", "active"], 0.16, 0],
      },
    },
    {
      id: "intent-lit",
      type: "line",
      source: "intents",
      filter: where(["part", "area"], ["active", true]),
      paint: { "line-color": bySide(palette), "line-width": 1.75 },
    },
    {
      id: "intent-outlined",
      type: "line",
      source: "intents",
      filter: where(["part", "area"], ["active", false]),
      paint: { "line-color": bySide(palette), "line-width": 1, "line-dasharray": [1.5, 3] },
    },
  ];
}

function boundaryLayers(palette: Palette): LayerSpecification[] {
  const line = (agreed: boolean): LayerSpecification => ({
    id: agreed ? "boundary-agreed" : "boundary-sided",
    type: "line",
    source: "boundaries",
    filter: where(["part", "line"], ["agreed", agreed]),
    layout: { "line-join": "round" },
    paint: {
      "line-color": palette.boundary,
      "line-width": 2.5,
      ...(agreed ? {} : { "line-dasharray": [3, 2] }),
    },
  });
  return [
    {
      id: "boundary-band",
      type: "fill",
      source: "boundaries",
      filter: where(["part", "band"]),
      paint: { "fill-color": palette.band, "fill-opacity": 0.14 },
    },
    {
      id: "boundary-edge",
      type: "line",
      source: "boundaries",
      filter: where(["part", "band"]),
      paint: { "line-color": palette.band, "line-width": 0.75, "line-dasharray": [2, 4] },
    },
    line(true),
    line(false),
    {
      id: "boundary-hit",
      type: "line",
      source: "boundaries",
      filter: where(["part", "line"]),
      paint: { "line-color": palette.text, "line-width": 12, "line-opacity": 0 },
    },
  ];
}

/** Layers of what is selected; map/board.ts sets their filters. */
export const CHOSEN = ["chosen-zones", "chosen-boundaries", "chosen-intents"] as const;

function chosenLayers(palette: Palette): LayerSpecification[] {
  return CHOSEN.map((id) => ({
    id,
    type: "line",
    source: id.slice("chosen-".length),
    filter: NOTHING,
    paint: { "line-color": palette.selected, "line-width": 1.5, "line-gap-width": 5 },
  }));
}

/** Returns a layer of texts at points, in the reader's own fonts. */
function labelLayer(
  palette: Palette,
  id: string,
  source: SourceName,
  filter: ExpressionSpecification,
  color: string | ExpressionSpecification,
  more: Record<string, unknown> = {},
  minzoom = 0,
): LayerSpecification {
  return {
    id,
    type: "symbol",
    source,
    minzoom,
    filter,
    layout: {
      "text-field": ["get", "label"],
      "text-font": FONT,
      "text-size": 11.5,
      "text-max-width": 40,
      "text-padding": 3,
      ...more,
    },
    paint: { "text-color": color, "text-halo-color": palette.ground, "text-halo-width": 1.5 },
  };
}

function labelLayers(palette: Palette): LayerSpecification[] {
  return [
    labelLayer(palette, "country-label", "countries", ["has", "label"], palette.quiet, {
      "text-size": 12,
    }),
    labelLayer(palette, "place-label", "places", ["has", "label"], palette.quiet, {
      "icon-image": "cross",
      "icon-allow-overlap": true,
      "text-variable-anchor": ["left", "right", "top", "bottom"],
      "text-radial-offset": 0.6,
      "text-optional": true,
    }),
    labelLayer(
      palette,
      "hole-label",
      "zones",
      where(["part", "hole label"]),
      palette.quiet,
      { "text-size": 11 },
      7.5,
    ),
    labelLayer(palette, "intent-label", "intents", where(["part", "label"]), bySide(palette), {
      "text-size": 11,
      "symbol-sort-key": ["case", ["get", "active"], 0, 1],
      "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
    }),
    labelLayer(
      palette,
      "side-label",
      "boundaries",
      [
        "all",
        where(["part", "side"]),
        [">=", ["zoom"], ["get", "from"]],
      ] as ExpressionSpecification,
      palette.text,
      {
        "text-rotate": ["get", "rotate"],
        "text-anchor": ["case", ["get", "above"], "bottom", "top"],
        "text-offset": ["case", ["get", "above"], ["literal", [0, -0.5]], ["literal", [0, 0.5]]],
        "text-rotation-alignment": "map",
        "text-allow-overlap": true,
      },
      6.5,
    ),
    labelLayer(
      palette,
      "boundary-label",
      "boundaries",
      where(["part", "name"]),
      palette.text,
      {
        "text-rotate": ["get", "rotate"],
        "text-anchor": "bottom",
        "text-max-width": 22,
        "text-offset": [0, -0.5],
        "text-rotation-alignment": "map",
      },
      5,
    ),
    labelLayer(palette, "zone-label", "zones", where(["part", "label"]), palette.text, {
      "text-size": 12,
      "symbol-sort-key": ["case", ["==", ["get", "look"], "cold"], 1, 0],
      "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
    }),
  ];
}
