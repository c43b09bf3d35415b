import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Beat, ScreenView } from "../api/types";
import {
  beatUs,
  forgetBeat,
  hasSlept,
  isDriven,
  isHeard,
  lookAtSilence,
  nodeNowUs,
  silentForS,
  takeBeat,
} from "../live/clock";
import { OLD_AFTER_S, oldOf } from "../shell/ages";
import { titleOf, waitingIn } from "../shell/heading";
import { bindKeys, bound, keysOff, nameOfKey, takeKey, wantedBy } from "../shell/keys";
import { cursorUs, keysOn, mode } from "../shell/state";
import { TEXTS as FRAME_TEXTS } from "../shell/texts";
import { LANGUAGES, language, say } from "../text/language";
import { KIT_TEXTS } from "./kittexts";
import { languageOf, readKept } from "./settings";
import { TEXTS as LOOK_TEXTS } from "./texts";
import { nowUs, shownUs } from "./tick";

const AT_US = 1_497_938_400_000_000;

function beat(changed: Partial<Beat> = {}): Beat {
  return {
    kind: "beat",
    now_us: AT_US,
    number: 1,
    clock: "wall",
    ready: true,
    tracks: 0,
    ...changed,
  };
}

describe("the node's clock", () => {
  it("runs between beats, and stands once the node is not heard", () => {
    takeBeat(beat(), 1000);
    expect(nodeNowUs(1400)).toBe(AT_US + 400_000);
    expect(nodeNowUs(4000)).toBe(AT_US + 3_000_000);
    expect(nodeNowUs(600_000)).toBe(AT_US + 3_000_000);
    expect(beatUs.value).toBe(AT_US);
  });

  it("stands between the beats of a driven node", () => {
    takeBeat(beat({ clock: "driven" }), 1000);
    expect(nodeNowUs(1900)).toBe(AT_US);
    expect(isDriven.value).toBe(true);
  });

  it("is silent after three seconds", () => {
    takeBeat(beat(), 1000);
    expect(lookAtSilence(4000)).toBe(false);
    expect(isHeard.value).toBe(true);
    expect(lookAtSilence(4001)).toBe(true);
    expect(isHeard.value).toBe(false);
    expect(silentForS(11_000)).toBe(10);
  });

  it("is not live after waking until a new beat, however soon it is looked at", () => {
    takeBeat(beat(), 1000);
    forgetBeat();
    expect(isHeard.value).toBe(false);
    expect(lookAtSilence(1001)).toBe(true);
    expect(nodeNowUs(1500)).toBe(AT_US);
    takeBeat(beat({ now_us: AT_US + 9_000_000 }), 2000);
    expect(lookAtSilence(2001)).toBe(false);
  });

  it("notices that the machine slept by its two clocks, and counts the sleep", () => {
    takeBeat(beat(), 1000);
    expect(hasSlept(1000, 50_000)).toBe(false);
    expect(hasSlept(1500, 50_510)).toBe(false);
    expect(hasSlept(2000, 3_651_000)).toBe(true);
    expect(silentForS(2000)).toBeGreaterThanOrEqual(3600);
    expect(hasSlept(2500, 3_651_500)).toBe(false);
    takeBeat(beat(), 3000);
    expect(silentForS(3000)).toBe(0);
  });
});

describe("the instant that is shown", () => {
  it("is that of the slider in REPLAY and the node's own otherwise", () => {
    nowUs.value = AT_US;
    cursorUs.value = 5;
    for (const [which, us] of [
      ["LIVE", AT_US],
      ["PLAN", AT_US],
      ["REPLAY", 5],
    ] as const) {
      mode.value = which;
      expect(shownUs.value, which).toBe(us);
    }
    mode.value = "LIVE";
  });
});

describe("what is old", () => {
  it("says so after ten seconds, and not before anything came", () => {
    expect(oldOf(OLD_AFTER_S, AT_US)).toBeNull();
    expect(oldOf(OLD_AFTER_S + 1, AT_US)).toEqual({ asOfUs: AT_US, ageS: 11 });
    expect(oldOf(Number.POSITIVE_INFINITY, undefined)).toBeNull();
    expect(oldOf(Number.POSITIVE_INFINITY, 0)).toBeNull();
  });
});

describe("the title of the page", () => {
  it("counts what waits, and says first of all that it is not live", () => {
    expect(titleOf(0, "COAL", "")).toBe("Parley COAL");
    expect(titleOf(2, "COAL", "")).toBe("(2) Parley COAL");
    expect(titleOf(2, "COAL", "NOT LIVE")).toBe("NOT LIVE Parley COAL");
    expect(titleOf(0, "", "")).toBe("Parley");
  });

  it("counts alerts that nobody saw, messages that await us and alarms that nobody took", () => {
    const view = {
      alerts: { alerts: [{ life: { word: "new" } }, { life: { word: "seen" } }, { life: null }] },
      messages: [{ awaits_us: true }, { awaits_us: false }],
      alarms: {
        alarms: [
          { alarm: { acknowledged_us: null, silent: false } },
          { alarm: { acknowledged_us: null, silent: true } },
          { alarm: { acknowledged_us: 5, silent: true } },
        ],
      },
    } as unknown as ScreenView;
    expect(waitingIn(view)).toEqual({ alerts: 2, messages: 2 });
    expect(waitingIn(null)).toEqual({ alerts: 0, messages: 0 });
  });
});

describe("single keys", () => {
  const press = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false };
  const target = null;

  beforeEach(() => {
    vi.stubGlobal("HTMLElement", class {});
    bound.value = new Map();
    keysOff.value = new Set();
    keysOn.value = true;
  });

  function taken(event: Partial<KeyboardEvent>): boolean {
    let prevented = false;
    const preventDefault = () => {
      prevented = true;
    };
    takeKey({ ...press, code: "", target, preventDefault, ...event } as KeyboardEvent);
    return prevented;
  }

  it.each([
    ["j", "KeyJ", false, "j"],
    ["о", "KeyJ", false, "j"],
    ["О", "KeyJ", true, "J"],
    ["ت", "KeyJ", false, "j"],
    ["х", "BracketLeft", false, "["],
    ["؟", "Slash", true, "?"],
    ["١", "Digit1", false, "1"],
    [" ", "Space", false, " "],
    ["ArrowUp", "ArrowUp", true, "Shift+ArrowUp"],
  ])("%s at %s is what is on a Latin board", (key, code, shiftKey, wanted) => {
    expect(wantedBy({ ...press, key, code, shiftKey })).toBe(wanted);
  });

  it("act, unless they are off: all, this one, or the browser's own", () => {
    const does = vi.fn();
    const key = { key: "j", told: () => "next", does };
    bindKeys("alerts", [key]);
    expect(taken({ key: "j" })).toBe(true);
    expect(does).toHaveBeenCalledTimes(1);
    expect(taken({ key: "j", metaKey: true })).toBe(false);
    expect(taken({ key: "j", ctrlKey: true })).toBe(false);
    keysOff.value = new Set([nameOfKey("alerts", key)]);
    expect(taken({ key: "j" })).toBe(false);
    keysOff.value = new Set([nameOfKey("map", key)]);
    expect(taken({ key: "j" })).toBe(true);
    keysOn.value = false;
    expect(taken({ key: "j" })).toBe(false);
    expect(does).toHaveBeenCalledTimes(2);
  });

  it("are each bound by one room", () => {
    bindKeys("alerts", [{ key: "j", told: () => "", does: () => {} }]);
    expect(() => bindKeys("map", [{ key: "j", told: () => "", does: () => {} }])).toThrow("alerts");
  });
});

describe("what a browser kept", () => {
  it("is read with doubt", () => {
    for (const text of [null, "", "{", "[]", "7", "null", '"x"'])
      expect(readKept(text)).toEqual({});
    const bad = { language: "xx", units: 3, theme: "red", keysOn: 1, vectorMin: 3, alertsPart: 2 };
    expect(readKept(JSON.stringify(bad))).toEqual({});
    const good = { language: "ar", units: "metric", keysOff: ["map l", 4], sideWidthPx: 420 };
    expect(readKept(JSON.stringify(good))).toEqual({ ...good, keysOff: ["map l"] });
  });

  it("gives way to the address, and comes before the node's language and the browser's", () => {
    expect(languageOf("ar", "ru", "en", ["en-GB"])).toBe("ar");
    expect(languageOf("xx", "ru", "en", ["en-GB"])).toBe("ru");
    expect(languageOf(null, null, "ar", ["ru-RU"])).toBe("ar");
    expect(languageOf(null, null, undefined, ["fr-FR", "ru-RU"])).toBe("ru");
    expect(languageOf(null, null, "de", ["fr"])).toBe("en");
  });
});

describe("texts", () => {
  it("have the same slots in each language, and isolate what they are filled with", () => {
    for (const table of [FRAME_TEXTS, LOOK_TEXTS, KIT_TEXTS]) {
      for (const [key, text] of Object.entries(table.en)) {
        const slots = (words: string) => [...words.matchAll(/\{\w+\}/g)].map(String).sort();
        for (const code of LANGUAGES) {
          const words = (table[code] as Record<string, string>)[key] ?? "";
          expect(words.trim(), `${key} ${code}`).not.toBe("");
          expect(slots(words), `${key} ${code}`).toEqual(slots(text));
        }
      }
    }
    language.value = "ar";
    expect(say(FRAME_TEXTS, "silentFor", { age: "1:24" })).toContain("\u20681:24\u2069");
    language.value = "en";
  });
});
