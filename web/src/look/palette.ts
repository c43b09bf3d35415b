// The colours, once: palette.css is made from this table, and palette.test.ts measures it.
//
// Rules: red is for a loss of separation and what comes within two minutes, yellow for warnings, and
// for nothing else; a line that is off is a fact and is not red. At most four hues on the map and
// seven in all. No state is told by its colour alone: STATES has what else tells it. The light theme
// tells states apart by steps of lightness, since hues collapse on a white ground.
//
// After a change: `npx vitest run src/look -u` makes palette.css anew.

export type ThemeName = "dark" | "light";

const DARK = {
  // Grounds, from the back to the front; land lies on ground, which is the sea.
  ground: "#0f1720",
  land: "#1a2530",
  pane: "#16212d",
  raised: "#1f2d3c",
  // Lines that part things, and edges of what can be used.
  rule: "#33475b",
  edge: "#74889c",
  coast: "#4a6076",
  graticule: "#263646",
  text: "#e8eef4",
  quiet: "#a9b8c7",
  // Parties.
  own: "#4fb0ec",
  other: "#ffb4e2",
  third: "#98a1ab",
  // Classes of urgency.
  warn: "#ffe04a",
  alarm: "#ff6a5c",
  good: "#8fe3a8",
  // Modes that are not now.
  replay: "#b9a7ff",
  plan: "#4fd0c8",
  // Without a hue: their pattern tells them.
  focus: "#ffffff",
  selected: "#ffffff",
  "zone-hot": "#dfe6ed",
  "zone-cold": "#93a3b3",
  hatch: "#93a3b3",
  band: "#7f90a1",
  boundary: "#c2cdd8",
  intent: "#b3c0cd",
  // Text on a ground of that colour.
  "on-own": "#06202f",
  "on-other": "#33102a",
  "on-third": "#14191e",
  "on-warn": "#1c1600",
  "on-alarm": "#2b0300",
  "on-good": "#04220d",
  "on-replay": "#150c38",
  "on-plan": "#02201e",
  // What is written across the screen: not live.
  banner: "#ffe04a",
  "on-banner": "#1c1600",
};

export type TokenName = keyof typeof DARK;
export type Palette = Readonly<Record<TokenName, string>>;

const LIGHT: Palette = {
  ground: "#f3f6f9",
  land: "#e9edf0",
  pane: "#ffffff",
  raised: "#e6ebf1",
  rule: "#b9c4cf",
  edge: "#6b7a89",
  coast: "#93a1ae",
  graticule: "#d3dbe3",
  text: "#10171e",
  quiet: "#43505c",
  own: "#0a5cb0",
  other: "#9a2c85",
  third: "#2f3840",
  warn: "#836200",
  alarm: "#8c0410",
  good: "#14703a",
  replay: "#5b3fb5",
  plan: "#0a6660",
  focus: "#10171e",
  selected: "#10171e",
  "zone-hot": "#1f2a34",
  "zone-cold": "#5d6b78",
  hatch: "#5d6b78",
  band: "#6f7d8a",
  boundary: "#36434f",
  intent: "#4d5b68",
  "on-own": "#ffffff",
  "on-other": "#ffffff",
  "on-third": "#ffffff",
  "on-warn": "#ffffff",
  "on-alarm": "#ffffff",
  "on-good": "#ffffff",
  "on-replay": "#ffffff",
  "on-plan": "#ffffff",
  banner: "#ffd42a",
  "on-banner": "#1c1600",
};

/** What changes where the reader's system asks for more contrast. */
const DARK_MORE: Partial<Palette> = {
  ground: "#000000",
  land: "#0d1319",
  pane: "#05090d",
  raised: "#141d26",
  rule: "#8ea0b2",
  edge: "#c2cfdb",
  coast: "#8ea0b2",
  text: "#ffffff",
  quiet: "#dbe4ec",
  "zone-cold": "#c2cfdb",
  hatch: "#c2cfdb",
  band: "#b3c0cd",
  boundary: "#ffffff",
  intent: "#dbe4ec",
};

const LIGHT_MORE: Partial<Palette> = {
  ground: "#ffffff",
  land: "#f3f5f7",
  pane: "#ffffff",
  raised: "#f0f3f6",
  rule: "#55636f",
  edge: "#2b3843",
  coast: "#55636f",
  text: "#000000",
  quiet: "#222d36",
  third: "#1b2229",
  warn: "#785900",
  alarm: "#740008",
  good: "#0a5c2c",
  "zone-cold": "#33404c",
  hatch: "#33404c",
  band: "#3f4d5a",
  boundary: "#000000",
  intent: "#222d36",
};

/** Every table that a reader can get. */
export const PALETTES: Readonly<Record<string, Palette>> = {
  dark: DARK,
  light: LIGHT,
  "dark, more contrast": { ...DARK, ...DARK_MORE },
  "light, more contrast": { ...LIGHT, ...LIGHT_MORE },
};

export const GROUNDS = ["ground", "land", "pane", "raised"] as const satisfies TokenName[];
/** What words are written in: 4.5:1 on every ground. */
export const TEXT_TOKENS = [
  ...(["text", "quiet", "own", "other", "third", "warn", "alarm", "good"] as const),
  ...(["replay", "plan"] as const),
] satisfies TokenName[];
/** What symbols, edges and patterns are drawn in: 3:1 on every ground. */
export const SYMBOL_TOKENS = [
  ...(["edge", "focus", "selected", "zone-hot", "zone-cold", "hatch", "band"] as const),
  ...(["boundary", "intent"] as const),
] satisfies TokenName[];
/** What the map is drawn in. */
export const MAP_TOKENS = [
  ...(["ground", "land", "coast", "graticule", "text", "quiet", "own", "other", "third"] as const),
  ...(["warn", "alarm", "focus", "selected", "zone-hot", "zone-cold", "hatch", "band"] as const),
  ...(["boundary", "intent"] as const),
] satisfies TokenName[];

/** How a state is told: by its colour, and by what needs no colour. */
export interface Told {
  token: TokenName;
  /** What is seen where no colour is: form, pattern or mark. No two states have the same. */
  shape: string;
  on: "map" | "line" | "record";
}

/** Each state that a colour stands for. */
export const STATES: Readonly<Record<string, Told>> = {
  "own aircraft": { token: "own", shape: "square", on: "map" },
  "other party's aircraft": { token: "other", shape: "diamond", on: "map" },
  "aircraft of a third, or not known whose": { token: "third", shape: "circle", on: "map" },
  "short-term": { token: "alarm", shape: "thick double ring, filled triangle", on: "map" },
  "own move only": { token: "warn", shape: "double ring, half diamond", on: "map" },
  coordinate: { token: "warn", shape: "one thin ring, empty disc", on: "map" },
  "zone hot": { token: "zone-hot", shape: "hatched", on: "map" },
  "zone not confirmed cold": {
    token: "zone-hot",
    shape: "hatched with a question mark",
    on: "map",
  },
  "zone cold": { token: "zone-cold", shape: "outline only", on: "map" },
  boundary: { token: "boundary", shape: "line", on: "map" },
  "band of a boundary": { token: "band", shape: "dotted edges", on: "map" },
  intent: { token: "intent", shape: "dashed outline", on: "map" },
  selected: { token: "selected", shape: "four corners", on: "map" },
  "line open": { token: "good", shape: "whole disc", on: "line" },
  "line degraded": { token: "warn", shape: "triangle with a stroke", on: "line" },
  "line suspended": { token: "warn", shape: "two bars in a square", on: "line" },
  "line down": { token: "text", shape: "cross", on: "line" },
  "record intact": { token: "good", shape: "single frame", on: "record" },
  "record partly witnessed": { token: "warn", shape: "dashed frame", on: "record" },
  "record not intact": { token: "warn", shape: "double frame", on: "record" },
};

/** The system's own colours, where the reader's system forces them. */
const FORCED: Palette = {
  ground: "Canvas",
  land: "Canvas",
  pane: "Canvas",
  raised: "Canvas",
  rule: "CanvasText",
  edge: "CanvasText",
  coast: "GrayText",
  graticule: "GrayText",
  text: "CanvasText",
  quiet: "CanvasText",
  own: "CanvasText",
  other: "CanvasText",
  third: "CanvasText",
  warn: "CanvasText",
  alarm: "CanvasText",
  good: "CanvasText",
  replay: "CanvasText",
  plan: "CanvasText",
  focus: "Highlight",
  selected: "Highlight",
  "zone-hot": "CanvasText",
  "zone-cold": "CanvasText",
  hatch: "CanvasText",
  band: "CanvasText",
  boundary: "CanvasText",
  intent: "CanvasText",
  "on-own": "Canvas",
  "on-other": "Canvas",
  "on-third": "Canvas",
  "on-warn": "Canvas",
  "on-alarm": "Canvas",
  "on-good": "Canvas",
  "on-replay": "Canvas",
  "on-plan": "Canvas",
  banner: "Canvas",
  "on-banner": "CanvasText",
};

function block(indent: string, selector: string, of: Partial<Palette>, scheme = ""): string {
  const lines = Object.entries(of).map(([name, value]) => `${indent}  --${name}: ${value};`);
  if (scheme) lines.push(`${indent}  color-scheme: ${scheme};`);
  return `${indent}${selector} {\n${lines.join("\n")}\n${indent}}\n`;
}

const SYSTEM_LIGHT = "@media (prefers-color-scheme: light)";
const UNLESS_DARK = ':root:not([data-theme="dark"])';
const CHOSEN_LIGHT = ':root[data-theme="light"]';

/** Returns the style sheet of the table: system, chosen, with more contrast, forced. */
export function paletteCss(): string {
  return [
    "/* Made from palette.ts by `npx vitest run src/look -u`; not written by hand. */\n",
    block("", ":root", DARK, "dark"),
    `${SYSTEM_LIGHT} {\n${block("  ", UNLESS_DARK, LIGHT, "light")}}\n`,
    block("", CHOSEN_LIGHT, LIGHT, "light"),
    `@media (prefers-contrast: more) {\n${block("  ", ":root", DARK_MORE)}}\n`,
    `@media (prefers-contrast: more) and (prefers-color-scheme: light) {\n`,
    `${block("  ", UNLESS_DARK, LIGHT_MORE)}}\n`,
    `@media (prefers-contrast: more) {\n${block("  ", CHOSEN_LIGHT, LIGHT_MORE)}}\n`,
    `@media (forced-colors: active) {\n`,
    `${block("  ", ":root:root:root", FORCED, "light dark")}}\n`,
  ].join("");
}
