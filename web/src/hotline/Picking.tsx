// While the map is asked for an object: what is to be chosen, and how to give it up.
import { giveUpPicking, picking } from "../map/picking";
import { say } from "../text/language";
import { composing } from "./draft";
import { answering } from "./room";
import { TEXTS } from "./texts";

/** The note above the lists; nothing while nothing is asked for. */
export function Picking() {
  const wish = picking.value;
  if (wish === null || (answering.value === null && !composing.value)) return null;
  return (
    <div class="hot-picking" role="status">
      {say(TEXTS, `pick ${wish.wanted}`)}{" "}
      <button type="button" onClick={giveUpPicking}>
        {say(TEXTS, "giveUp")}
      </button>
    </div>
  );
}
