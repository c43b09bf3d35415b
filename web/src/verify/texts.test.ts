import { describe, expect, test } from "vitest";
import type { Verdict } from "./badge";
import { stateWords, verdictWords } from "./EvidenceBadge";
import { STEPS } from "./fault";
import { say, sayIsolated, texts } from "./texts";

const LANGS = ["en", "ru", "ar"] as const;

function slots(text: string): string[] {
  return (text.match(/\{\w+\}/g) ?? []).sort();
}

describe("the texts", () => {
  test("have the same slots in every language", () => {
    for (const [key, text] of Object.entries(texts.en)) {
      for (const lang of LANGS) {
        const other = Object.entries(texts[lang]).find(([name]) => name === key)?.[1] ?? "";
        expect(slots(other), `${lang} ${key}`).toEqual(slots(text));
      }
    }
  });

  test("name every step of the check", () => {
    for (const lang of LANGS) expect(texts[lang].steps.split("|").length).toBe(STEPS.length);
  });

  test("call nothing safe and nobody hostile", () => {
    const all = LANGS.flatMap((lang) => Object.values(texts[lang])).join(" ");
    expect(all).not.toMatch(
      /\b(safe|safely|hostile|enemy|secure)\b|безопасн|враг|враждебн|آمن|عدو|معاد/i,
    );
  });

  test("isolate what fills them", () => {
    const log = "parley.example/A/B/line/2026";
    const reason = { code: "uncosigned", weight: "partial", values: { count: 3, log } } as const;
    expect(sayIsolated(reason, "ar")).toContain(`\u2068${log}\u2069`);
    expect(say("ru", "checking", { done: 1, total: 2 })).toContain("\u20681\u2069");
  });
});

const FOUND: Verdict = {
  badge: "RECORD INTACT",
  verdict: "record intact",
  entries: 3,
  logs: 1,
  cosigned: 3,
  unheld: 0,
  sealed: 0,
  reasons: [],
  details: [],
  parties: [],
  keys: [],
  keysGiven: true,
  checkedAtPackSha256: "",
};

function failed(flaw: Partial<Verdict["flaw"]> & object): Verdict {
  const place = { log: "L", what: "w", step: 4, file: "", ...flaw } as const;
  return { ...FOUND, badge: "FAILED", flaw: place };
}

describe("the badge", () => {
  test("says its state in words, and where a record fails", () => {
    const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "");
    const words = (verdict: Verdict) => plain(verdictWords(verdict, "en"));
    expect(words(FOUND)).toBe("RECORD INTACT");
    expect(words({ ...FOUND, badge: "PARTIAL" })).toBe("PARTIAL");
    expect(words({ ...FOUND, badge: "PARTIAL", sealed: 2 })).toBe(
      "PARTIAL, payloads not opened: 2",
    );
    expect(words({ ...FOUND, badge: "PARTIAL", sealed: 2, unheld: 1 })).toBe(
      "PARTIAL, entries not held by all who should: 1",
    );
    expect(words(failed({ index: 7 }))).toBe("FAILED at entry 7 of log L");
    expect(words(failed({ index: 7, last: 7 }))).toBe("FAILED at entry 7 of log L");
    expect(words(failed({ index: 7, last: 9 }))).toBe("FAILED at entries 7 to 9 of log L");
    expect(words(failed({}))).toBe("FAILED in log L");
    expect(words(failed({ log: "", file: "byte 3" }))).toBe("FAILED in the file: byte 3");
    expect(stateWords({ kind: "unchecked" }, "en")).toBe("record not checked");
    expect(plain(stateWords({ kind: "checking", done: 2, total: 9 }, "en"))).toBe(
      "checking 2 of 9",
    );
  });
});
