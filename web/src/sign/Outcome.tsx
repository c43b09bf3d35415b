// What became of something that was tried, in words: the node's own where the node refused.
import { Ltr } from "../look/kit";
import { say } from "../text/language";
import type { Tried } from "./room";
import { TEXTS } from "./texts";

/** The words; nothing while nothing was tried. */
export function Outcome({ of, done }: { of: Tried; done: string }) {
  if (of.at === "ready") return null;
  if (of.at === "done")
    return (
      <p class="sign-done" role="status">
        {done}
      </p>
    );
  if (of.at === "under way") return <p role="status">{say(TEXTS, "underWay")}</p>;
  return (
    <p class="kit-fault" role="alert">
      {of.at === "refused" ? (
        <>
          {say(TEXTS, "refused")} <Ltr>{of.fault}</Ltr>
        </>
      ) : (
        say(TEXTS, of.at)
      )}
    </p>
  );
}
