import { describe, expect, it } from "vitest";
import { hex, utf8 } from "../verify/bytes";
import {
  actMessage,
  enrolmentMessage,
  isPseudonym,
  keyName,
  personKey,
  readKeyFile,
} from "./person";

const SEED = Uint8Array.from({ length: 32 }, (_, n) => n);
const NAME = keyName("COAL", "owl");
const VKEY = "parley/COAL/operator/owl+a796ea66+AYHppsx7KZHIaLd61lb1+2xX6F5en5bWaW77jaP2f3yb";
// What trust/keys.py and trust/statements.py make of the same seed.
const ACT =
  "6a2ec4036406fa533f1bce758dca7612ed5c4ceb408d56e74d12509508a2e5dc194342272620350b5cc8adb7f4d5801b299537cee92822ebab55afa13fef2a04";
const ENROLMENT =
  "a250aac56d3fabcdfaa433baceefcc47929fcc91729acb3c8705fd85209baa952d9b4566dc9d6bcf9025f3cb54c498551ff13a4a5884a53a405de4f3dd534906";

describe("a person's key", () => {
  it("is the key that the node makes of the same seed, and signs the same", async () => {
    const key = await personKey({ operator: "owl", name: NAME, seed: SEED });
    expect(key.vkey).toBe(VKEY);
    const place = { log: "parley.example/AGR-1/COAL/line/2026", index: 7, leaf: "ab".repeat(32) };
    expect(await key.sign(actMessage(place))).toBe(ACT);
    const message = enrolmentMessage("COAL", "owl", VKEY, ["duty-officer", "commander"]);
    expect(await key.sign(message)).toBe(ENROLMENT);
  });

  it("is another key under another name", async () => {
    const key = await personKey({ operator: "fox", name: keyName("COAL", "fox"), seed: SEED });
    expect(key.vkey).not.toContain(VKEY.split("+")[2]);
  });

  it("is made of whole seeds only", async () => {
    const short = { operator: "owl", name: NAME, seed: SEED.slice(1) };
    await expect(personKey(short)).rejects.toThrow("32 bytes");
  });
});

describe("a key file", () => {
  const line = `parley-seed/1 COAL operator/owl ${hex(SEED)}\n`;

  it("gives its person and seed", () => {
    expect(readKeyFile(utf8(line), "COAL")).toEqual({ operator: "owl", name: NAME, seed: SEED });
  });

  it.each([
    ["notAKeyFile", ""],
    ["notAKeyFile", line.replace("parley-seed/1", "parley-seed/2")],
    ["notAKeyFile", line.replace("00", "0")],
    ["notAKeyFile", `${line} more`],
    ["notAnOperators", line.replace("operator/owl", "log")],
    ["otherParty", line.replace("COAL", "RUS")],
  ])("is refused: %s", (why, text) => {
    expect(readKeyFile(utf8(text), "COAL")).toBe(why);
  });
});

it("knows what can be a pseudonym", () => {
  expect(["owl", "сова", "a b", "", "a/b", "x".repeat(65)].map(isPseudonym)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
