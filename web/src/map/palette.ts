// The map's colours: those of the screen's own table (look/palette.ts), as a canvas needs them.
import { token } from "../look/tokens";

export type Colour = readonly [number, number, number];

const NAMES = {
  ground: "ground",
  land: "land",
  coast: "coast",
  graticule: "graticule",
  text: "text",
  quiet: "quiet",
  own: "own",
  other: "other",
  third: "third",
  warn: "warn",
  alarm: "alarm",
  selected: "selected",
  zoneHot: "zone-hot",
  zoneCold: "zone-cold",
  hatch: "hatch",
  band: "band",
  boundary: "boundary",
  intent: "intent",
} as const;

/** Each colour as "#rrggbb". */
export type Palette = Readonly<Record<keyof typeof NAMES, string>>;

/** Returns the colours in force. */
export function readPalette(): Palette {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const found: Partial<Record<keyof typeof NAMES, string>> = {};
  for (const [name, known] of Object.entries(NAMES)) {
    found[name as keyof typeof NAMES] = hexOf(context, token(known));
  }
  return found as Palette;
}

/** Returns any colour of CSS as six digits, by drawing it. */
function hexOf(context: CanvasRenderingContext2D | null, value: string): string {
  if (context === null) return "#808080";
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = "#808080";
  context.fillStyle = value;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return `#${[red, green, blue].map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

/** Returns the three parts of "#rrggbb", each 0 to 1. */
export function partsOfColour(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

/** Returns a colour with how much of it covers what is below. */
export function withAlpha(hex: string, alpha: number): string {
  const [red, green, blue] = partsOfColour(hex).map((each) => Math.round(each * 255));
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}
