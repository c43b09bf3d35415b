import { beforeEach, describe, expect, it } from "vitest";
import type { MessageView, ScreenView } from "../api/types";
import { callBody, callLacks, type TypedCall } from "./calling";
import { matchOf } from "./callwords";
import {
  asked,
  changeDraft,
  type Draft,
  discard,
  draft,
  draftAbout,
  draftLacks,
  emptyDraft,
  findSent,
  keep,
  refused,
  sayBody,
  sending,
  setSending,
  typeFields,
} from "./draft";
import { namesFor, pickable, positionText } from "./objects";
import { typesFound } from "./types";

const VIEW = {
  party: "COAL",
  agreements: [
    {
      agreement: "A",
      lines: [
        { line: "L1", parties: ["COAL", "RUS"], own_posts: ["desk", "commander"] },
        { line: "L2", parties: ["COAL", "RUS", "SYR"], own_posts: ["desk"] },
      ],
    },
  ],
  zones: [{ view: { zone: "Z2" } }, { view: { zone: "Z1" } }],
  boundaries: [{ boundary: "B1" }],
  intents: { intents: [{ intent: "I-1", flight: "RSD21" }] },
} as unknown as ScreenView;

function written(changed: Partial<Draft> = {}): Draft {
  return {
    ...emptyDraft(VIEW),
    type: "zone.state",
    fields: { zone: "Z1", activity: "hot" },
    ...changed,
  };
}

beforeEach(() => discard());

describe("a draft", () => {
  it("goes to the only other end; where there are more, nobody is chosen beforehand", () => {
    expect(emptyDraft(VIEW)).toMatchObject({ line: "L1", to: ["RUS"], post: "" });
    expect(emptyDraft(VIEW, { line: "L2" }).to).toEqual([]);
  });

  it("says what it lacks before it may be sent", () => {
    const whole = written({ post: "desk" });
    expect(draftLacks(whole)).toBeNull();
    expect(draftLacks({ ...whole, type: "" })).toBe("typeLacks");
    expect(draftLacks({ ...whole, to: [] })).toBe("toLacks");
    expect(draftLacks({ ...whole, post: "" })).toBe("lineLacks");
    expect(draftLacks({ ...whole, validMin: "soon" })).toBe("validLacks");
    expect(draftLacks({ ...whole, type: "correction" })).toBe("aboutLacks");
    expect(draftLacks({ ...whole, type: "humanitarian.notice" })).toBe("validLacks");
  });

  it("becomes the act that was written, with nothing that is empty", () => {
    const body = sayBody(
      written({ validMin: "1,5", text: " now ", fields: { zone: " \u2066Z1\u2069", level: " " } }),
      10e6,
      false,
      [],
    );
    expect(body.fields).toEqual({ zone: "Z1" });
    expect(body).toMatchObject({ text: "now", valid_until_us: 100e6, confirmed: false });
    expect(body.message_class).toBeNull();
  });

  it("has the fields that are read back first, and a place's name beside its coordinates", () => {
    expect(typeFields("area.notice")).toEqual(["centre", "window", "place"]);
    expect(typeFields("incursion.report")).toEqual(["flight"]);
    // What a reply chooses is not said by who asks.
    expect(typeFields("identify.request")).toEqual(["track", "time"]);
  });

  it("is asked about as it stands: once it is changed in any way, question and refusal are gone", () => {
    const fault = { fault: "f", what: "w", value: null, wanted: "", repair: "" };
    const askAbout = (made: Draft) => {
      keep(made);
      asked.value = { fault, field: null, meant: null };
      refused.value = fault;
    };
    askAbout(written());
    setSending({ at: "writing" });
    expect(asked.value).not.toBeNull();
    const edits = [
      () => changeDraft({ fields: { zone: "Z2" } }),
      () => changeDraft({ wantsAnswer: false }),
      () => keep(written()),
      discard,
    ];
    for (const edit of edits) {
      askAbout(written());
      edit();
      expect([asked.value, refused.value]).toEqual([null, null]);
    }
  });

  it("survives in the tab, with whether it was tried", () => {
    keep(written());
    expect(draft.value?.type).toBe("zone.state");
    expect(sending.value).toEqual({ at: "writing" });
  });
});

const MESSAGE = {
  key: ["x/A/COAL/line/2026", 7],
  agreement: "A",
  line: "L1",
  party: "COAL",
  to: ["RUS"],
  message_type: "zone.state",
  text: "",
  status: "exercise",
  fields: { zone: "Z1", activity: "hot" },
  read_back: ["zone", "activity"],
  ladder: [{ differences: [] }],
} as unknown as MessageView;

describe("a correction", () => {
  it("says again what was misread, to all whom the message told, in its status", () => {
    const ladder = [{ differences: ["zone: said Z1, read Z7"] }];
    const misread = { ...MESSAGE, ladder } as unknown as MessageView;
    const found = draftAbout(VIEW, misread, "correction");
    expect(found.fields).toEqual({ zone: "Z1" });
    expect(found).toMatchObject({ to: ["RUS"], status: "exercise", type: "correction" });
    expect(found.about).toEqual({ log: "x/A/COAL/line/2026", index: 7, what: "zone.state" });
    expect(draftAbout(VIEW, MESSAGE, "correction").fields).toEqual(MESSAGE.fields);
    expect(draftAbout(VIEW, MESSAGE, "cancel").fields).toEqual({});
  });
});

describe("whether it was sent after all", () => {
  it("is by the same words on the same line to the same ends", () => {
    expect(findSent(written(), [MESSAGE], "COAL")).toBe(MESSAGE);
    expect(findSent(written({ text: "more" }), [MESSAGE], "COAL")).toBeUndefined();
    expect(findSent(written({ fields: { zone: "Z1" } }), [MESSAGE], "COAL")).toBeUndefined();
    expect(findSent(written(), [MESSAGE], "RUS")).toBeUndefined();
  });
});

describe("objects", () => {
  it("are named as they are known here", () => {
    expect(namesFor("zone", VIEW, null, [])).toEqual(["Z1", "Z2"]);
    expect(namesFor("flight", VIEW, null, ["KHM07", "RSD21"])).toEqual(["KHM07", "RSD21"]);
    expect(namesFor("level", VIEW, null, ["KHM07"])).toEqual([]);
    expect(pickable("pick_up")).toBe("position");
    expect(positionText(35.5, -39.25)).toBe("35.50000,-39.25000");
  });
});

describe("the search for a type", () => {
  it("finds by code and by words of any language, the loudest first", () => {
    expect(typesFound("distress", "en")[0]?.name).toBe("distress.relay");
    expect(typesFound("бедствие люди", "ru").map((each) => each.name)).toContain("distress.relay");
    expect(typesFound("zone state", "en").map((each) => each.name)).toEqual(["zone.state"]);
    expect(typesFound("no such thing", "en")).toEqual([]);
    expect(typesFound("", "en").some((each) => each.machine)).toBe(false);
  });
});

describe("a call", () => {
  const noon = Date.parse("2017-06-20T12:00:00Z") * 1000;
  const typed: TypedCall = {
    agreement: "A",
    line: "L1",
    post: "desk",
    party: "RUS",
    direction: "placed",
    outcome: "talked",
    began: "10 min ago",
    ended: "",
    spokeWith: "",
    subject: "air",
    text: "",
    said: [{ name: "level", value: "FL120" }],
    readBack: [{ name: "", value: "x" }],
    recorder: "",
    reason: "",
    about: null,
  };

  it("is the act of what was typed", () => {
    const body = callBody(typed, noon, []);
    expect(body).toMatchObject({
      began_us: noon - 600e6,
      ended_us: null,
      fields: { level: "FL120" },
      read_back: {},
    });
  });

  it.each([
    [{ direction: "" }, "directionLacks"],
    [{ outcome: "" }, "outcomeLacks"],
    [{ began: "10:00" }, "beganLacks"],
    [{ ended: "20 min ago" }, "endedWrong"],
    [{ subject: "" }, "subjectLacks"],
    [{ outcome: "refused" }, "callReasonLacks"],
    [{ party: "" }, "partyLacks"],
  ] as const)("%j lacks something", (changed, lack) => {
    expect(callLacks({ ...typed, ...changed }, noon)).toBe(lack);
    expect(callBody({ ...typed, ...changed }, noon, [])).toBeNull();
  });

  it("is never called agreed where one end alone says so", () => {
    const end = { party: "RUS" };
    const ends = (count: number) => Array(count).fill(end) as never;
    expect(matchOf({ word: "one-sided: said by RUS alone", ends: ends(1) })).toEqual({
      word: "oneSided",
      party: "RUS",
    });
    expect(matchOf({ word: "matched", ends: ends(2) }).word).toBe("matched");
    expect(matchOf({ word: "matched, with differences", ends: ends(2) }).word).toBe(
      "matchedDiffers",
    );
    expect(matchOf({ word: "matched, the same call says RUS alone", ends: ends(2) })).toEqual({
      word: "matchedSaysOne",
      party: "RUS",
    });
  });
});
