// The map as a whole: takes frames and views, and paints only when something changed.
//
// Three canvases: MapLibre's with what lies still, the aircraft above it, blocks and lines on top. A
// frame of tracks paints the upper two; the lowest is painted when the camera or its data change.
import { effect } from "@preact/signals";
import type { Map as GroundMap } from "maplibre-gl";
import { beatUs, isHeard, nodeNowUs } from "../live/clock";
import type { TrackFrame } from "../live/frames";
import { lookAt } from "../live/link";
import { paletteVersion, wantsStill } from "../look/tokens";
import {
  frame,
  map,
  mode,
  names,
  screen,
  selection,
  session,
  units,
  vectorMin,
} from "../shell/state";
import { language, say } from "../text/language";
import { BlockLayout, type Layout, LINE_PX, unwatched } from "./blocks";
import { boundsOfAgreements, boundsOfTracks, Camera } from "./camera";
import type { Box } from "./declutter";
import { type Encounter, encountersOf } from "./encounters";
import { degreesOf, degreesOnScreen, onScreen, type View } from "./fixed";
import type { LonLat } from "./geodesy";
import { Looks, partiesOf, ringsOf } from "./looks";
import {
  following,
  frameUs,
  graphics,
  isFrameLate,
  labelling,
  measured,
  NO_TALLY,
  tally,
  trailsOn,
} from "./mapstate";
import { type LabelledEncounter, labelEncounters, Overlay } from "./overlay";
import { readPalette } from "./palette";
import { picking } from "./picking";
import { AFTER_FRAME_S_MAX, drawnAt, isReckoned, stepMs } from "./reckoning";
import { selectedAircraft, selectedPoints } from "./selected";
import { colourMap, keepStill, putPatterns, stillNames } from "./still";
import { TEXTS } from "./texts";
import { TrackLayer } from "./tracklayer";
import { Trails } from "./trails";

/** The elements that the map lies in. */
export interface Parts {
  pane: HTMLElement;
  ground: HTMLElement;
  tracks: HTMLCanvasElement;
  blocks: HTMLCanvasElement;
}

const LAYOUT_EVERY_MS = 200;
const LOOK_AFTER_MS = 300;
const ALWAYS_MAX = 1000;
/** A step of moving on that takes longer is not worth it; three such and it rests for a while. */
const SLOW_STEP_MS = 50;
const REST_MS = 30_000;
const LATER_MS = 60;
const COVERING = ".map-search input, .map-tools, .map-legend > summary, .map-tally";

/** Returns about where the map writes the names of zones and intents. */
function namesOnScreen(view: View, measure: (text: string) => number): Box[] {
  return stillNames().flatMap(({ lonDeg, latDeg, lines }) => {
    const [x, y] = degreesOnScreen(view, lonDeg, latDeg);
    if (x < 0 || y < 0 || x > view.widthPx || y > view.heightPx) return [];
    const [width, height] = [Math.max(...lines.map(measure)), lines.length * LINE_PX];
    return [{ left: x - width / 2, top: y - height / 2, width, height }];
  });
}

/** Returns the size of symbols without a mark: as they are up to some hundreds in view. */
function symbolScale(inView: number): number {
  return inView <= 1000 ? 1 : inView <= 4000 ? 0.8 : 0.6;
}

/** The map of one screen. */
export class Board {
  readonly camera: Camera;
  readonly looks = new Looks();
  readonly blocks = new BlockLayout();
  layout: Layout = { blocks: [], inView: 0, withoutBlock: 0 };
  /** The pointer, while something is measured or chosen. */
  crosshair: readonly [number, number] | null = null;
  private readonly layer: TrackLayer;
  private readonly overlay: Overlay;
  private readonly trails = new Trails();
  private readonly ends: (() => void)[] = [];
  private frame: TrackFrame = frame.peek();
  private frameAtMs = 0;
  private fastestMps = 0;
  private encounters: readonly Encounter[] = [];
  private labelled: readonly LabelledEncounter[] = [];
  private queued = 0;
  private stepTimer = 0;
  private laterTimer = 0;
  private lookTimer = 0;
  private laidOutMs = Number.NEGATIVE_INFINITY;
  private slowSteps = 0;
  private restUntilMs = 0;
  private statuses = unwatched(frame.peek());
  private viewKey = "";
  /** What the search box and the tools cover: no block is put below them. */
  private covered: Box[] = [];
  private colouredFor = paletteVersion.peek();

  constructor(private readonly parts: Parts) {
    const palette = readPalette();
    this.layer = new TrackLayer(parts.tracks, palette, (lost) => {
      graphics.value = lost ? "lost" : "fine";
      if (!lost) this.dots();
      this.ask();
    });
    this.overlay = new Overlay(parts.blocks, palette);
    this.camera = new Camera(parts.ground, palette, say(TEXTS, "map"));
    this.map.on("load", () => this.begin());
    // In the same step as the map itself: both canvases move together.
    this.map.on("render", () => this.follow());
    this.map.on("resize", () => this.lookAround());
    this.map.on("moveend", () => {
      this.lookAround();
      this.laidOutMs = Number.NEGATIVE_INFINITY;
      this.ask();
      this.tellLooking();
    });
    // Whoever moves the map by hand looks elsewhere; the wheel only comes closer.
    this.map.on("movestart", ({ originalEvent: by }) => {
      if (by !== undefined && !(by instanceof WheelEvent)) following.value = null;
    });
  }

  get map(): GroundMap {
    return this.camera.map;
  }

  /** Ends everything; the elements are left empty. */
  end(): void {
    for (const end of this.ends) end();
    cancelAnimationFrame(this.queued);
    clearTimeout(this.stepTimer);
    clearTimeout(this.laterTimer);
    clearTimeout(this.lookTimer);
    this.map.remove();
  }

  private begin(): void {
    putPatterns(this.map, readPalette());
    this.ends.push(
      keepStill(this.map),
      effect(() => this.recolour(paletteVersion.value)),
      effect(() => this.takeNames()),
      effect(() => this.takeLooks()),
      effect(() => this.takeFrame(frame.value)),
      effect(() => this.takeEncounters()),
      effect(() => this.firstView()),
      effect(() => this.bringSelected()),
      effect(() => this.repaintFor()),
      effect(() => this.lookForFrames()),
    );
    this.parts.pane.dataset["loaded"] = "true";
    this.lookAround();
    this.tellLooking();
  }

  private recolour(version: number): void {
    if (version === this.colouredFor) return;
    this.colouredFor = version;
    const palette = readPalette();
    colourMap(this.map, palette);
    this.layer.takePalette(palette);
    this.overlay.takePalette(palette);
    this.ask();
  }

  // ---- what comes ------------------------------------------------------------------------------

  private takeNames(): void {
    this.looks.takeNames(names.value);
    this.layer.takeLooks(this.looks.look);
    this.relay();
  }

  private takeLooks(): void {
    const now = screen.value;
    const own = now?.party ?? session.value?.party ?? "";
    this.looks.takeParties(own, partiesOf(now));
    const alerts = now?.alerts.alerts ?? [];
    this.looks.takeSpecial(ringsOf(alerts), selectedAircraft(selection.value, alerts));
    this.layer.takeLooks(this.looks.look);
    this.dots();
    this.relay();
    this.tellLooking();
  }

  private takeFrame(next: TrackFrame): void {
    this.frame = next;
    this.frameAtMs = performance.now();
    isFrameLate.value = false;
    frameUs.value = next.nowUs;
    this.looks.takeNames(names.peek());
    this.layer.takeFrame(next, this.looks.look);
    // Trails may wait until what is seen was painted.
    setTimeout(() => this.takeTrails(next));
    this.statuses = unwatched(next);
    let fastest = 0;
    for (let index = 0; index < next.count; index += 1) {
      const speed = next.speedDmps[index] ?? 0;
      if (speed > fastest && isReckoned(next, index)) fastest = speed;
    }
    this.fastestMps = fastest / 10;
    const followed = following.peek();
    const place = followed === null ? null : this.placeOf(followed);
    if (place !== null) this.camera.centreOn(place);
    this.relay();
  }

  private takeTrails(of: TrackFrame): void {
    if (this.frame !== of || !this.trails.take(of)) return;
    this.dots();
    this.ask();
  }

  private dots(): void {
    const { places, numbers } = this.trails.dots(
      (number) => this.looks.ring(number) !== 0 || this.looks.isSelected(number),
    );
    this.layer.takeDots(
      places,
      Uint8Array.from(numbers, (number) => this.looks.look[number] ?? 2),
    );
  }

  private takeEncounters(): void {
    const now = screen.value;
    const atUs = mode.value === "REPLAY" ? (now?.at_us ?? 0) : beatUs.value;
    const before = this.encounters.length;
    this.encounters = now === null ? [] : encountersOf(now.alerts.alerts, atUs);
    if (before > 0 || this.encounters.length > 0) this.relay();
  }

  private repaintFor(): void {
    // Whatever of these changes, the upper canvases say something else.
    [vectorMin.value, labelling.value, trailsOn.value, measured.value, picking.value] as const;
    [units.value, language.value, isHeard.value, mode.value] as const;
    this.relay();
  }

  private lookForFrames(): void {
    beatUs.value;
    const late = performance.now() - this.frameAtMs > AFTER_FRAME_S_MAX * 1000;
    isFrameLate.value = late && mode.peek() !== "REPLAY" && frame.peek().nowUs > 0;
  }

  // ---- the camera ------------------------------------------------------------------------------

  private firstView(): void {
    if (this.camera.isChosen) return;
    const view = map.value;
    const box = view === null ? null : boundsOfAgreements(view);
    if (box !== null) {
      this.camera.fit(box, 9, false);
      return;
    }
    const tracks = view === null || frame.value.count === 0 ? null : boundsOfTracks(frame.value);
    if (tracks !== null) this.camera.fit(tracks, 8, false);
  }

  /** Shows the whole area of the agreements, else all aircraft. */
  fitAll(): void {
    const view = map.peek();
    const box = (view && boundsOfAgreements(view)) ?? boundsOfTracks(this.frame);
    following.value = null;
    if (box !== null) this.camera.fit(box, 9);
  }

  private bringSelected(): void {
    const chosen = selection.value;
    if (chosen === null) return;
    if (chosen.kind === "aircraft") {
      const place = this.placeOf(chosen.aircraft);
      if (place !== null) this.camera.bring(place);
      return;
    }
    this.camera.bringAll(
      selectedPoints(chosen, map.peek(), this.encounters, (a) => this.placeOf(a)),
    );
  }

  private tellLooking(): void {
    clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => {
      const { west, south, east, north } = this.camera.box(0.25);
      lookAt({
        kind: "looking",
        west_deg: west,
        south_deg: south,
        east_deg: east,
        north_deg: north,
        always: this.looks.always(ALWAYS_MAX),
      });
    }, LOOK_AFTER_MS) as unknown as number;
  }

  // ---- where things are ------------------------------------------------------------------------

  /** Returns for how long aircraft are moved on after the frame, in seconds. */
  afterFrameS(): number {
    if (mode.peek() === "REPLAY" || wantsStill.peek()) return 0;
    const seconds = (nodeNowUs() - this.frame.nowUs) / 1e6;
    return Math.max(0, Math.min(seconds, AFTER_FRAME_S_MAX));
  }

  /** Returns where an aircraft is drawn; null: the newest frame does not have it. */
  placeOf(aircraft: string): LonLat | null {
    const wanted = new Set(this.looks.numbersOf(aircraft));
    if (wanted.size === 0) return null;
    const index = this.frame.number.findIndex((number) => wanted.has(number));
    return index < 0 ? null : degreesOf(...drawnAt(this.frame, index, this.afterFrameS()));
  }

  isThere(number: number): boolean {
    return this.frame.number.includes(number);
  }

  /** Returns the aircraft nearest to a point of the screen, within some pixels. */
  aircraftAt(leftPx: number, topPx: number, withinPx = 16): string | null {
    const view = this.camera.view();
    const after = this.afterFrameS();
    let best: { apart: number; number: number } | null = null;
    for (let index = 0; index < this.frame.count; index += 1) {
      const [x, y] = onScreen(view, ...drawnAt(this.frame, index, after));
      const apart = Math.hypot(x - leftPx, y - topPx);
      if (apart <= (best?.apart ?? withinPx))
        best = { apart, number: this.frame.number[index] ?? 0 };
    }
    return best === null ? null : (this.looks.named(best.number)?.aircraft ?? null);
  }

  /** Returns where a block's aircraft is on the screen. */
  anchor(index: number, view: View = this.camera.view()): [number, number] {
    return onScreen(view, ...drawnAt(this.frame, index, this.afterFrameS()));
  }

  /** Returns the aircraft in view: those in alerts first, then from the upper left down. */
  inView(): string[] {
    const view = this.camera.view();
    const found: { name: string; rank: number; x: number; y: number }[] = [];
    for (let index = 0; index < this.frame.count; index += 1) {
      const [x, y] = this.anchor(index, view);
      if (x < 0 || y < 0 || x > view.widthPx || y > view.heightPx) continue;
      const number = this.frame.number[index] ?? 0;
      const name = this.looks.named(number)?.aircraft;
      if (name !== undefined) found.push({ name, rank: -this.looks.ring(number), x, y });
    }
    found.sort((one, two) => one.rank - two.rank || one.y - two.y || one.x - two.x);
    return found.map(({ name }) => name);
  }

  private lookAround(): void {
    const { left, top } = this.parts.pane.getBoundingClientRect();
    const found = this.parts.pane.querySelectorAll(COVERING);
    this.covered = [...found].map((each) => {
      const box = each.getBoundingClientRect();
      return { left: box.left - left, top: box.top - top, width: box.width, height: box.height };
    });
  }

  // ---- painting --------------------------------------------------------------------------------

  /** Lays out anew, and paints. */
  relay(): void {
    this.laidOutMs = Number.NEGATIVE_INFINITY;
    this.ask();
  }

  /** Paints in the browser's next step; twice asked is once painted. */
  ask(): void {
    if (this.queued !== 0) return;
    this.queued = requestAnimationFrame(() => {
      this.queued = 0;
      if (this.layer.isBusy()) this.askLater();
      else this.paint();
    });
  }

  /** Paints once the graphics have done the last one: on a slow machine only the newest is drawn. */
  private askLater(): void {
    clearTimeout(this.laterTimer);
    this.laterTimer = setTimeout(() => this.ask(), LATER_MS) as unknown as number;
  }

  private follow(): void {
    const { lng, lat } = this.map.getCenter();
    const key = `${lng} ${lat} ${this.map.getZoom()} ${this.map.getCanvas().width}`;
    if (key === this.viewKey) return;
    this.viewKey = key;
    this.paint();
  }

  private paint(): void {
    const view = this.camera.view();
    if (view.widthPx === 0) return;
    const after = this.afterFrameS();
    const nowMs = performance.now();
    if (nowMs - this.laidOutMs >= LAYOUT_EVERY_MS) this.layOut(view, after, nowMs);
    this.layer.paint({
      view,
      afterFrameS: after,
      aheadS: vectorMin.peek() * 60,
      trails: trailsOn.peek(),
      scale: symbolScale(this.layout.inView),
    });
    this.overlay.paint({
      view,
      frame: this.frame,
      afterFrameS: after,
      blocks: this.layout.blocks,
      encounters: this.labelled,
      measured: measured.peek() ?? [],
      crosshair: this.crosshair,
    });
    this.step(view, nowMs);
  }

  private layOut(view: View, after: number, nowMs: number): void {
    this.laidOutMs = nowMs;
    const chosen = selection.peek();
    const key = chosen?.kind === "alert" ? `${chosen.log} ${chosen.index}` : "";
    const atUs = mode.peek() === "REPLAY" ? (screen.peek()?.at_us ?? 0) : beatUs.peek();
    const { measure } = this.overlay;
    const still = namesOnScreen(view, measure);
    this.labelled = labelEncounters(this.encounters, key, view, atUs, measure, still);
    const labels = this.labelled.flatMap(({ box }) => (box === null ? [] : [box]));
    const kept = [...labels, ...this.covered];
    this.layout = this.blocks.make(
      this.frame,
      this.looks,
      view,
      after,
      labelling.peek(),
      measure,
      kept,
      still,
    );
    this.count();
  }

  private count(): void {
    const { frame: now, layout, layer } = this;
    const next = {
      ...NO_TALLY,
      ...this.statuses,
      known: now.count + now.leftOut,
      inView: layout.inView,
      leftOut: now.leftOut,
      beyondEdge: layer.beyondEdge,
      withoutBlock: layout.withoutBlock,
      came: now.nowUs > 0,
    };
    if (JSON.stringify(next) !== JSON.stringify(tally.peek())) tally.value = next;
    this.parts.pane.dataset["tracks"] = String(layout.inView);
    this.parts.pane.dataset["blocks"] = String(layout.blocks.length);
  }

  /** Moves on between two frames, as often as it can be seen and not oftener than it is cheap. */
  private step(view: View, nowMs: number): void {
    clearTimeout(this.stepTimer);
    const runs = session.peek()?.clock === "wall" && isHeard.peek() && mode.peek() !== "REPLAY";
    if (!runs || wantsStill.peek() || document.hidden || nowMs < this.restUntilMs) return;
    const { latDeg } = degreesOf(view.x, view.y);
    const metres = (40_075_016 * Math.cos((latDeg * Math.PI) / 180)) / (view.pxPerUnit * 2 ** 32);
    const waitMs = stepMs(metres, this.fastestMps);
    if (waitMs === null || this.afterFrameS() >= AFTER_FRAME_S_MAX) return;
    this.stepTimer = setTimeout(() => {
      const askedMs = performance.now();
      this.ask();
      requestAnimationFrame(() => this.judge(performance.now() - askedMs));
    }, waitMs) as unknown as number;
  }

  private judge(tookMs: number): void {
    this.slowSteps = tookMs > SLOW_STEP_MS ? this.slowSteps + 1 : 0;
    if (this.slowSteps < 3) return;
    this.slowSteps = 0;
    this.restUntilMs = performance.now() + REST_MS;
  }
}
