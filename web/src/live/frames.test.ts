// The same golden frame that the node's own test writes (tests/golden/track-frame.json).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeFrame, emptyFrame, FrameFault, HEADER_BYTES, TRACK_BYTES } from "./frames";

const GOLDEN = JSON.parse(
  readFileSync(new URL("../../../tests/golden/track-frame.json", import.meta.url), "utf8"),
) as {
  hex: string;
  now_us: number;
  newest_us: number;
  left_out: number;
  columns: Record<string, number[]>;
};

function bytesOf(hex: string): ArrayBuffer {
  const data = new Uint8Array(hex.length / 2);
  for (let at = 0; at < data.length; at += 1)
    data[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return data.buffer;
}

describe("a track frame", () => {
  it("reads as the node wrote it", () => {
    const frame = decodeFrame(bytesOf(GOLDEN.hex));
    expect(frame.nowUs).toBe(GOLDEN.now_us);
    expect(frame.newestUs).toBe(GOLDEN.newest_us);
    expect(frame.leftOut).toBe(GOLDEN.left_out);
    expect([frame.isPart, frame.isRecorded]).toEqual([true, false]);
    const columns: Record<string, ArrayLike<number>> = {
      number: frame.number,
      lat_e7: frame.latE7,
      lon_e7: frame.lonE7,
      altitude_dm: frame.altitudeDm,
      speed_dmps: frame.speedDmps,
      course_cdeg: frame.courseCdeg,
      climb_cmps: frame.climbCmps,
      age_ds: frame.ageDs,
      status: frame.status,
      reference: frame.reference,
    };
    for (const [name, values] of Object.entries(GOLDEN.columns)) {
      expect(Array.from(columns[name] ?? []), name).toEqual(values);
    }
  });

  it("is refused when it is cut, longer or of another kind", () => {
    const whole = bytesOf(GOLDEN.hex);
    for (let size = 0; size < whole.byteLength; size += 1) {
      expect(() => decodeFrame(whole.slice(0, size))).toThrow(FrameFault);
    }
    const other = new Uint8Array(whole.slice(0));
    other[0] = 0;
    expect(() => decodeFrame(other.buffer)).toThrow(FrameFault);
    const longer = new Uint8Array(whole.byteLength + TRACK_BYTES);
    longer.set(new Uint8Array(whole));
    expect(() => decodeFrame(longer.buffer)).toThrow(FrameFault);
  });

  it("says a count that cannot be true without taking memory for it", () => {
    const head = new ArrayBuffer(HEADER_BYTES);
    const view = new DataView(head);
    view.setUint32(0, 0x31465450, true);
    view.setUint16(4, 1, true);
    view.setUint32(8, 0xffffffff, true);
    expect(() => decodeFrame(head)).toThrow(FrameFault);
  });

  it("can be empty", () => {
    expect(emptyFrame(5).count).toBe(0);
    expect(emptyFrame(5).nowUs).toBe(5);
  });
});
