import { describe, expect, it } from "vitest";
import type { AlertView } from "../api/types";
import { Announcer } from "./announce";
import { alertLike, listLike } from "./sample";

const S = 1_000_000;

function pair(name: string, change: Partial<AlertView> = {}): AlertView {
  const index = Number.parseInt(name.slice(1), 10);
  return alertLike({
    aircraft: [name, "X"],
    key: ["LOG", index],
    alert_class: "coordinate",
    ...change,
  });
}

function kinds(said: readonly { kind: string }[]): string[] {
  return said.map((each) => each.kind);
}

describe("what is spoken", () => {
  it("is one number when the screen opens, and nothing of an empty list", () => {
    const first = new Announcer().take(listLike([pair("A1"), pair("A2")]), 0);
    expect(first.said).toEqual([{ kind: "standing", count: 2 }]);
    expect(first.shortTerm).toEqual([]);
    expect(new Announcer().take(listLike([]), 0).said).toEqual([]);
  });

  it("is each new one once, and never the seconds", () => {
    const announcer = new Announcer();
    announcer.take(listLike([]), 0);
    expect(kinds(announcer.take(listLike([pair("A1")]), S).said)).toEqual(["new"]);
    for (let s = 2; s < 30; s += 1) {
      expect(announcer.take(listLike([pair("A1")]), s * S).said).toEqual([]);
    }
  });

  it("is a change to a more urgent class, not one back and forth", () => {
    const announcer = new Announcer();
    announcer.take(listLike([pair("A1")]), 0);
    const own = pair("A1", { alert_class: "own move only" });
    expect(kinds(announcer.take(listLike([own]), S).said)).toEqual(["worse"]);
    expect(announcer.take(listLike([pair("A1")]), 2 * S).said).toEqual([]);
    expect(announcer.take(listLike([own]), 3 * S).said).toEqual([]);
    const short = announcer.take(listLike([pair("A1", { alert_class: "short-term" })]), 4 * S);
    expect(kinds(short.said)).toEqual(["worse"]);
    expect(short.shortTerm.length).toBe(1);
  });

  it("does not take a conflict for new because our own node raised it too", () => {
    const announcer = new Announcer();
    const theirs = pair("A1", { key: ["RUS-LOG", 7], raised_by: "RUS", own: false });
    announcer.take(listLike([theirs]), 0);
    const ours = pair("A1", {
      key: ["COAL-LOG", 9],
      others: [
        {
          key: ["RUS-LOG", 7],
          raised_by: "RUS",
          raised_us: 0,
          alert_class: "coordinate",
          loss_us: 0,
          least_horizontal_mm: 0,
          vertical_then_mm: 0,
        },
      ],
    });
    expect(announcer.take(listLike([ours]), S).said).toEqual([]);
  });

  it("is an end with its reason, but not that of a row which only fell out of the list", () => {
    const announcer = new Announcer();
    announcer.take(listLike([pair("A1"), pair("A2")]), 0);
    const ended = {
      key: ["LOG", 1] as [string, number],
      aircraft: ["A1", "X"],
      raised_by: "COAL",
      ended_us: S,
      why: "no loss predicted",
      came_us: 5,
    };
    const cut = announcer.take(listLike([], { ended: [ended], left_out: 1 }), S);
    expect(cut.said).toEqual([
      { kind: "ended", aircraft: ["A1", "X"], why: "no loss predicted", cameUs: 5 },
    ]);
  });

  it("is one sentence for a flood, and one more only after a minute", () => {
    const announcer = new Announcer();
    announcer.take(listLike([]), 0);
    const all: AlertView[] = [];
    const said: string[] = [];
    for (let n = 1; n <= 40; n += 1) {
      all.push(pair(`A${n}`));
      said.push(...kinds(announcer.take(listLike([...all]), n * 2 * S).said));
    }
    expect(said.filter((kind) => kind === "new").length).toBe(10);
    expect(said.filter((kind) => kind === "flood").length).toBe(1);
    const many = Array.from({ length: 30 }, (_, n) => pair(`A${n + 100}`));
    const later = announcer.take(listLike([...all, ...many]), 150 * S);
    expect(later.said).toEqual([{ kind: "flood", count: 70, shortTerm: 0 }]);
    expect(announcer.take(listLike([]), 160 * S).said).toEqual([{ kind: "endedMany", count: 70 }]);
  });

  it("still sounds for what is short-term in a flood", () => {
    const announcer = new Announcer();
    announcer.take(listLike([]), 0);
    const many = Array.from({ length: 30 }, (_, n) => pair(`A${n + 1}`));
    announcer.take(listLike(many), S);
    const urgent = [...many, pair("A99", { alert_class: "short-term" })];
    const next = announcer.take(listLike(urgent), 2 * S);
    expect(next.said).toEqual([]);
    expect(next.shortTerm.length).toBe(1);
  });
});
