import { afterEach, describe, expect, it } from "vitest";
import type { ScreenView, SessionView } from "../api/types";
import { bare } from "../look/units";
import { liveScreen, mode, pastScreen, selection, session, units } from "../shell/state";
import { LANGUAGES, language } from "../text/language";
import { isSelected, select, shownOf } from "./choice";
import { aboutAlert, canCompose } from "./compose";
import { isOf, named } from "./identity";
import { canMark, markAct, ownPosts } from "./marking";
import { atUs, counts } from "./now";
import { minuteTicks, spanMin, valueTicks } from "./plotscale";
import { alertLike } from "./sample";
import { TEXTS, type TextKey } from "./texts";
import { countsOf, crosses, statusOf, textOf } from "./urgency";
import {
  actionWord,
  cautionWords,
  classWord,
  endWords,
  heldWords,
  lifeWord,
  partyWords,
  shareText,
} from "./words";

const S = 1_000_000;

afterEach(() => {
  language.value = "en";
  units.value = "aviation";
  selection.value = null;
});

function plain(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, "");
}

describe("the texts", () => {
  const keys = Object.keys(TEXTS.en) as TextKey[];

  it("have the same slots in every language, and none is empty", () => {
    const slots = (text: string): string[] =>
      [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? "");
    for (const code of LANGUAGES) {
      for (const key of keys) {
        expect(TEXTS[code][key].trim(), `${code} ${key}`).not.toBe("");
        expect(slots(TEXTS[code][key]).sort(), `${code} ${key}`).toEqual(
          slots(TEXTS.en[key]).sort(),
        );
      }
    }
  });

  it("are of their own language", () => {
    const same = keys.filter((key) => TEXTS.ru[key] === TEXTS.en[key]);
    expect(same).toEqual(["chainOf", "cpa"]);
    expect(keys.filter((key) => TEXTS.ar[key] === TEXTS.en[key])).toEqual(same);
  });

  it("call nobody names and give no all-clear", () => {
    const bad = /\b(hostile|enemy|safe|threat|target|clear)\b|безопас|противник|враг|عدو|آمن|هدف/i;
    for (const code of LANGUAGES) {
      expect(keys.filter((key) => bad.test(TEXTS[code][key]))).toEqual([]);
    }
  });
});

describe("an alert in words", () => {
  it("says for each class what it leaves time for, and of an incursion nothing", () => {
    const words = ["short-term", "own move only", "coordinate"].map((word) =>
      actionWord(alertLike({ alert_class: word })),
    );
    expect(words).toEqual([
      "Two minutes or less: own move, the line after it.",
      "Too late for the line: own move only.",
      "Time to agree on the line who moves.",
    ]);
    expect(actionWord(alertLike({ what: "incursion" }))).toBe("");
    expect(classWord("coordinate (exercise)")).toBe("coordinate (EXERCISE)");
    expect(classWord("something new")).toBe("something new");
  });

  it("keeps who has it apart from who has seen it", () => {
    const alert = alertLike({ held_by: { COAL: "yes", RUS: "no" }, forms: [] });
    const links = [{ party: "RUS", link: "down", heard_us: 1796091389 * S }];
    expect(heldWords(alert, links).map(plain)).toEqual([
      "RUS: has it: no, link down, last heard 02:16:29Z",
    ]);
    expect(partyWords(alert).map(plain)).toEqual(["COAL: not seen", "RUS: not seen"]);
    expect(partyWords(alertLike({ life: null }))).toEqual(["no marks under these rules"]);
    const unknown = alertLike({ held_by: { RUS: "unknown" }, forms: [] });
    expect(heldWords(unknown, []).map(plain)).toEqual(["RUS: has it: not known"]);
  });

  it("calls a message no call", () => {
    const life = alertLike().life;
    const [ours, theirs] = life?.parties ?? [];
    if (!life || !ours || !theirs) throw new Error("no life");
    const by = (one: string, other: string) => {
      const called = (how: string) =>
        how === "" ? {} : { word: "called" as const, called_how: how, called_post: "desk" };
      const parties = [
        { ...ours, ...called(one) },
        { ...theirs, ...called(other) },
      ];
      return alertLike({ life: { ...life, word: "called", parties } });
    };
    expect(lifeWord(by("message", ""))).toBe("WRITTEN");
    expect(lifeWord(by("message", "message"))).toBe("WRITTEN");
    expect(lifeWord(by("telephone", "message"))).toBe("CALLED");
    expect(lifeWord(by("marked", ""))).toBe("CALLED");
    expect(partyWords(by("message", "telephone")).map(plain)).toEqual([
      "COAL: wrote 00:00:00Z at desk",
      "RUS: called 00:00:00Z at desk, by telephone",
    ]);
  });

  it("says which form the other party has when it lacks the newest", () => {
    const [newest, first] = alertLike().forms;
    if (!newest || !first) throw new Error("no forms");
    const alert = alertLike({ held_by: { RUS: "no" }, forms: [newest, first] });
    expect(heldWords(alert, []).map(plain)).toEqual([
      "RUS: has the newest: no, has the one of 02:16:28Z",
    ]);
  });

  it("says whose word it is, and that the words differ", () => {
    const theirs = alertLike({ own: false, raised_by: "RUS", others: [] });
    expect(cautionWords(theirs).map(plain)).toEqual([
      "RUS alone says so: our own node does not predict it.",
    ]);
    const other = {
      key: ["L", 1] as [string, number],
      raised_by: "RUS",
      raised_us: 0,
      alert_class: "own move only",
      loss_us: 0,
      least_horizontal_mm: 0,
      vertical_then_mm: 0,
    };
    expect(cautionWords(alertLike({ others: [other] })).map(plain)).toEqual([
      "RUS says own move only.",
    ]);
  });

  it("never says that anybody made way where the time of the loss had come", () => {
    const ended = {
      key: ["L", 1] as [string, number],
      aircraft: ["A", "B"],
      raised_by: "COAL",
      ended_us: 9,
      why: "no loss predicted",
      came_us: 1796091389 * S,
    };
    expect(plain(endWords(ended).came)).toContain("no sign that anybody made way");
    expect(endWords({ ...ended, came_us: null }).came).toBe("");
    expect(endWords({ ...ended, why: "no report of B for 60 s" }).ours).toBe(false);
  });

  it("makes no certainty by rounding", () => {
    expect([1_000_000, 995_000, 424_000, 4_000].map(shareText)).toEqual([
      ">0.99",
      ">0.99",
      "0.42",
      "<0.01",
    ]);
  });

  it("counts exercises apart", () => {
    const counts = countsOf({ coordinate: 2, "short-term (exercise)": 1, "short-term": 3 });
    expect(counts.actual).toEqual([
      ["short-term", 3],
      ["coordinate", 2],
    ]);
    expect(counts.apart).toEqual([["short-term (exercise)", 1]]);
    expect(statusOf("EXERCISE, formation of A, B as one")).toBe("EXERCISE");
    expect(statusOf("EXERCISES of others")).toBeNull();
    expect(textOf("EXERCISE, A; formation of A, B as one")).toBe("A; formation of A, B as one");
    expect(textOf("A inside Z2, in force")).toBe("A inside Z2, in force");
  });

  it("asks for the node's word as soon as the time of another class has come", () => {
    const loss = 1000 * S;
    expect(crosses(loss, { COAL: 600 }, 399 * S, 400 * S)).toBe(true);
    expect(crosses(loss, { COAL: 600 }, 879 * S, 880 * S)).toBe(true);
    expect(crosses(loss, { COAL: 600 }, 500 * S, 501 * S)).toBe(false);
    expect(crosses(null, {}, 0, 2000 * S)).toBe(false);
  });
});

describe("which alert", () => {
  it("stays the same when our own node raises what another had raised", () => {
    const theirs = alertLike({ key: ["RUS", 1] });
    const ours = alertLike({ key: ["COAL", 5] });
    expect([...named([theirs]).keys()]).toEqual([...named([ours]).keys()]);
    expect(named([theirs, ours]).size).toBe(2);
  });

  it("is shown below: the selected one, else the first, never another in its place", () => {
    const one = alertLike({ key: ["L", 1] });
    const two = alertLike({ key: ["L", 2], aircraft: ["C", "D"] });
    expect(shownOf([one, two])).toEqual({ alert: one, gone: false });
    expect(shownOf([one, two], two).alert).toBe(two);
    select(two);
    expect(shownOf([one, two]).alert).toBe(two);
    expect(isSelected(two)).toBe(true);
    expect(shownOf([one], one)).toEqual({ alert: null, gone: true });
    selection.value = { kind: "aircraft", aircraft: "A" };
    expect(shownOf([one]).alert).toBe(one);
    expect(isOf(one, "L", 2)).toBe(false);
  });

  it("is marked as it was on the screen, not as it was told later", () => {
    const act = markAct({ alert: alertLike(), stage: "called" }, "commander", "");
    expect(act).toEqual({
      type: "mark_alert",
      ref: ["parley.example/AGR-1/COAL/ops/2026", 3],
      post: "commander",
      stage: "called",
      text: "",
      renewal: ["parley.example/AGR-1/COAL/ops/2026", 5],
    });
    expect(markAct({ alert: alertLike({ forms: [] }), stage: "seen" }, "p", "").renewal).toEqual(
      act.ref,
    );
  });

  it("takes the posts of the agreement's own lines, each once", () => {
    const line = { line: "L1", parties: [], hours: "", languages: [], own_posts: ["desk", "boss"] };
    const brief = { agreement: "A", title: "", parties: [], minima: [], languages: [] };
    const agreements = [{ ...brief, lines: [line, { ...line, line: "L2" }] }];
    expect(ownPosts(agreements, "A")).toEqual(["desk", "boss"]);
    expect(ownPosts(agreements, "B")).toEqual([]);
  });

  it("is written about with a level for each aircraft, and without marks of direction", () => {
    const about = aboutAlert(alertLike(), "COAL");
    expect(about.to).toEqual(["RUS"]);
    expect(about.fields).toEqual({ level: "KHM07 FL212, RSD12 FL210", time: "02:21:16Z" });
    expect(bare(JSON.stringify(about))).toBe(JSON.stringify(about));
    expect(canCompose(alertLike({ what: "incursion" }), "COAL")).toBe(false);
    expect(canCompose(alertLike({ life: null, parties: ["COAL", ""] }), "COAL")).toBe(false);
  });
});

describe("the axes", () => {
  it("look so far ahead that the end of the loss is in sight, and twenty minutes else", () => {
    expect(spanMin(0, 200 * S)).toBe(5);
    expect(spanMin(0, 260 * S)).toBe(10);
    expect(spanMin(0, 900 * S)).toBe(20);
    expect(spanMin(0, null)).toBe(20);
    expect(minuteTicks(5)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(minuteTicks(20)).toEqual([0, 5, 10, 15, 20]);
  });

  it("are marked with round numbers of the reader's own units", () => {
    expect(valueTicks(0, 27_780, "distance").map((m) => Math.round(m / 1852))).toEqual([
      0, 5, 10, 15,
    ]);
    units.value = "metric";
    expect(valueTicks(5_450, 7_500, "height")).toEqual([6_000, 7_000]);
  });
});

describe("in REPLAY", () => {
  it("nothing is marked, and time is that of the record", () => {
    const operator = {
      party: "COAL",
      role: "operator",
      form_number: "1",
      token_wanted: false,
      clock: "wall",
      version: "",
      language: "en",
    } as SessionView;
    const line = { line: "L1", parties: [], hours: "", languages: [], own_posts: ["desk"] };
    const brief = { title: "", parties: [], minima: [], languages: [], lines: [line] };
    const view = {
      at_us: 5,
      now_us: 9,
      agreements: [{ agreement: "AGR-1", ...brief }],
    } as unknown as ScreenView;
    session.value = operator;
    liveScreen.value = view;
    pastScreen.value = view;
    expect(canMark(alertLike())).toBe(true);
    expect(canMark(alertLike({ life: null }))).toBe(false);
    expect(atUs.value).toBe(9);
    mode.value = "REPLAY";
    expect(canMark(alertLike())).toBe(false);
    expect(atUs.value).toBe(5);
    expect(counts.value).toBe(false);
    mode.value = "LIVE";
    session.value = { ...operator, role: "observer", form_number: null };
    expect(canMark(alertLike())).toBe(false);
    session.value = null;
    liveScreen.value = null;
    pastScreen.value = null;
  });
});
