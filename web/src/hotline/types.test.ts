import { describe, expect, it } from "vitest";
import { typesFound } from "./types";

describe("the search for a type", () => {
  it("puts the one whose code was typed before louder ones that speak of it", () => {
    const found = typesFound("clearance", "en").map((kind) => kind.name);
    expect(found[0]).toBe("clearance");
    expect(found).toContain("incursion.report");
  });

  it("finds by words of any language", () => {
    expect(typesFound("бедствие", "en").map((kind) => kind.name)).toContain("distress.relay");
    expect(typesFound("no such word", "en")).toEqual([]);
  });
});
