import { describe, expect, it } from "vitest";
import type { MessageView, UnitReport } from "../api/types";
import { fieldsOf, placeOf, saidFor, wordsOf } from "./reports";

const REPORT: UnitReport = {
  id: "a",
  unit: "RUS unit 2",
  told_us: 1_497_939_000_000_000,
  saw: {
    flight: "RSD12",
    seen: "two jets",
    where: "34.5, 39.1",
    zone: "Z1",
    when_us: null,
    notice: null,
  },
  state: "waits",
  by: "",
  ended_us: null,
  said_as: null,
  reason: "",
};

describe("what a draft begins with", () => {
  it("is the unit's own words and no more", () => {
    expect(fieldsOf(REPORT.saw, REPORT.told_us)).toEqual({
      flight: "RSD12",
      zone: "Z1",
      position: "34.5,39.1",
      time: "2017-06-20T06:10:00Z",
    });
    expect(wordsOf(REPORT)).toBe("RUS unit 2: two jets");
  });

  it("keeps a place in words as words", () => {
    const { position, where } = fieldsOf({ ...REPORT.saw, where: "by the old bridge" }, 0);
    expect([position, where]).toEqual([undefined, "by the old bridge"]);
  });

  it.each([
    ["34.5, 39.1", "34.5,39.1"],
    ["-34 139", "-34,139"],
    ["95, 10", null],
    ["10, 190", null],
    ["34.5, 39.1 north", null],
    ["", null],
  ])("reads a place: %s", (text, place) => {
    expect(placeOf(text)).toBe(place);
  });
});

it("takes only an actual message of ours, after it, for how it was said", () => {
  const said = {
    party: "RUS",
    message_type: "incursion.report",
    status: "actual",
    sent_us: REPORT.told_us,
  } as MessageView;
  const others = [
    { ...said, party: "COAL" },
    { ...said, message_type: "free.text" },
    { ...said, status: "exercise" },
    { ...said, sent_us: REPORT.told_us - 1 },
  ] as MessageView[];
  expect(saidFor(REPORT, [said, ...others], "RUS")).toEqual([said]);
});
