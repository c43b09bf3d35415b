import { describe, expect, it } from "vitest";
import type { FaultView, Ladder, MessageView } from "../api/types";
import { MESSAGE_TYPES } from "../terms/norms";
import { PHRASES } from "../terms/phrases";
import {
  answerBody,
  askedFields,
  formOf,
  lacks,
  maskDigits,
  minutesLeft,
  NOTHING_TYPED,
} from "./answering";
import { questionOf } from "./guard";
import { clean, fieldLabel, phrase, pieces, sentText, withCode } from "./phrase";
import samples from "./phrases.samples.json";
import { clockOf, listed, mismatches, nextOf, offered } from "./ranks";
import { isWatched, THERE_WITHIN_MS, type Watching, wantsReceipt } from "./receipts";
import { type Heard, speak } from "./speaking";

const S = 1_000_000;

function step(changed: Partial<Ladder> = {}): Ladder {
  return {
    party: "RUS",
    stored: "yes",
    received_us: 1,
    cosigned_us: 2,
    displayed_us: null,
    displayed_post: null,
    answer: null,
    standby: null,
    read_back: "waiting",
    differences: [],
    overdue: [],
    called: [],
    outcome: "waiting",
    outcome_text: "waiting",
    tried: { party: "RUS", voice_at_once: false, held_until_us: null, rungs: [] },
    over: null,
    undelivered: [],
    ...changed,
  };
}

let index = 0;

function message(changed: Partial<MessageView> = {}): MessageView {
  index += 1;
  return {
    key: ["x/A/COAL/line/2026", index],
    agreement: "A",
    line: "L1",
    party: "COAL",
    post: "duty-officer",
    to: ["RUS"],
    message_type: "zone.state",
    message_class: "SAFETY",
    subject: "zone.state",
    text: "",
    fields: { zone: "Z1", activity: "hot" },
    status: "actual",
    sent_us: index,
    valid_until_us: null,
    expired: false,
    life_safety: false,
    answers: ["ROGER", "UNABLE"],
    answer_due_us: 240 * S,
    read_back: ["zone", "activity"],
    read_back_due_us: 120 * S,
    awaits_us: true,
    may_answer: ["ROGER", "UNABLE"],
    open: true,
    reading: "plain",
    opened: [],
    audience: null,
    signed: "not signed by a person",
    signatures: [],
    ladder: [step()],
    language: "",
    about: null,
    one_sided: false,
    corrected_by: null,
    cancelled_by: null,
    over_text: "",
    translations: [],
    places: [],
    differs: [],
    lead_text: "",
    units: [],
    ...changed,
  };
}

describe("phrases", () => {
  it.each(samples)("read as the node reads them: $language $type", (sample) => {
    const fields = sample.fields as Record<string, string>;
    expect(phrase(sample.type, fields, sample.language as "en" | "ru" | "ar")).toBe(sample.phrase);
  });

  it("have samples of every type in every language", () => {
    const have = new Set(samples.map((each) => `${each.language} ${each.type}`));
    for (const type of Object.keys(PHRASES.type))
      for (const tongue of ["en", "ru", "ar"]) expect(have).toContain(`${tongue} ${type}`);
  });

  it("show what cannot be seen", () => {
    expect(clean("a\u2069b\nc\t\u00a0")).toBe("a\\u2069b / c\\t\\xa0");
  });

  it("have the code beside the reader's word", () => {
    expect(withCode("answer", "ROGER", "ru")).toBe("Понял [ROGER]");
    expect(withCode("answer", "ROGER", "en")).toBe("ROGER");
    expect(withCode("answer", "constructor", "ru")).toBe("constructor");
  });

  it("are cut into pieces at what was set apart, and nothing is lost", () => {
    const text = phrase("zone.state", { zone: "Z1", activity: "hot" }, "ar");
    const parts = pieces(text);
    expect(parts.filter((each) => each.apart).map((each) => each.text)).toEqual(["Z1", "hot"]);
    expect(parts.map((each) => each.text).join("")).toBe(text.replace(/[\u2068\u2069]/g, ""));
  });

  it("are sent without the isolates of the screen that they were copied from", () => {
    expect(sentText("\u2066FL120\u2069 ")).toBe("FL120");
    const typed = { ...NOTHING_TYPED, fields: { zone: "\u2066Z1\u2069", activity: "hot" } };
    expect(answerBody(message(), "ROGER", typed, "desk", 0).fields).toEqual({
      zone: "Z1",
      activity: "hot",
    });
  });
});

describe("the clock of an answer", () => {
  it.each([
    [10, 0, false, 10],
    [10, 0.1, false, 9],
    [10, 9.9, false, 0],
    [10, 10, false, 0],
    [10, 10.4, true, 0],
    [10, 75, true, 65],
  ])("due at %d s, now %d s", (due, now, late, seconds) => {
    expect(clockOf(due * S, now * S)).toEqual({ late, seconds });
  });
});

describe("the list", () => {
  it("has what awaits us first, the loudest and then the soonest due", () => {
    const usual = message({ answer_due_us: 5 * S });
    const urgent = message({ message_class: "URGENT", answer_due_us: 60 * S });
    const distress = message({ message_class: "DISTRESS", answer_due_us: 90 * S });
    const theirs = message({ awaits_us: false });
    const closed = message({ open: false, awaits_us: false });
    const found = listed([usual, theirs, closed, urgent, distress]);
    expect(found.awaitUs).toEqual([distress, urgent, usual]);
    expect(found.open).toEqual([theirs]);
    expect(found.closed).toEqual([closed]);
  });

  it("has one that was misread before the others that are open", () => {
    const waits = message({ awaits_us: false, message_class: "URGENT" });
    const wrong = message({ awaits_us: false, ladder: [step({ read_back: "differs" })] });
    expect(listed([waits, wrong]).open).toEqual([wrong, waits]);
  });

  it("counts tests between nodes and does not list them; one that a person wrote it does", () => {
    const machine = message({ message_type: "line.test.machine", post: "system" });
    const odd = message({ message_type: "line.test.machine", post: "duty-officer" });
    const found = listed([machine, odd]);
    expect([found.machine, found.awaitUs]).toEqual([1, [odd]]);
  });

  it("goes round by one key", () => {
    const [a, b] = [message(), message()];
    expect(nextOf([a, b], null)).toBe(a);
    expect(nextOf([a, b], a.key)).toBe(b);
    expect(nextOf([a, b], b.key)).toBe(a);
    expect(nextOf([], a.key)).toBeUndefined();
  });
});

describe("answers", () => {
  it("are offered as the node allows them now, and none to who may only look", () => {
    const expired = message({
      expired: true,
      answers: ["WILCO", "UNABLE"],
      may_answer: ["UNABLE"],
    });
    expect(offered(expired, true)).toEqual(["UNABLE"]);
    expect(offered(expired, false)).toEqual([]);
  });

  it("begin empty, whatever the message says", () => {
    expect(NOTHING_TYPED.fields).toEqual({});
    expect(lacks(message(), "ROGER", NOTHING_TYPED, 0)).toEqual({
      key: "fieldLacks",
      field: "zone",
    });
  });

  it("repeat nothing where they refuse, and say why", () => {
    expect(askedFields(message(), "UNABLE")).toEqual([]);
    expect(lacks(message(), "UNABLE", NOTHING_TYPED, 0)).toEqual({ key: "reasonLacks" });
    expect(lacks(message(), "UNABLE", { ...NOTHING_TYPED, text: "no crew" }, 0)).toBeNull();
  });

  it("to identify.request choose one of its words and repeat the rest", () => {
    const asked = message({ message_type: "identify.request", read_back: ["track", "time"] });
    const found = askedFields(asked, "REPLY");
    expect(found.map((each) => each.name)).toEqual(["whose", "track", "time"]);
    expect(found[0]?.words).toEqual(MESSAGE_TYPES["identify.request"]?.reply["whose"]);
  });

  it("are told the form of a value, and none of its digits", () => {
    expect(formOf("35.300000,38.950000")).toBe("00.000000,00.000000");
    expect(formOf("٣FL120")).toBe("٠FL000");
    expect(formOf("RSD12")).toBeNull();
    expect(maskDigits("35.3,38.95")).toBe("00.0,00.00");
  });

  it("hold a STANDBY to the deadline", () => {
    const view = message({ answer_due_us: 90 * S });
    expect(minutesLeft(view, 0)).toBe(1.5);
    const typed = (minutes: string) => ({ ...NOTHING_TYPED, minutes });
    expect(lacks(view, "STANDBY", typed(""), 0)).toEqual({ key: "minutesLack" });
    expect(lacks(view, "STANDBY", typed("2"), 0)).toEqual({ key: "minutesTooMany", minutes: 1.5 });
    expect(lacks(view, "STANDBY", typed("1,5"), 0)).toBeNull();
    expect(answerBody(view, "STANDBY", typed("1"), "desk", 5 * S).promised_us).toBe(65 * S);
    expect(answerBody(view, "ROGER", typed("1"), "desk", 5 * S).promised_us).toBeNull();
  });
});

describe("a read-back that differs", () => {
  it("shows both values of each field, and what was left out", () => {
    const answer = { answer: "ROGER", post: "desk", at_us: 1, text: "", promised_us: null };
    const wrong = step({
      read_back: "differs",
      differences: ["zone: said Z1, read Z7", "activity: said hot, read None"],
      answer: { ...answer, fields: { zone: "Z7" } },
    });
    expect(mismatches(message({ ladder: [wrong] }), wrong)).toEqual([
      { field: "zone", said: "Z1", read: "Z7" },
      { field: "activity", said: "hot", read: null },
    ]);
  });
});

describe("what is spoken", () => {
  const kinds = (heard: Heard | null, messages: MessageView[], now_s: number) => {
    const { heard: after, spoken } = speak(heard, messages, now_s * S);
    return { after, said: spoken.map((each) => each.kind) };
  };

  it("is at first only how many wait", () => {
    expect(kinds(null, [message(), message()], 235).said).toEqual(["waiting"]);
  });

  it("is each message once: new, 30 s, 10 s, the end; never every second", () => {
    const view = message({ answer_due_us: 60 * S });
    let heard: Heard | null = kinds(null, [], 0).after;
    const said: string[] = [];
    for (let now_s = 0; now_s <= 70; now_s += 1) {
      const next = kinds(heard, [view], now_s);
      heard = next.after;
      said.push(...next.said.map((kind) => `${kind} ${now_s}`));
    }
    expect(said).toEqual(["new 0", "left 30", "left 50", "expired 61"]);
  });

  it("is a read-back that differs", () => {
    const heard = kinds(null, [], 0).after;
    const wrong = message({ awaits_us: false, ladder: [step({ read_back: "differs" })] });
    const next = kinds(heard, [wrong], 1);
    expect(next.said).toEqual(["differs"]);
    expect(kinds(next.after, [wrong], 2).said).toEqual([]);
  });
});

describe("the receipt that words were displayed", () => {
  const there: Watching = {
    actsNow: true,
    tabSeen: true,
    uncovered: true,
    usedAtMs: 0,
    nowMs: 1000,
  };

  it.each([
    [{}, true],
    [{ actsNow: false }, false],
    [{ tabSeen: false }, false],
    [{ uncovered: false }, false],
    [{ nowMs: THERE_WITHIN_MS + 1 }, false],
  ])("wants a person before the screen: %j", (changed, wanted) => {
    expect(isWatched({ ...there, ...changed })).toBe(wanted);
  });

  it("is due once, to the addressee, and not of words that are not shown", () => {
    expect(wantsReceipt(message(), "RUS")).toBe(true);
    expect(wantsReceipt(message(), "COAL")).toBe(false);
    expect(wantsReceipt(message({ ladder: [step({ displayed_us: 5 })] }), "RUS")).toBe(false);
    expect(wantsReceipt(message({ reading: "guarded" }), "RUS")).toBe(false);
  });
});

describe("fields to choose from", () => {
  it("never stand twice under the same words", () => {
    for (const tongue of ["en", "ru", "ar"] as const) {
      const labels = Object.keys(PHRASES.field).map((name) => fieldLabel(name, tongue));
      expect(new Set(labels).size).toBe(labels.length);
    }
    expect(fieldLabel("zone", "en")).toBe("zone");
  });
});

describe("the guard's question", () => {
  const fault = (changed: Partial<FaultView>): FaultView => ({
    fault: "",
    what: "",
    value: null,
    wanted: "",
    repair: "",
    ...changed,
  });

  it("is one where a place lies elsewhere, a name is nearly another's, a field is missing", () => {
    const place = fault({
      what: "place Old bridge and centre 34.0,39.4",
      value: "111.2 km apart",
      repair: "correct one of them, or confirm that it is meant",
    });
    expect(questionOf(place, 409)).toMatchObject({ field: "centre", meant: null });
    const near = fault({
      what: "message field zone",
      value: "Z11",
      repair: "did you mean 'Z1'? If it is another one, confirm that it is meant",
    });
    expect(questionOf(near, 409)).toMatchObject({ field: "zone", meant: "Z1" });
    const lacking = fault({ what: "message zone.state", value: "without activity" });
    expect(questionOf(lacking, 409)).toMatchObject({ field: null });
  });

  it("is none where confirming would change nothing", () => {
    const suspended = fault({
      what: "line L1",
      value: "suspended by RUS",
      repair: "resume the line",
    });
    expect(questionOf(suspended, 409)).toBeNull();
    expect(questionOf(fault({ what: "message field zone" }), 401)).toBeNull();
  });
});
