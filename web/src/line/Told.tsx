// What became of an act, in words: under way, refused in the node's own words, or not known.
import { say } from "../text/language";
import type { Doing } from "./acting";
import { TEXTS } from "./texts";

/** The state of an act; nothing before it was started or once it is done. */
export function Told({ doing }: { doing: Doing }) {
  switch (doing.at) {
    case "ready":
    case "done":
      return null;
    case "under way":
      return (
        <p class="line-told" role="status">
          {say(TEXTS, "underWay")}
        </p>
      );
    case "unknown":
      return (
        <p class="line-told line-told-bad" role="alert">
          {say(TEXTS, "notKnown")}
        </p>
      );
    case "refused":
      return (
        <div class="line-told line-told-bad" role="alert">
          <p>{say(TEXTS, "refused")}</p>
          <p lang="en" dir="ltr" class="line-node-words">
            {doing.fault.fault}
          </p>
        </div>
      );
  }
}
