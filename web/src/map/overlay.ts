// The 2-D canvas on top: data blocks with their leader lines, closest approaches, what is measured,
// degrees at the edges. Always from left to right, whatever the reader's language.

import type { TrackFrame } from "../live/frames";
import { bare, marginText, spanFloorText } from "../look/units";
import { direction, say } from "../text/language";
import { type Block, LINE_PX, PAD_PX } from "./blocks";
import { type Box, overlap } from "./declutter";
import type { Encounter } from "./encounters";
import { degreesOnScreen, onScreen, screenToDegrees, type View } from "./fixed";
import { type LonLat, placeAt, wayBetween } from "./geodesy";
import { NO_RING, SHORT_TERM, type Side } from "./looks";
import { type Palette, withAlpha } from "./palette";
import { drawnAt } from "./reckoning";
import { TEXTS } from "./texts";

export const FONT = '12px "Noto Sans", "Noto Sans Arabic", sans-serif';
const STRONG = `600 ${FONT}`;
const LABELLED_ENCOUNTERS_MAX = 12;
const DRAWN_ENCOUNTERS_MAX = 200;

/** A closest approach with the place of its label. */
export interface LabelledEncounter {
  encounter: Encounter;
  chosen: boolean;
  text: string;
  box: Box | null;
}

/** All that the canvas shows at one instant. */
export interface Scene {
  view: View;
  frame: TrackFrame;
  afterFrameS: number;
  blocks: readonly Block[];
  encounters: readonly LabelledEncounter[];
  measured: readonly LonLat[];
  /** The pointer while something is measured or chosen; the middle for the keyboard. */
  crosshair: readonly [number, number] | null;
}

/** The canvas. */
export class Overlay {
  private readonly context: CanvasRenderingContext2D | null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private palette: Palette,
  ) {
    this.context = canvas.getContext("2d");
  }

  takePalette(palette: Palette): void {
    this.palette = palette;
  }

  /** Returns the width of a text in a block. */
  measure = (text: string): number => {
    if (this.context === null) return 7 * text.length;
    this.context.font = STRONG;
    return this.context.measureText(text).width;
  };

  /** Paints all of it. */
  paint(scene: Scene): void {
    const { context, canvas } = this;
    if (context === null) return;
    const { widthPx, heightPx } = scene.view;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(widthPx * ratio), Math.round(heightPx * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, widthPx, heightPx);
    context.direction = "ltr";
    context.textBaseline = "top";
    context.textAlign = "left";
    this.degrees(context, scene.view);
    for (const each of scene.encounters) this.encounter(context, scene.view, each);
    for (const block of scene.blocks) this.block(context, scene, block);
    for (const each of scene.encounters) this.encounterLabel(context, each);
    this.measured(context, scene);
    if (scene.crosshair !== null) this.crosshair(context, scene.crosshair);
  }

  private side(side: Side): string {
    const { own, other, third } = this.palette;
    return side === 0 ? own : side === 1 ? other : third;
  }

  private block(context: CanvasRenderingContext2D, scene: Scene, block: Block): void {
    const [fixedX, fixedY] = drawnAt(scene.frame, block.index, scene.afterFrameS);
    const [x, y] = onScreen(scene.view, fixedX, fixedY);
    const [left, top] = [Math.round(x + block.dx), Math.round(y + block.dy)];
    const height = block.lines.length * LINE_PX + 2 * PAD_PX;
    const inAlert = block.ring !== NO_RING;
    const colour = this.side(block.side);
    this.leader(context, x, y, { left, top, width: block.width, height }, colour, inAlert);
    context.fillStyle = withAlpha(this.palette.ground, inAlert || block.selected ? 0.92 : 0.86);
    context.fillRect(left, top, block.width, height);
    if (inAlert || block.selected) {
      const short = block.ring === SHORT_TERM;
      context.strokeStyle = short
        ? this.palette.alarm
        : inAlert
          ? this.palette.warn
          : this.palette.text;
      context.lineWidth = short ? 2 : 1;
      context.strokeRect(left + 0.5, top + 0.5, block.width - 1, height - 1);
    }
    block.lines.forEach((text, line) => {
      const warns = block.ring === SHORT_TERM && line === 0;
      context.font = warns || line === block.lines.length - 2 ? STRONG : FONT;
      context.fillStyle = warns ? this.palette.alarm : colour;
      context.fillText(text, left + PAD_PX, top + PAD_PX + line * LINE_PX);
    });
  }

  private leader(
    context: CanvasRenderingContext2D,
    x: number,
    y: number,
    box: Box,
    colour: string,
    strong: boolean,
  ): void {
    const toX = Math.max(box.left, Math.min(x, box.left + box.width));
    const toY = Math.max(box.top, Math.min(y, box.top + box.height));
    const size = Math.hypot(toX - x, toY - y);
    const from = strong ? 15 : 7;
    if (size <= from) return;
    context.strokeStyle = withAlpha(colour, 0.8);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x + ((toX - x) * from) / size, y + ((toY - y) * from) / size);
    context.lineTo(toX, toY);
    context.stroke();
  }

  private encounter(context: CanvasRenderingContext2D, view: View, each: LabelledEncounter): void {
    const { encounter, chosen } = each;
    const colour = encounter.ring === SHORT_TERM ? this.palette.alarm : this.palette.warn;
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = chosen ? 2 : 1.25;
    const ends = encounter.at.map((place, which) => {
      const from = encounter.from[which] ?? place;
      const [x, y] = degreesOnScreen(view, from.lonDeg, from.latDeg);
      const [toX, toY] = degreesOnScreen(view, place.lonDeg, place.latDeg);
      context.setLineDash([6, 4]);
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(toX, toY);
      context.stroke();
      return [toX, toY] as const;
    });
    context.setLineDash([]);
    const [one, two] = ends;
    if (one === undefined || two === undefined) return;
    context.beginPath();
    context.moveTo(one[0], one[1]);
    context.lineTo(two[0], two[1]);
    context.stroke();
    for (const [x, y] of ends) {
      context.beginPath();
      context.moveTo(x - 4, y - 4);
      context.lineTo(x + 4, y + 4);
      context.moveTo(x - 4, y + 4);
      context.lineTo(x + 4, y - 4);
      context.stroke();
    }
    if (each.box === null) return;
    this.leader(context, (one[0] + two[0]) / 2, (one[1] + two[1]) / 2, each.box, colour, false);
  }

  private encounterLabel(context: CanvasRenderingContext2D, each: LabelledEncounter): void {
    const { box, encounter } = each;
    if (box === null) return;
    context.fillStyle = withAlpha(this.palette.ground, 0.92);
    context.fillRect(box.left, box.top, box.width, box.height);
    context.strokeStyle = encounter.ring === SHORT_TERM ? this.palette.alarm : this.palette.warn;
    context.lineWidth = each.chosen ? 2 : 1;
    context.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
    context.font = STRONG;
    context.fillStyle = this.palette.text;
    context.fillText(each.text, box.left + PAD_PX, box.top + PAD_PX);
  }

  private measured(context: CanvasRenderingContext2D, { view, measured }: Scene): void {
    const [from, to] = measured;
    if (from === undefined) return;
    context.strokeStyle = this.palette.text;
    context.fillStyle = this.palette.text;
    context.lineWidth = 1.5;
    const [x, y] = degreesOnScreen(view, from.lonDeg, from.latDeg);
    context.fillRect(x - 2.5, y - 2.5, 5, 5);
    if (to === undefined) return;
    const { metres, bearingDeg } = wayBetween(from, to);
    const parts = metres > 100_000 ? 48 : 8;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, y);
    let [lastX, lastY] = [x, y];
    for (let part = 1; part <= parts; part += 1) {
      const place = placeAt(from, bearingDeg, (metres * part) / parts);
      const [toX, toY] = degreesOnScreen(view, place.lonDeg, place.latDeg);
      // The copy of the map changes there: a line right across would say something else.
      if (Math.abs(toX - lastX) > view.widthPx / 2) context.moveTo(toX, toY);
      else context.lineTo(toX, toY);
      [lastX, lastY] = [toX, toY];
    }
    context.stroke();
    context.setLineDash([]);
    context.fillRect(lastX - 2.5, lastY - 2.5, 5, 5);
  }

  private crosshair(context: CanvasRenderingContext2D, [x, y]: readonly [number, number]): void {
    context.strokeStyle = this.palette.text;
    context.lineWidth = 1;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      context.moveTo(x + dx * 5, y + dy * 5);
      context.lineTo(x + dx * 18, y + dy * 18);
    }
    context.stroke();
  }

  /** Degrees of the graticule at the lower and the left edge. */
  private degrees(context: CanvasRenderingContext2D, view: View): void {
    const step = stepOf(view);
    const { lonDeg: west, latDeg: north } = screenToDegrees(view, 0, 0);
    const { latDeg: south } = screenToDegrees(view, 0, view.heightPx);
    const spanDeg = (view.widthPx / view.pxPerUnit / 2 ** 32) * 360;
    context.font = FONT;
    context.fillStyle = this.palette.quiet;
    for (let lon = Math.ceil(west / step) * step; lon <= west + spanDeg; lon += step) {
      const [x] = degreesOnScreen(view, lon, 0);
      if (x > 40 && x < view.widthPx - 60)
        context.fillText(lonText(lon), x + 3, view.heightPx - 17);
    }
    // On the side where the search box is: the tools are on the other.
    const fromRight = direction.peek() === "rtl";
    context.textAlign = fromRight ? "right" : "left";
    const side = fromRight ? view.widthPx - 4 : 4;
    for (let lat = Math.ceil(south / step) * step; lat <= north; lat += step) {
      const [, y] = degreesOnScreen(view, 0, lat);
      if (y > 60 && y < view.heightPx - 60) context.fillText(latText(lat), side, y - 15);
    }
    context.textAlign = "left";
  }
}

/** Returns the step of the degrees at the edges: that of the graticule drawn, or ten times it. */
function stepOf(view: View): number {
  const perDeg = (2 ** 32 / 360) * view.pxPerUnit;
  return [1 / 6, 0.5, 1, 2, 5, 10, 20, 30].find((step) => step * perDeg >= 110) ?? 30;
}

function lonText(lonDeg: number): string {
  const lon = lonDeg - 360 * Math.round(lonDeg / 360);
  const isMiddle = lon === 0 || Math.abs(lon) === 180;
  return `${degText(lon, 3)}${isMiddle ? "" : lon < 0 ? "W" : "E"}`;
}

function latText(latDeg: number): string {
  return `${degText(latDeg, 2)}${latDeg === 0 ? "" : latDeg < 0 ? "S" : "N"}`;
}

function degText(deg: number, digits: number): string {
  const minutes = Math.round(Math.abs(deg) * 60);
  const whole = String(Math.floor(minutes / 60)).padStart(digits, "0");
  return minutes % 60 === 0 ? `${whole}°` : `${whole}°${String(minutes % 60).padStart(2, "0")}′`;
}

/** Returns closest approaches with room for their labels, the chosen one and the soonest first. */
export function labelEncounters(
  encounters: readonly Encounter[],
  chosenKey: string,
  view: View,
  nowUs: number,
  measure: (text: string) => number,
  names: readonly Box[] = [],
): LabelledEncounter[] {
  const order = [...encounters]
    .slice(0, DRAWN_ENCOUNTERS_MAX)
    .sort((one, two) => Number(two.key === chosenKey) - Number(one.key === chosenKey));
  const taken: Box[] = [];
  return order.map((encounter, rank) => {
    const text = bare(
      say(TEXTS, "least", {
        horizontal: marginText(encounter.horizontalM, "distance"),
        vertical: marginText(encounter.verticalM, "height"),
      }) + lossText(encounter, nowUs),
    );
    const chosen = encounter.key === chosenKey;
    const found =
      rank < LABELLED_ENCOUNTERS_MAX || chosen
        ? (roomFor(encounter, view, measure(text), [...taken, ...names]) ??
          roomFor(encounter, view, measure(text), taken))
        : null;
    if (found !== null) taken.push(found);
    return { encounter, chosen, text, box: found };
  });
}

/** Returns the time to the loss, as the list of alerts counts it; "" once that has come. */
function lossText({ lossUs }: Encounter, nowUs: number): string {
  if (lossUs === null || lossUs < nowUs) return "";
  return ` · ${spanFloorText((lossUs - nowUs) / 1e6)}`;
}

function roomFor(
  encounter: Encounter,
  view: View,
  textPx: number,
  taken: readonly Box[],
): Box | null {
  const [one, two] = encounter.at;
  const [x1, y1] = degreesOnScreen(view, one.lonDeg, one.latDeg);
  const [x2, y2] = degreesOnScreen(view, two.lonDeg, two.latDeg);
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  if (x < 0 || y < 0 || x > view.widthPx || y > view.heightPx) return null;
  const [width, height] = [Math.ceil(textPx) + 2 * PAD_PX, LINE_PX + 2 * PAD_PX];
  for (const [dx, dy] of [
    [16, 18],
    [-width - 16, 18],
    [16, -height - 18],
    [-width - 16, -height - 18],
    [16, 44],
  ] as const) {
    const box = { left: Math.round(x + dx), top: Math.round(y + dy), width, height };
    const inView =
      box.left > 0 &&
      box.top > 0 &&
      box.left + width < view.widthPx &&
      box.top + height < view.heightPx;
    if (inView && !taken.some((each) => overlap(each, box))) return box;
  }
  return null;
}
