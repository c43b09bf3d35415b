// How the two ends of a call stand to each other, from the node's own word (`Call.word`).
import type { CallView } from "../api/types";

export type Match = "matched" | "matchedDiffers" | "matchedSaysOne" | "oneSided";

/** Returns the key of its text, with the party that says so alone where one does. */
export function matchOf(call: Pick<CallView, "word" | "ends">): { word: Match; party: string } {
  const alone = /says (\S+) alone$/.exec(call.word)?.[1] ?? "";
  if (call.ends.length < 2) return { word: "oneSided", party: call.ends[0]?.party ?? "" };
  if (call.word.startsWith("matched, with differences")) {
    return { word: "matchedDiffers", party: alone };
  }
  return alone === "" ? { word: "matched", party: "" } : { word: "matchedSaysOne", party: alone };
}
