// Data blocks: which aircraft have one, what it says, and where it goes.
import { type AltitudeReference, NO_COURSE, REFERENCES, type TrackFrame } from "../live/frames";
import { bare, heightText, levelText } from "../look/units";
import { units } from "../shell/state";
import { say } from "../text/language";
import { type Box, declutter, type Placed, type Wish } from "./declutter";
import { onScreen, unitsPerMetre, type View } from "./fixed";
import { type Looks, NO_RING, OTHER, OWN, type RingClass, SHORT_TERM, type Side } from "./looks";
import {
  COASTING,
  drawnAt,
  fixedPlaces,
  isOnMap,
  isReckoned,
  RECKONED_S_MAX,
  WATCHED,
} from "./reckoning";
import { TEXTS } from "./texts";

/** At most so many blocks: more cannot be read. */
export const BLOCKS_MAX = 300;
/** Which aircraft have a block: all that fit; own, selected and in alert; selected and in alert. */
export type Labelling = "all" | "main" | "alerts";
export const LINE_PX = 14;
export const PAD_PX = 3;
const CLIMB_CMPS_LEAST = 150;
/** No speed in a frame is more (16 bits of 0.1 m/s), times what latitude stretches near an edge. */
const FASTEST_MPS = 6_553.5;

/** A block to draw. */
export interface Block {
  number: number;
  /** Its row in the frame. */
  index: number;
  side: Side;
  ring: RingClass;
  selected: boolean;
  lines: readonly string[];
  width: number;
  dx: number;
  dy: number;
}

/** What is in view, and the blocks of it. */
export interface Layout {
  blocks: Block[];
  inView: number;
  /** In view and wanted by the labelling, but without a block for want of room. */
  withoutBlock: number;
}

/** Returns the second line: level with its trend, speed in tens, age where that matters. */
export function figuresText(frame: TrackFrame, index: number): string {
  const reference: AltitudeReference = REFERENCES[frame.reference[index] ?? 0] ?? "WGS84";
  const parts = [
    levelShort((frame.altitudeDm[index] ?? 0) / 10, reference) + trendOf(frame, index),
  ];
  if (frame.courseCdeg[index] !== NO_COURSE) {
    parts.push(speedTens((frame.speedDmps[index] ?? 0) / 10));
  }
  if (frame.status[index] !== WATCHED)
    parts.push(`+${Math.round((frame.ageDs[index] ?? 0) / 10)}s`);
  return parts.join(" ");
}

function trendOf(frame: TrackFrame, index: number): string {
  const climb = frame.climbCmps[index] ?? 0;
  if (frame.courseCdeg[index] === NO_COURSE || Math.abs(climb) < CLIMB_CMPS_LEAST) return "";
  return climb > 0 ? "↑" : "↓";
}

/** A level keeps its reference: an altitude that is read as a flight level is a hazard. */
function levelShort(metres: number, reference: AltitudeReference): string {
  if (reference === "STD") return bare(levelText(metres, "STD"));
  return `${bare(heightText(metres)).replace(" ", "")} ${reference}`;
}

function speedTens(mps: number): string {
  const tens = units.value === "aviation" ? (mps * 3600) / 1852 / 10 : (mps * 3.6) / 10;
  return String(Math.round(tens)).padStart(2, "0");
}

/** Returns the lines of a block. */
export function linesOf(frame: TrackFrame, index: number, name: string, ring: RingClass): string[] {
  const lines = [name, figuresText(frame, index)];
  if (ring === SHORT_TERM) lines.unshift(say(TEXTS, "shortTerm"));
  return lines;
}

/** Returns which way a track flies on the screen. */
function aheadOf(frame: TrackFrame, index: number): readonly [number, number] | null {
  if (!isReckoned(frame, index)) return null;
  const course = ((frame.courseCdeg[index] ?? 0) * Math.PI) / 18_000;
  return [Math.sin(course), -Math.cos(course)];
}

interface Candidate {
  index: number;
  number: number;
  x: number;
  y: number;
  rank: number;
}

/** Lays blocks out; keeps what it can where it was. */
export class BlockLayout {
  private before = new Map<number, readonly [number, number]>();
  private pinned = new Map<number, readonly [number, number]>();

  /** Puts the block of an aircraft where the reader dragged it. */
  pin(number: number, offset: readonly [number, number]): void {
    if (this.pinned.size >= 50) this.pinned.delete(this.pinned.keys().next().value ?? -1);
    this.pinned.set(number, offset);
  }

  /** Returns the layout of a frame. */
  make(
    frame: TrackFrame,
    looks: Looks,
    view: View,
    afterFrameS: number,
    labelling: Labelling,
    measure: (text: string) => number,
    kept: readonly Box[],
    names: readonly Box[] = [],
  ): Layout {
    const { best, wanted, inView } = choose(frame, looks, view, afterFrameS, labelling);
    const of = new Map<string, Block>();
    const wishes: Wish[] = [];
    for (const { number, index, x, y, rank } of best) {
      const ring = looks.ring(number);
      const lines = linesOf(frame, index, looks.named(number)?.aircraft ?? `#${number}`, ring);
      const width = Math.ceil(Math.max(...lines.map(measure))) + 2 * PAD_PX;
      const selected = looks.isSelected(number);
      const key = String(number);
      of.set(key, {
        number,
        index,
        side: looks.side(number),
        ring,
        selected,
        lines,
        width,
        dx: 0,
        dy: 0,
      });
      wishes.push({
        key,
        rank,
        x,
        y,
        width,
        height: lines.length * LINE_PX + 2 * PAD_PX,
        must: ring !== NO_RING || selected,
        before: this.before.get(number) ?? null,
        ahead: aheadOf(frame, index),
        pinned: this.pinned.get(number) ?? null,
      });
    }
    const placed = declutter(wishes, { width: view.widthPx, height: view.heightPx }, kept, names);
    const blocks = this.put(placed, of);
    return { blocks, inView, withoutBlock: wanted - blocks.length };
  }

  private put(placed: readonly Placed[], of: ReadonlyMap<string, Block>): Block[] {
    const before = new Map<number, readonly [number, number]>();
    const blocks: Block[] = [];
    for (const { key, dx, dy } of placed) {
      const block = of.get(key);
      if (block === undefined) continue;
      blocks.push({ ...block, dx, dy });
      before.set(block.number, [dx, dy]);
    }
    this.before = before;
    return blocks;
  }
}

function choose(
  frame: TrackFrame,
  looks: Looks,
  view: View,
  afterFrameS: number,
  labelling: Labelling,
): Choice {
  const byRank: Candidate[][] = [[], [], [], [], []];
  const lowest = labelling === "all" ? 4 : labelling === "main" ? 2 : 1;
  let [inView, wanted] = [0, 0];
  const places = fixedPlaces(frame);
  // Nobody is moved on further than this: whoever is further outside needs no second look.
  const marginPx = FASTEST_MPS * RECKONED_S_MAX * unitsPerMetre(view.y) * view.pxPerUnit;
  for (let index = 0; index < frame.count; index += 1) {
    const across = ((places[2 * index] ?? 0) - view.x) | 0;
    const down = (places[2 * index + 1] ?? 0) - view.y;
    if (Math.abs(across) * view.pxPerUnit > view.widthPx / 2 + marginPx) continue;
    if (Math.abs(down) * view.pxPerUnit > view.heightPx / 2 + marginPx) continue;
    if (!isOnMap(frame.latE7[index] ?? 0)) continue;
    const [fixedX, fixedY] = drawnAt(frame, index, afterFrameS);
    const [x, y] = onScreen(view, fixedX, fixedY);
    if (x < 0 || y < 0 || x > view.widthPx || y > view.heightPx) continue;
    inView += 1;
    const number = frame.number[index] ?? 0;
    const rank = rankOf(looks, number);
    if (rank > lowest) continue;
    wanted += 1;
    const there = byRank[rank];
    if (there && there.length < BLOCKS_MAX) there.push({ index, number, x, y, rank });
  }
  return { best: byRank.flat().slice(0, BLOCKS_MAX), wanted, inView };
}

interface Choice {
  best: Candidate[];
  wanted: number;
  inView: number;
}

/** In conflict, then selected, then own, then another party's, then the rest. */
export function rankOf(looks: Looks, number: number): number {
  if (looks.ring(number) !== NO_RING) return 0;
  if (looks.isSelected(number)) return 1;
  const side = looks.side(number);
  return side === OWN ? 2 : side === OTHER ? 3 : 4;
}

/** Returns how many tracks of a frame have each status that is not watched. */
export function unwatched(frame: TrackFrame): {
  coasting: number;
  stale: number;
  flagged: number;
  one: number;
} {
  const counts = [0, 0, 0, 0, 0];
  for (let index = 0; index < frame.count; index += 1) {
    const status = frame.status[index] ?? 0;
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return {
    coasting: counts[COASTING] ?? 0,
    stale: counts[2] ?? 0,
    flagged: counts[3] ?? 0,
    one: counts[4] ?? 0,
  };
}
