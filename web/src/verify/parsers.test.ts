// Any bytes of somebody else lead to a value or to a PackFault: no other error, no hang, no bomb.

import { describe, expect, test } from "vitest";
import { badgeOf } from "./badge";
import { type Bytes, fromBase64, joined, octets, roughText, utf8, viewOf } from "./bytes";
import { parseCheckpoint } from "./checkpoint";
import { nobleCheck } from "./ed25519";
import { commitOf, decodeEntry } from "./entry";
import { PackFault } from "./fault";
import { parseJson, sliceJson, writeJson } from "./json";
import { parseVkey } from "./keys";
import { logName } from "./log";
import { parseManifest, writeManifest } from "./manifest";
import { parseNote } from "./note";
import { readPack, unbundle } from "./pack";
import { zipMembers } from "./packzip";
import { parsePolicy } from "./policy";
import { parseProof } from "./proof";
import { parseStatement } from "./statements";
import { dice, FLIPS, GIVEN, makePack, SEED } from "./testkit";

const { data, entries } = makePack(4);
const members = zipMembers(data);
const log = { agreement: "AGR-1", party: "COAL", kind: "line" };
const STATEMENT =
  "parley/key-statement/v1\nparty COAL\naction revoke\nrole seal\n" +
  `key ${"0".repeat(64)}\nat 2026-05-28T20:26:40Z\nreason lost\n`;
const PROOF = `c2sp.org/tlog-proof@v1\nextra AA==\nindex 3\n${btoa("h".repeat(32))}\n\nnote`;

const PARSERS: Readonly<Record<string, (bytes: Bytes) => unknown>> = {
  pack: (bytes) => readPack(bytes),
  manifest: (bytes) => parseManifest(bytes),
  note: (bytes) => parseNote(bytes),
  checkpoint: (bytes) => parseCheckpoint(roughText(bytes)),
  policy: (bytes) => parsePolicy(bytes),
  proof: (bytes) => parseProof(bytes),
  vkey: (bytes) => parseVkey(roughText(bytes)),
  statement: (bytes) => parseStatement(roughText(bytes)),
  json: (bytes) => parseJson(roughText(bytes)),
  slices: (bytes) => sliceJson(roughText(bytes)),
  base64: (bytes) => fromBase64(octets(bytes)),
  entry: (bytes) => [decodeEntry(bytes, log, 0), commitOf(bytes)],
  origin: (bytes) => logName(roughText(bytes)),
  bundle: (bytes) => unbundle(bytes),
};

const SAMPLES: readonly Bytes[] = [
  utf8(btoa("r".repeat(32))),
  utf8(`a\n3\n${btoa("r".repeat(32))}\n`),
  data,
  ...members.values(),
  ...entries,
  utf8(STATEMENT),
  utf8(PROOF),
  utf8(GIVEN[0] ?? ""),
  utf8("parley.example/AGR-1/COAL/line/2026.2"),
];

/** Returns a sample with some bytes cut, doubled, flipped or put in. */
function changed(sample: Bytes, roll: (bound: number) => number): Bytes {
  const start = roll(sample.length + 1);
  const end = start + roll(sample.length + 1 - start);
  const extra = Uint8Array.from({ length: 1 + roll(4) }, () => roll(256));
  switch (roll(4)) {
    case 0:
      return joined([sample.subarray(0, start), sample.subarray(end)]);
    case 1:
      return joined([sample.subarray(0, end), sample.subarray(start)]);
    case 2:
      return joined([sample.subarray(0, start), extra, sample.subarray(start)]);
    default:
      return joined([sample.subarray(0, start), extra, sample.subarray(start + extra.length)]);
  }
}

function valueOrFault(parse: (bytes: Bytes) => unknown, bytes: Bytes): void {
  try {
    parse(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(PackFault);
  }
}

describe("any bytes", () => {
  test.each(Object.entries(PARSERS))("give a value of %s or a PackFault", (_, parse) => {
    const roll = dice(SEED);
    for (let n = 0; n < FLIPS; n++) {
      valueOrFault(
        parse,
        Uint8Array.from({ length: roll(80) }, () => roll(256)),
      );
      for (const sample of SAMPLES) valueOrFault(parse, changed(sample, roll));
    }
  });

  test("that every parser takes are among the samples", () => {
    for (const [name, parse] of Object.entries(PARSERS)) {
      const taken = SAMPLES.filter((sample) => {
        try {
          return parse(sample) !== null;
        } catch {
          return false;
        }
      });
      expect(taken.length, name).toBeGreaterThan(0);
    }
    expect(parseStatement(STATEMENT).party).toBe("COAL");
    expect(parseProof(utf8(PROOF)).index).toBe(3);
  });
});

async function flawOf(bytes: Bytes): Promise<string | undefined> {
  return (await badgeOf(bytes, [], nobleCheck())).flaw?.what;
}

/** Returns the local header of a member that claims a method and sizes. */
function header(method: number, compressed: number, size: number): Bytes {
  const made = new Uint8Array(30 + 13);
  const view = viewOf(made);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(8, method, true);
  view.setUint32(18, compressed, true);
  view.setUint32(22, size, true);
  view.setUint16(26, 13, true);
  made.set(utf8("MANIFEST.json"), 30);
  return made;
}

describe("what would fill the memory or never end", () => {
  test("a member that claims more than is there is cut off, and nothing is inflated", async () => {
    expect(await flawOf(header(0, 10, 0xffffffff))).toContain("cut off");
    const deflated = joined([header(8, 4, 1 << 30), Uint8Array.of(1, 2, 3, 4)]);
    expect(await flawOf(deflated)).toContain("cut off");
  });

  test("a manifest that lists what is not there is refused at the first of it", async () => {
    const made = parseManifest(members.get("MANIFEST.json"));
    const bomb = writeManifest({ ...made, logs: [], refused: 65_535 });
    expect(await flawOf(joined([header(0, bomb.length, bomb.length), bomb]))).toContain(
      "refused/0",
    );
    const more = writeManifest({ ...made, logs: [], refused: 1e15 });
    expect(await flawOf(joined([header(0, more.length, more.length), more]))).toContain(
      "refused notes",
    );
  });

  test("JSON nested a million times is refused", () => {
    expect(() => parseJson("[".repeat(1_000_000))).toThrow(PackFault);
    expect(() => parseJson('{"a":'.repeat(1_000_000))).toThrow(PackFault);
  });

  test("a size that JavaScript would round is refused", () => {
    const text = (size: string) => `a\n${size}\n${btoa("r".repeat(32))}\n`;
    expect(parseCheckpoint(text("9007199254740991")).size).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => parseCheckpoint(text("9007199254740992"))).toThrow("more than is read here");
    expect(() => parseCheckpoint(text("12345678901234567890"))).toThrow(PackFault);
  });
});

describe("JSON", () => {
  test("is written as it was read", () => {
    const text = '{\n "a": [\n  1,\n  -2\n ],\n "b": {},\n "c": [],\n "d": "\\u0001é\\n😀"\n}';
    expect(writeJson(parseJson(text))).toBe(text);
  });

  test.each([
    '{"a":1,}',
    "[1,]",
    "01",
    "-",
    "1.",
    "1e",
    '"\\x"',
    '"\\ud800"',
    '"\u0001"',
    "tru",
    "1 2",
  ])("%s is none", (text) => expect(() => parseJson(text)).toThrow(PackFault));
});
