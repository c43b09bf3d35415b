// Both ways to check a signature take the same ones; that Python takes them too is
// tests/against/test_typescript_verifier.py's matter.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Bytes, fromHex, hex, utf8 } from "./bytes";
import { isSmallOrder, nobleCheck, webCryptoCheck } from "./ed25519";
import { attempt } from "./fault";
import { checkPoint, fingerprint, named, parseVkey, vkeyOf } from "./keys";
import { parseNote, verifyNote } from "./note";
import { GIVEN } from "./testkit";

const SHARED = join(import.meta.dirname, "../../../../shared/vectors");
const CCTV = join(SHARED, "ed25519-cctv/ed25519vectors.json");
const WYCHEPROOF = join(SHARED, "wycheproof/ed25519_test.json");
const EXAMPLES = join(SHARED, "c2sp-examples.txt");

interface Group {
  publicKey: { pk: string };
  tests: { sig: string; msg: string; result: string; tcId: number }[];
}

function isKey(publicKey: Bytes): boolean {
  return (
    attempt(() => {
      checkPoint(publicKey);
      return true;
    }) ?? false
  );
}

// One for all: a key's first signature goes another way than the later ones.
const plain = nobleCheck();

async function accepted(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  const quick = await webCryptoCheck();
  if (!quick) throw new Error("node without WebCrypto");
  const [one, other] = [
    await quick.verify(publicKey, signature, message),
    await plain.verify(publicKey, signature, message),
  ];
  if (isKey(publicKey)) expect(one, hex(signature)).toBe(other);
  return isKey(publicKey) && one && other;
}

describe("signatures", () => {
  test.skipIf(!existsSync(CCTV))("of C2SP CCTV (../shared/vectors, if it is here)", async () => {
    const all: { key: string; sig: string; msg: string; flags: string[] | null }[] = JSON.parse(
      readFileSync(CCTV, "utf8"),
    );
    let taken = 0;
    for (const one of all) {
      const parts = [fromHex(one.key), fromHex(one.sig), utf8(one.msg)] as const;
      const good = await accepted(...parts);
      // A point with a part of small order is no key, and as R it never meets the equation.
      const odd = (one.flags ?? []).filter((flag) => flag.startsWith("low_order"));
      if (odd.length > 0) expect(good, one.sig).toBe(false);
      taken += good ? 1 : 0;
    }
    expect(all.length).toBe(914);
    expect(taken).toBeLessThan(all.length / 2);
  });

  test.skipIf(!existsSync(WYCHEPROOF))("of Wycheproof (../shared/vectors, if here)", async () => {
    const { testGroups }: { testGroups: Group[] } = JSON.parse(readFileSync(WYCHEPROOF, "utf8"));
    for (const group of testGroups) {
      for (const one of group.tests) {
        const parts = [fromHex(group.publicKey.pk), fromHex(one.sig), fromHex(one.msg)] as const;
        expect(await accepted(...parts), `${one.tcId}`).toBe(one.result === "valid");
      }
    }
  });

  test("of another length are none", async () => {
    const key = parseVkey(GIVEN[0] ?? "").publicKey;
    for (const bytes of [0, 63, 65]) {
      expect(await accepted(key, new Uint8Array(bytes), utf8("a"))).toBe(false);
    }
  });
});

describe("keys", () => {
  test("are no points of small order, whatever the top bit", () => {
    const neutral = new Uint8Array(32);
    neutral[0] = 1;
    for (const top of [0, 128]) {
      neutral[31] = top;
      expect(isSmallOrder(neutral)).toBe(true);
      expect(isKey(neutral)).toBe(false);
    }
    expect(isKey(new Uint8Array(31))).toBe(false);
  });

  test("are read and written as C2SP writes them", () => {
    for (const text of GIVEN) {
      const key = parseVkey(text);
      expect(vkeyOf(key)).toBe(text);
      expect(vkeyOf(named(named(key, "other"), key.name))).toBe(text);
      expect(fingerprint(key)).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    }
  });
});

test.skipIf(!existsSync(EXAMPLES))("the note of C2SP's own example is opened", async () => {
  const text = readFileSync(EXAMPLES, "utf8");
  const vkey = text.split(/\s+/).find((word) => /^[^+\s]+\+[0-9a-f]{8}\+/.test(word)) ?? "";
  const lines = text.split("\n");
  const last = lines.findIndex((line) => line.startsWith("\u2014 "));
  const start = lines.findIndex((line, n) => n < last && /^This is an example/.test(line));
  const note = parseNote(utf8(`${lines.slice(start, last + 1).join("\n")}\n`));
  await verifyNote(note, parseVkey(vkey), nobleCheck());
});
