// Where aircraft have been, as far as this screen saw it: bounded, and begun anew after any jump.
import type { TrackFrame } from "../live/frames";
import { fixedPlaces, isOnMap } from "./reckoning";

/** Dots of one aircraft, and the time between two. */
export const DOTS = 12;
export const EVERY_US = 10_000_000;
/** Above so many aircraft, trails are kept but drawn only of those in an alert and selected. */
export const ALL_DRAWN_MAX = 2_000;
/** A longer gap between two frames is a jump: what lies before it is no trail of this. */
const GAP_US = 60_000_000;
const AIRCRAFT_MAX = 60_000;

interface Trail {
  slot: number;
  filled: number;
  next: number;
  lastUs: number;
}

/** The last places of each aircraft, a dot for each ten seconds. */
export class Trails {
  private readonly of = new Map<number, Trail>();
  private readonly free: number[] = [];
  private places = new Int32Array(0);
  private sampledUs = Number.NEGATIVE_INFINITY;
  private frameUs = Number.NEGATIVE_INFINITY;

  /** Takes a frame; says whether dots were added or lost. */
  take(frame: TrackFrame): boolean {
    const gapUs = frame.nowUs - this.frameUs;
    this.frameUs = frame.nowUs;
    const jumped = gapUs < 0 || gapUs > GAP_US;
    if (jumped) this.clear();
    if (frame.count === 0 || frame.nowUs - this.sampledUs < EVERY_US) return jumped;
    this.sampledUs = frame.nowUs;
    for (let index = 0; index < frame.count; index += 1) this.add(frame, index);
    this.forget(frame.nowUs);
    return true;
  }

  clear(): void {
    this.of.clear();
    this.free.length = 0;
    this.places = new Int32Array(0);
    this.sampledUs = Number.NEGATIVE_INFINITY;
  }

  private add(frame: TrackFrame, index: number): void {
    const number = frame.number[index] ?? 0;
    const latE7 = frame.latE7[index] ?? 0;
    if (!isOnMap(latE7)) return;
    let trail = this.of.get(number);
    if (trail === undefined) {
      if (this.of.size >= AIRCRAFT_MAX) return;
      trail = { slot: this.slot(), filled: 0, next: 0, lastUs: 0 };
      this.of.set(number, trail);
    }
    const at = (trail.slot * DOTS + trail.next) * 2;
    const fixed = fixedPlaces(frame);
    this.places[at] = fixed[2 * index] ?? 0;
    this.places[at + 1] = fixed[2 * index + 1] ?? 0;
    trail.next = (trail.next + 1) % DOTS;
    trail.filled = Math.min(trail.filled + 1, DOTS);
    trail.lastUs = frame.nowUs;
  }

  private slot(): number {
    const reused = this.free.pop();
    if (reused !== undefined) return reused;
    const slot = this.of.size;
    if ((slot + 1) * DOTS * 2 > this.places.length) {
      const grown = new Int32Array(Math.max(64, 2 * (slot + 1)) * DOTS * 2);
      grown.set(this.places);
      this.places = grown;
    }
    return slot;
  }

  private forget(nowUs: number): void {
    for (const [number, trail] of this.of) {
      if (nowUs - trail.lastUs <= DOTS * EVERY_US) continue;
      this.of.delete(number);
      this.free.push(trail.slot);
    }
  }

  get size(): number {
    return this.of.size;
  }

  /** Returns the dots of the aircraft wanted (of all, if there are not too many): x, y, number. */
  dots(wanted: (number: number) => boolean): { places: Int32Array; numbers: Uint32Array } {
    const all = this.of.size <= ALL_DRAWN_MAX;
    const places: number[] = [];
    const numbers: number[] = [];
    for (const [number, trail] of this.of) {
      if (!all && !wanted(number)) continue;
      for (let dot = 0; dot < trail.filled; dot += 1) {
        const at = (trail.slot * DOTS + dot) * 2;
        places.push(this.places[at] ?? 0, this.places[at + 1] ?? 0);
        numbers.push(number);
      }
    }
    return { places: Int32Array.from(places), numbers: Uint32Array.from(numbers) };
  }
}
