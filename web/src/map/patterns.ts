// The hatches of zones, drawn here: hot, and not confirmed cold (the same with a question mark).
import { type Palette, partsOfColour } from "./palette";

const TILE = 32;
const STEP = 8;

export interface Pattern {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/** Returns the hatch of a hot zone; with question marks where that is not known. */
export function hatch(palette: Palette, asked: boolean, ratio: number): Pattern {
  const size = TILE * ratio;
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  context.scale(ratio, ratio);
  context.strokeStyle = palette.hatch;
  context.globalAlpha = 0.75;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = -TILE; at < 2 * TILE; at += STEP) {
    context.moveTo(at, TILE);
    context.lineTo(at + TILE, 0);
  }
  context.stroke();
  if (asked) question(context, palette);
  return { width: size, height: size, data: context.getImageData(0, 0, size, size).data };
}

function question(context: CanvasRenderingContext2D, palette: Palette): void {
  context.globalAlpha = 1;
  context.globalCompositeOperation = "destination-out";
  context.beginPath();
  context.arc(TILE / 2, TILE / 2, 7.5, 0, 2 * Math.PI);
  context.fill();
  context.globalCompositeOperation = "source-over";
  context.globalAlpha = 0.9;
  context.fillStyle = palette.zoneHot;
  context.font = '600 13px "Noto Sans", sans-serif';
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("?", TILE / 2, TILE / 2 + 0.5);
}

/** Returns a small cross for places, in the colour of quiet text. */
export function cross(palette: Palette, ratio: number): Pattern {
  const size = 10 * ratio;
  const data = new Uint8ClampedArray(size * size * 4);
  const [red, green, blue] = partsOfColour(palette.quiet).map((each) => Math.round(each * 255));
  const middle = Math.floor(size / 2);
  const half = Math.max(1, Math.round(ratio / 2));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (Math.abs(x - middle) >= half && Math.abs(y - middle) >= half) continue;
      data.set([red ?? 0, green ?? 0, blue ?? 0, 255], (y * size + x) * 4);
    }
  }
  return { width: size, height: size, data };
}
