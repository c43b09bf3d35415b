// The whole vector of a line: each party, each way, what is pending; its past; our own acts on it.
import { useState } from "preact/hooks";
import type { LineVector } from "../api/types";
import { Dialog } from "../look/kit";
import { actsNow, mayAct, screen } from "../shell/state";
import { language, say } from "../text/language";
import { ActsPart } from "./ActsPart";
import { GlanceMark } from "./GlanceMark";
import { glanceText, missingText } from "./glance";
import { HistoryPart } from "./HistoryPart";
import { TEXTS } from "./texts";
import { VectorPart } from "./VectorPart";

interface Given {
  agreement: string;
  line: string;
  onClose: () => void;
}

type Part = "state" | "history";

/** The dialog of one line. */
export function LineDialog({ agreement, line, onClose }: Given) {
  const [part, setPart] = useState<Part>("state");
  const vector = screen.value?.lines.find(
    (each) => each.agreement === agreement && each.line === line,
  );
  return (
    <Dialog
      open
      title={say(TEXTS, "lineOf", { line, agreement })}
      class="line-dialog"
      onClose={onClose}
    >
      {vector === undefined ? (
        <p>{say(TEXTS, "notInView")}</p>
      ) : (
        <>
          <Word vector={vector} />
          <div class="line-parts">
            {(["state", "history"] as const).map((each) => (
              <button
                key={each}
                type="button"
                class="line-part"
                aria-pressed={part === each}
                onClick={() => setPart(each)}
              >
                {say(TEXTS, each)}
              </button>
            ))}
          </div>
          {part === "state" ? (
            <VectorPart vector={vector} past={screen.value?.past ?? false} />
          ) : (
            <HistoryPart vector={vector} />
          )}
          {part === "state" && actsNow.value && <ActsPart vector={vector} />}
          {part === "state" && !actsNow.value && (
            <p class="line-quiet">{say(TEXTS, mayAct.value ? "noActsPast" : "noActsObserver")}</p>
          )}
        </>
      )}
    </Dialog>
  );
}

/** The word with what is missing, the hours and the languages of a line. */
export function Word({ vector }: { vector: LineVector }) {
  const tongue = language.value;
  const hours = vector.hours || "24/7";
  const within =
    vector.within_hours === null
      ? say(TEXTS, "hoursUnread")
      : say(TEXTS, vector.within_hours ? "withinHours" : "outsideHours");
  return (
    <div class="line-glance" data-word={vector.glance}>
      <GlanceMark word={vector.glance} />
      <div>
        <strong class="line-word">{glanceText(vector.glance, tongue)}</strong>
        {vector.missing.length > 0 ? (
          <ul class="line-missing-list">
            {vector.missing.map((each) => (
              <li key={each}>{missingText(each, tongue)}</li>
            ))}
          </ul>
        ) : (
          <p>{say(TEXTS, "nothingMissing")}</p>
        )}
        <p class="line-quiet">
          {say(TEXTS, "hours", { hours })} ({within})
          {vector.languages.length > 0 &&
            ` · ${say(TEXTS, "languages", { languages: vector.languages.join(", ") })}`}
        </p>
      </div>
    </div>
  );
}
