import { describe, expect, it } from "vitest";
import type { LineVector } from "../api/types";
import { actBody, actEffect, IMMEDIATE_AFTER_US, whyNot } from "./acts";
import { shortLog } from "./EntryLink";
import { glanceText, missingText, otherEnds, worstFirst } from "./glance";
import { historyPath, parseInstant } from "./past";

const FORMS = [
  "agreement suspended by RUS",
  "agreement not in force by COAL",
  "link to RUS down",
  "RUS says its link to COAL is down",
  "outside the hours Mon-Fri 06:00-18:00",
  "RUS unattended",
  "RUS unknown",
  "person test COAL to RUS never",
  "machine test RUS to COAL unverified",
  "test never",
];

describe("what is missing of a line", () => {
  it.each(FORMS)("is said in every language, with its names: %s", (form) => {
    const names = form.match(/COAL|RUS|Mon-Fri 06:00-18:00/g) ?? [];
    for (const tongue of ["ru", "ar"] as const) {
      const text = missingText(form, tongue);
      expect(text).not.toContain(form);
      for (const name of names) expect(text).toContain(`\u2068${name}\u2069`);
      // Nothing of the node's English is left over.
      expect(text.replace(/\u2068[^\u2069]*\u2069/g, "")).not.toMatch(/[A-Za-z]/);
    }
  });

  it("stands as the node says it where its form is not known", () => {
    expect(missingText("something new", "ar")).toBe("\u2068something new\u2069");
  });

  it("has the code word beside the reader's", () => {
    expect(glanceText("DEGRADED", "en")).toBe("DEGRADED");
    expect(glanceText("DEGRADED", "ru")).toBe("с ограничениями [\u2068DEGRADED\u2069]");
    expect(glanceText("CONTESTED", "ar")).toBe("CONTESTED");
  });
});

describe("the other ends of a line", () => {
  it("are on duty only while somebody said so lately", () => {
    const side = (party: string, word: string) => ({
      party,
      link: "up",
      heard_us: 5,
      attended: "attended",
      posts: [{ post: "duty-officer", word, since_us: 1, by: ["x", 0] }],
    });
    const vector = { sides: [side("COAL", "present"), side("RUS", "lapsed")] };
    const found = otherEnds(vector as unknown as LineVector, "COAL");
    expect(found.map((end) => [end.party, end.onDuty])).toEqual([["RUS", []]]);
  });
});

describe("the order of lines", () => {
  it("has those that carry least first, and else leaves them as they stood", () => {
    const words = ["OPEN", "NEW WORD", "DEGRADED", "DOWN", "SUSPENDED", "OPEN"];
    const lines = words.map((glance, at) => ({ glance, line: `L${at}` }) as LineVector);
    expect(worstFirst(lines).map(({ line }) => line)).toEqual(["L3", "L4", "L2", "L0", "L1", "L5"]);
  });
});

describe("our acts on a line", () => {
  const typed = {
    agreement: "AGR-1",
    line: "L1",
    post: "duty-officer",
    reason: " storm ",
    immediate: false,
    to: ["RUS"],
  };

  it("leave the instant of a suspension by notice to the node", () => {
    const body = actBody("suspend", typed, 1e6);
    expect(body).toEqual({
      type: "declare_line",
      agreement: "AGR-1",
      line: "L1",
      post: "duty-officer",
      value: "suspended",
      reason: "storm",
    });
    // 60 min and the minute of margin, by the norms.
    expect(actEffect("suspend", false, 0)).toBe(3_660_000_000);
  });

  it("date an immediate one ahead by what it takes to be written", () => {
    const body = actBody("suspend", { ...typed, immediate: true }, 7e6);
    expect(body).toMatchObject({ effective_us: 7e6 + IMMEDIATE_AFTER_US });
    expect(actEffect("suspend", true, 7e6)).toBe(7e6 + IMMEDIATE_AFTER_US);
  });

  it("give a withdrawal no instant: it waits for two people", () => {
    expect(actEffect("withdraw", false, 1)).toBeNull();
  });

  it("want a reason, and for a withdrawal the name of the line", () => {
    const given = { reason: "", named: "", line: "L1", post: "duty-officer" };
    expect(whyNot("present", given)).toBeNull();
    expect(whyNot("suspend", given)).toBe("reasonLacks");
    expect(whyNot("withdraw", { ...given, reason: "x", named: "L2" })).toBe("nameLacks");
    expect(whyNot("withdraw", { ...given, reason: "x", named: "L1" })).toBeNull();
    expect(whyNot("test", { ...given, post: "" })).toBe("postLacks");
  });
});

describe("instants of the past", () => {
  const noon = Date.parse("2017-06-20T12:00:00Z") * 1000;
  it.each([
    ["now", "2017-06-20T12:00:00Z"],
    ["10 min ago", "2017-06-20T11:50:00Z"],
    ["11:58Z", "2017-06-20T11:58:00Z"],
    ["13:30:05Z", "2017-06-19T13:30:05Z"],
    ["2017-06-01 08:00Z", "2017-06-01T08:00:00Z"],
    ["2017-06-01T08:00:30Z", "2017-06-01T08:00:30Z"],
  ])("%s", (text, wanted) => {
    expect(parseInstant(text, noon)).toBe(Date.parse(wanted) * 1000);
  });

  it.each(["13:30", "25:00Z", "2017-02-30 08:00Z", "tomorrow", ""])("refuses %s", (text) => {
    expect(parseInstant(text, noon)).toBeNull();
  });

  it("are asked for with the line's agreement and the viewer", () => {
    const path = historyPath({ agreement: "A", line: "L 1" }, "changes", "RUS", {
      fromUs: 0,
      toUs: 1e6,
    });
    const then = historyPath({ agreement: "A", line: "L1" }, "history", "RUS", { atUs: 1_000_007 });
    // To the microsecond: a change is at its instant, and not yet the moment before.
    expect(then).toContain("at=1970-01-01T00%3A00%3A01.000007Z");
    expect(path).toMatch(/^\/api\/lines\/L%201\/changes\?agreement=A&viewer=RUS&from=1970/);
  });
});

describe("logs", () => {
  it("are named without what all have in common", () => {
    expect(shortLog("parley.example/AGR-1/RUS/line/2026")).toBe("RUS/line/2026");
    expect(shortLog("odd")).toBe("odd");
  });
});
