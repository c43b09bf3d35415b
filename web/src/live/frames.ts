// Track frames as the node sends them: a header of 40 bytes, then columns (docs/console.md).

export const HEADER_BYTES = 40;
export const TRACK_BYTES = 26;
export const NO_COURSE = 0xffff;
export const STATUS_WORDS = ["watched", "coasting", "stale", "flagged", "one report only"] as const;
export const REFERENCES = ["WGS84", "AMSL", "STD", "AGL"] as const;
export type StatusWord = (typeof STATUS_WORDS)[number];
export type AltitudeReference = (typeof REFERENCES)[number];

/** One picture as columns: views into the frame's own bytes, nothing is copied. */
export interface TrackFrame {
  count: number;
  /** Tracks that the node holds and did not send: this is a part. */
  leftOut: number;
  isPart: boolean;
  isRecorded: boolean;
  nowUs: number;
  newestUs: number;
  number: Uint32Array;
  latE7: Int32Array;
  lonE7: Int32Array;
  altitudeDm: Int32Array;
  speedDmps: Uint16Array;
  courseCdeg: Uint16Array;
  climbCmps: Int16Array;
  ageDs: Uint16Array;
  status: Uint8Array;
  reference: Uint8Array;
}

/** The frame cannot be read: it is not drawn, and the screen says so. */
export class FrameFault extends Error {}

/** Returns the columns of a frame; throws `FrameFault` for any bytes that are no whole frame. */
export function decodeFrame(data: ArrayBuffer): TrackFrame {
  if (data.byteLength < HEADER_BYTES) {
    throw new FrameFault(`frame has ${data.byteLength} bytes, wanted ${HEADER_BYTES} or more`);
  }
  const head = new DataView(data);
  // "PTF1", little-endian.
  if (head.getUint32(0, true) !== 0x31465450 || head.getUint16(4, true) !== 1) {
    throw new FrameFault("frame is of another kind, wanted PTF1 version 1");
  }
  const count = head.getUint32(8, true);
  if (data.byteLength !== HEADER_BYTES + count * TRACK_BYTES) {
    throw new FrameFault(`frame has ${data.byteLength} bytes, wanted those of ${count} tracks`);
  }
  const flags = head.getUint16(6, true);
  let at = HEADER_BYTES;
  const next = (bytes: number): number => {
    const start = at;
    at += bytes * count;
    return start;
  };
  return {
    count,
    leftOut: head.getUint32(12, true),
    isPart: (flags & 1) !== 0,
    isRecorded: (flags & 2) !== 0,
    nowUs: Number(head.getBigInt64(16, true)),
    newestUs: Number(head.getBigInt64(24, true)),
    number: new Uint32Array(data, next(4), count),
    latE7: new Int32Array(data, next(4), count),
    lonE7: new Int32Array(data, next(4), count),
    altitudeDm: new Int32Array(data, next(4), count),
    speedDmps: new Uint16Array(data, next(2), count),
    courseCdeg: new Uint16Array(data, next(2), count),
    climbCmps: new Int16Array(data, next(2), count),
    ageDs: new Uint16Array(data, next(2), count),
    status: new Uint8Array(data, next(1), count),
    reference: new Uint8Array(data, next(1), count),
  };
}

/** A frame without a track: what is shown before the first one came. */
export function emptyFrame(nowUs = 0): TrackFrame {
  const data = new ArrayBuffer(HEADER_BYTES);
  const head = new DataView(data);
  head.setUint32(0, 0x31465450, true);
  head.setUint16(4, 1, true);
  head.setBigInt64(16, BigInt(nowUs), true);
  return decodeFrame(data);
}
