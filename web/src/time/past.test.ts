import { describe, expect, it } from "vitest";
import type { IntentShown, MapIntent, MapView, ScreenView } from "../api/types";
import { emptyFrame, FrameFault, HEADER_BYTES } from "../live/frames";
import { typedInstant } from "./Controls";
import { clashesOf, plannedAt, plansLeftOut } from "./plan";
import { HOLDS_US, heldAt, type Recorded, RecordedFault, readRecorded } from "./recorded";
import { compare, differences } from "./split";

const NOW = 1_796_092_675_196_137;

function reply(frames: number[], changes: Partial<{ magic: string; recorded: boolean }> = {}) {
  const one = (atUs: number) => {
    const data = new Uint8Array(HEADER_BYTES);
    const head = new DataView(data.buffer);
    head.setUint32(0, 0x31465450, true);
    head.setUint16(4, 1, true);
    head.setUint16(6, changes.recorded === false ? 0 : 2, true);
    head.setBigInt64(16, BigInt(atUs), true);
    return data;
  };
  const told = JSON.stringify({
    asked_us: NOW,
    frames: frames.map((at_us) => ({ at_us, size: HEADER_BYTES })),
    names: [[4, "RSD12", "COAL"]],
    before_us: 7,
    after_us: null,
  });
  const head = new TextEncoder().encode(told.padEnd(Math.ceil(told.length / 8) * 8));
  const parts = [new Uint8Array(8), head, ...frames.map(one)];
  const data = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  data.set(new TextEncoder().encode(changes.magic ?? "PRF1"), 0);
  new DataView(data.buffer).setUint32(4, head.length, true);
  return data;
}

describe("recorded frames", () => {
  it("come with their names, wherever the bytes lie", () => {
    const data = reply([NOW, NOW + 1_000_000]);
    const moved = new Uint8Array(data.length + 3);
    moved.set(data, 3);
    const read = readRecorded(moved.subarray(3));
    expect(read.frames.map((each) => each.atUs)).toEqual([NOW, NOW + 1_000_000]);
    expect(read.frames[0]?.frame.nowUs).toBe(NOW);
    expect(read.frames[0]?.names.get(4)).toEqual({ aircraft: "RSD12", party: "COAL" });
    expect(read.beforeUs).toBe(7);
    expect(read.afterUs).toBeNull();
  });

  it("are refused where anything is missing, more than told, or of another kind", () => {
    const whole = reply([NOW]);
    for (let size = 0; size < whole.length; size += 1) {
      expect(() => readRecorded(whole.subarray(0, size)), `${size}`).toThrow();
    }
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    expect(() => readRecorded(longer)).toThrow(RecordedFault);
    expect(() => readRecorded(reply([NOW], { magic: "PTF1" }))).toThrow(RecordedFault);
    expect(() => readRecorded(reply([NOW], { recorded: false }))).toThrow(RecordedFault);
    expect(() => readRecorded(new Uint8Array(4))).toThrow(RecordedFault);
    expect(FrameFault).toBeDefined();
  });

  it("hold for three seconds and never before their instant", () => {
    const frames: Recorded[] = [0, 1, 10].map((s) => ({
      atUs: NOW + s * 1_000_000,
      frame: emptyFrame(),
      names: new Map(),
    }));
    expect(heldAt(frames, NOW - 1)).toBeNull();
    expect(heldAt(frames, NOW)?.atUs).toBe(NOW);
    expect(heldAt(frames, NOW + 1_000_000 + HOLDS_US - 1)?.atUs).toBe(NOW + 1_000_000);
    expect(heldAt(frames, NOW + 1_000_000 + HOLDS_US)).toBeNull();
    expect(heldAt(frames, NOW + 10_500_000)?.atUs).toBe(NOW + 10_000_000);
  });
});

describe("a typed instant", () => {
  it("may be ahead, and wants its Z", () => {
    expect(typedInstant("in 2 h", NOW)).toBe(NOW + 7_200_000_000);
    expect(typedInstant("in 5min", NOW)).toBe(NOW + 300_000_000);
    expect(typedInstant("10 min ago", NOW)).toBe(NOW - 600_000_000);
    expect(typedInstant("2026-12-01 02:40Z", NOW)).toBe(Date.UTC(2026, 11, 1, 2, 40) * 1000);
    expect(typedInstant("02:40", NOW)).toBeNull();
    expect(typedInstant("soon", NOW)).toBeNull();
  });
});

// ---- what is planned --------------------------------------------------------------------------

function intent(id: string, from: number | null, to: number | null, state = "Accepted") {
  return {
    intent: id, agreement: "A", party: "COAL", flight: `F${id}`, state, over: false,
    from_us: from, to_us: to,
  } as unknown as IntentShown; // biome-ignore format: one line
}
function drawn(id: string, spans: [number | null, number | null][]): MapIntent {
  const volumes = spans.map(([from_us, to_us]) => ({ from_us, to_us }));
  return { ...intent(id, null, null), volumes } as unknown as MapIntent;
}

describe("plans at an instant", () => {
  it("are those of which a volume holds it, by the map where it has them", () => {
    const map = { intents: [drawn("1", [[0, 10], [50, 60]])] } as unknown as MapView; // biome-ignore format: one line
    const listed = [intent("1", 0, 60), intent("2", 20, 30), intent("3", 0, 99, "Ended")];
    const at = (us: number) => plannedAt(listed, map, us).map((each) => each.intent);
    expect(at(5)).toEqual(["1"]);
    expect(at(25)).toEqual(["2"]);
    expect(at(55)).toEqual(["1"]);
    expect(at(60)).toEqual([]);
    expect(
      plannedAt([], { intents: [drawn("9", [[null, null]])] } as unknown as MapView, 5)[0],
    ).toMatchObject({
      fromUs: null,
      toUs: null,
    });
    expect(plansLeftOut(900, 500, map)).toBe(400);
    expect(plansLeftOut(2, 2, map)).toBe(0);
  });

  it("clash where they overlap, and say where that is not decided", () => {
    const common = { from_us: 5, to_us: null };
    const conflict = { decided: "undecided", flights: ["F1", "F2"], commons: [common] };
    const found = clashesOf([
      { agreement: "A", conflicts: [{ conflict, text: "words" }], waiting: 0, ignored: 0 },
    ] as never);
    expect(found).toEqual([
      { fromUs: 5, toUs: null, text: "words", flights: ["F1", "F2"], sure: false, agreement: "A" },
    ]);
  });
});

// ---- side by side -----------------------------------------------------------------------------

function view(changes: object): ScreenView {
  return { lines: [], messages: [], zones: [], alerts: { alerts: [] }, ...changes } as never;
}
const LINE = { agreement: "A", line: "L1", glance: "OPEN", sides: [], test: "verified" };
const MESSAGE = { key: ["log", 3], reading: "plain", text: "a word", open: true, ladder: [] };

describe("a comparison", () => {
  it("pairs what is the same thing, and marks what one did not know", () => {
    const left = view({ lines: [LINE], messages: [MESSAGE] });
    const right = view({ lines: [{ ...LINE, glance: "DOWN" }] });
    const found = compare(left, right);
    expect(found.lines.map((each) => each.differs)).toEqual([true]);
    expect(found.messages[0]).toMatchObject({ right: null, differs: true });
    expect(differences(found)).toBe(2);
    const back = compare(right, left);
    expect(back.messages[0]).toMatchObject({ left: null, differs: true });
    expect(differences(compare(left, left))).toBe(0);
  });

  it("takes the alerts that each side raised about the same pair for one", () => {
    const alert = {
      agreement: "A",
      what: "separation",
      object: null,
      alert_class: "own move only",
    };
    const raised = (log: string, aircraft: string[]) =>
      view({ alerts: { alerts: [{ ...alert, key: [log, 1], aircraft, loss_us: 5_000_000 }] } });
    const found = compare(raised("COAL", ["A1", "B2"]), raised("RUS", ["B2", "A1"]));
    expect(found.alerts.map((each) => each.differs)).toEqual([false]);
    const apart = compare(raised("COAL", ["A1", "B2"]), raised("RUS", ["A1", "C3"]));
    expect(apart.alerts.map((each) => each.differs)).toEqual([true, true]);
  });

  it("does not call it a difference that each side measures a receipt its own way", () => {
    const one = {
      party: "RUS",
      displayed_us: 5,
      answer: null,
      read_back: "not asked",
      outcome: "waiting",
    };
    const left = view({ messages: [{ ...MESSAGE, ladder: [{ ...one, stored: "yes" }] }] });
    const right = view({ messages: [{ ...MESSAGE, ladder: [{ ...one, stored: "unknown" }] }] });
    expect(differences(compare(left, right))).toBe(0);
    const shown = view({ messages: [{ ...MESSAGE, ladder: [{ ...one, displayed_us: null }] }] });
    expect(differences(compare(left, shown))).toBe(1);
  });
});
