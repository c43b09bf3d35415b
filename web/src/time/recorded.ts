// Recorded frames as the node sends them: magic, length of a JSON head, head, frames
// (docs/console.md, "Recorded picture").

import { decodeFrame, type TrackFrame } from "../live/frames";
import type { Named } from "../shell/state";

/** So long after its instant a frame is shown; then there is no recording. */
export const HOLDS_US = 3_000_000;

/** A frame with the names of its numbers. */
export interface Recorded {
  atUs: number;
  frame: TrackFrame;
  names: ReadonlyMap<number, Named>;
}

/** What a question for recorded frames gave. */
export interface RecordedReply {
  frames: Recorded[];
  /** Where the recording ends before, and goes on after, the instant asked for; null: nowhere. */
  beforeUs: number | null;
  afterUs: number | null;
}

/** The reply cannot be read: nothing of it is drawn, and the screen says so. */
export class RecordedFault extends Error {}

interface Head {
  frames: { at_us: number; size: number }[];
  names: [number, string, string | null][];
  before_us: number | null;
  after_us: number | null;
}

/** Returns the frames of a reply; throws for any bytes that are no whole one. */
export function readRecorded(data: Uint8Array): RecordedReply {
  const bytes = new DataView(data.buffer, data.byteOffset, data.byteLength);
  // "PRF1", little-endian.
  if (data.byteLength < 8 || bytes.getUint32(0, true) !== 0x31465250) {
    throw new RecordedFault("the recorded picture is of another kind, wanted PRF1");
  }
  const size = bytes.getUint32(4, true);
  if (8 + size > data.byteLength) throw new RecordedFault("the recorded picture is cut off");
  const head = JSON.parse(new TextDecoder().decode(data.subarray(8, 8 + size))) as Head;
  const names = new Map<number, Named>(
    head.names.map(([number, aircraft, party]) => [number, { aircraft, party }]),
  );
  let at = 8 + size;
  const frames = head.frames.map((each) => {
    const end = at + each.size;
    if (end > data.byteLength) throw new RecordedFault("the recorded picture is cut off");
    const frame = decodeFrame(data.slice(at, end).buffer);
    if (!frame.isRecorded) throw new RecordedFault("a live frame was sent as a recorded one");
    at = end;
    return { atUs: each.at_us, frame, names };
  });
  if (at !== data.byteLength) throw new RecordedFault("the recorded picture is longer than told");
  return { frames, beforeUs: head.before_us, afterUs: head.after_us };
}

/** Returns the frame that held at an instant, of some in order of time; null: none did. */
export function heldAt(frames: readonly Recorded[], atUs: number): Recorded | null {
  let found: Recorded | null = null;
  for (const each of frames) {
    if (each.atUs > atUs) break;
    found = each;
  }
  return found && atUs - found.atUs < HOLDS_US ? found : null;
}
