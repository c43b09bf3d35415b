import { describe, expect, test } from "vitest";
import { throttled } from "./asked";
import { badgeOf } from "./badge";
import { octets } from "./bytes";
import { checkEvidence } from "./check";
import { chooseCheck, nobleCheck, type SignatureCheck, webCryptoCheck } from "./ed25519";
import { dice, FLIPS, GIVEN, makePack, ORIGIN, SEED } from "./testkit";

const { data, entries } = makePack(12);

async function checks(): Promise<SignatureCheck[]> {
  const quick = await webCryptoCheck();
  expect(quick?.name).toBe("WebCrypto");
  return quick ? [quick, nobleCheck()] : [nobleCheck()];
}

describe("a pack in which nothing is wrong", () => {
  test("is intact by both ways of checking signatures", async () => {
    for (const check of await checks()) {
      const verdict = await badgeOf(data, GIVEN, check);
      expect(verdict.reasons).toEqual([]);
      expect(verdict.badge).toBe("RECORD INTACT");
      expect([verdict.entries, verdict.logs, verdict.cosigned]).toEqual([12, 1, 12]);
      expect(verdict.parties).toEqual([{ party: "RUS", cosigned: 12, others: 12 }]);
      expect(verdict.keysGiven).toBe(true);
    }
  });

  test("tells how far it is, and ends at all of it", async () => {
    const told: number[][] = [];
    const tell = throttled((done, total) => told.push([done, total]));
    const verdict = await badgeOf(data, [], await chooseCheck(), tell);
    expect(verdict.badge).toBe("RECORD INTACT");
    expect(verdict.reasons).toEqual(["logs whose keys come from the pack itself: 1"]);
    expect(told[0]).toEqual([0, 2 + 12 + 12]);
    expect(told[told.length - 1]).toEqual([26, 26]);
  });

  test("is not looked at where it cannot be fetched", async () => {
    const fetched = () => Promise.reject(new Error("no such agreement"));
    await expect(checkEvidence(fetched, () => undefined)).rejects.toThrow("no such agreement");
  });
});

describe("one byte that is flipped", () => {
  test("fails with a place, wherever it is", async () => {
    const roll = dice(SEED);
    const [check] = await checks();
    for (let n = 0; n < FLIPS; n++) {
      const bad = data.slice();
      const at = roll(bad.length);
      bad[at] = (bad[at] ?? 0) ^ (1 + roll(255));
      const verdict = await badgeOf(bad, GIVEN, check ?? nobleCheck());
      expect(verdict.badge, `byte ${at}`).toBe("FAILED");
      expect(verdict.flaw?.log || verdict.flaw?.file, `byte ${at}`).toBeTruthy();
    }
  });

  test("in an entry fails at that entry", async () => {
    const roll = dice(SEED + 1);
    const [check] = await checks();
    const whole = octets(data);
    for (const [index, entry] of entries.entries()) {
      const bad = data.slice();
      const at = whole.indexOf(octets(entry)) + roll(entry.length);
      bad[at] = (bad[at] ?? 0) ^ (1 + roll(255));
      const { flaw } = await badgeOf(bad, GIVEN, check ?? nobleCheck());
      expect([flaw?.log, flaw?.index]).toEqual([ORIGIN, index]);
      expect(flaw?.what).toContain("changed since it was signed");
    }
  });
});
