// A line's past: when its word changed, and how it stood at an instant as one side could know it.
import { useState } from "preact/hooks";
import { ask, NoAnswer, NodeFault } from "../api/client";
import type { LineChange, LineChanges, LineVector, PastVector } from "../api/types";
import { Field, Ltr } from "../look/kit";
import { shownUs } from "../look/tick";
import { countText, instantText } from "../look/units";
import { language, say } from "../text/language";
import { EntryLink } from "./EntryLink";
import { glanceText, missingText } from "./glance";
import { Word } from "./LineDialog";
import { historyPath, parseInstant } from "./past";
import { TEXTS } from "./texts";
import { VectorPart } from "./VectorPart";

const HOURS_SHOWN = [1, 6, 24, 72] as const;

/** What was asked of the past: nothing yet, the answer, or why there is none. */
type Asked<Reply> = { at: "nothing" } | { at: "asked" } | { at: "told"; reply: Reply } | Failed;
interface Failed {
  at: "failed";
  words: string;
}

function failed(error: unknown): Failed {
  if (error instanceof NodeFault) return { at: "failed", words: error.view.fault };
  if (error instanceof NoAnswer) return { at: "failed", words: say(TEXTS, "noAnswer") };
  return { at: "failed", words: String(error) };
}

/** The past of one line. */
export function HistoryPart({ vector }: { vector: LineVector }) {
  const parties = vector.sides.map((side) => side.party);
  const [viewer, setViewer] = useState(vector.viewer);
  const [changes, setChanges] = useState<Asked<LineChanges>>({ at: "nothing" });
  const [then, setThen] = useState<Asked<PastVector>>({ at: "nothing" });
  const look = (hours: number) => {
    setChanges({ at: "asked" });
    const toUs = shownUs.value;
    const span = { fromUs: toUs - hours * 3_600_000_000, toUs };
    ask<LineChanges>(historyPath(vector, "changes", viewer, span)).then(
      (reply) => setChanges({ at: "told", reply }),
      (error: unknown) => setChanges(failed(error)),
    );
  };
  const lookAt = (atUs: number) => {
    setThen({ at: "asked" });
    ask<PastVector>(historyPath(vector, "history", viewer, { atUs })).then(
      (reply) => setThen({ at: "told", reply }),
      (error: unknown) => setThen(failed(error)),
    );
  };
  return (
    <section class="line-history">
      <p class="line-quiet">{say(TEXTS, "historyTold")}</p>
      <div class="line-history-row">
        <Field label={say(TEXTS, "asKnownTo")}>
          {(carried) => (
            <select
              {...carried}
              value={viewer}
              onChange={(event) => {
                setViewer(event.currentTarget.value);
                setChanges({ at: "nothing" });
                setThen({ at: "nothing" });
              }}
            >
              {parties.map((party) => (
                <option key={party} value={party}>
                  {party}
                </option>
              ))}
            </select>
          )}
        </Field>
        <fieldset class="line-hours">
          <legend>{say(TEXTS, "changesIn")}</legend>
          {HOURS_SHOWN.map((hours) => (
            <button key={hours} type="button" onClick={() => look(hours)}>
              <bdi>{countText(hours, "h")}</bdi>
            </button>
          ))}
        </fieldset>
        <AtForm onLookAt={lookAt} />
      </div>
      <Changes asked={changes} onLookAt={lookAt} />
      <Then asked={then} />
    </section>
  );
}

/** An instant to type, and what shows the line as it stood then. */
function AtForm({ onLookAt }: { onLookAt: (atUs: number) => void }) {
  const [typed, setTyped] = useState("");
  const instantUs = parseInstant(typed, shownUs.value);
  const fault = typed !== "" && instantUs === null ? say(TEXTS, "instantWanted") : "";
  return (
    <form
      class="line-at"
      onSubmit={(event) => {
        event.preventDefault();
        if (instantUs !== null) onLookAt(instantUs);
      }}
    >
      <Field label={say(TEXTS, "stateAt")} hint={say(TEXTS, "instantHint")} fault={fault}>
        {(carried) => (
          <input
            {...carried}
            dir="ltr"
            placeholder={instantText(shownUs.value)}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" disabled={instantUs === null}>
        {say(TEXTS, "showState")}
      </button>
    </form>
  );
}

function Changes({
  asked,
  onLookAt,
}: {
  asked: Asked<LineChanges>;
  onLookAt: (atUs: number) => void;
}) {
  const tongue = language.value;
  if (asked.at === "nothing") return null;
  if (asked.at === "asked") return <p role="status">{say(TEXTS, "underWay")}</p>;
  if (asked.at === "failed") return <FailedWords words={asked.words} />;
  const { reply } = asked;
  return (
    <>
      <p>
        {say(TEXTS, "firstWord", { instant: instantText(reply.from_us) })}{" "}
        <strong>{glanceText(reply.first, tongue)}</strong>
        {reply.changes.length === 0 && `. ${say(TEXTS, "noChange")}`}
      </p>
      <ol class="line-changes">
        {reply.changes.map((each) => (
          <Change key={`${each.at_us}${each.after}`} change={each} onLookAt={onLookAt} />
        ))}
      </ol>
    </>
  );
}

function Change({ change, onLookAt }: { change: LineChange; onLookAt: (atUs: number) => void }) {
  const tongue = language.value;
  const texts = (all: string[]) => all.map((each) => missingText(each, tongue)).join("; ");
  return (
    <li>
      <button type="button" class="line-link" onClick={() => onLookAt(change.at_us)}>
        <Ltr>{instantText(change.at_us)}</Ltr>
      </button>{" "}
      {glanceText(change.before, tongue)} <span aria-hidden="true">⇒</span>{" "}
      <strong>{glanceText(change.after, tongue)}</strong>
      {change.came.length > 0 && <div>{say(TEXTS, "came", { what: texts(change.came) })}</div>}
      {change.gone.length > 0 && <div>{say(TEXTS, "gone", { what: texts(change.gone) })}</div>}
      <div>
        {change.by.length === 0 ? (
          <span class="line-quiet">{say(TEXTS, "byTime")}</span>
        ) : (
          change.by.map((key, place) => (
            <span key={key.join("#")}>
              {place > 0 && " · "}
              <EntryLink at={key} />
            </span>
          ))
        )}
      </div>
    </li>
  );
}

function Then({ asked }: { asked: Asked<PastVector> }) {
  if (asked.at === "nothing") return null;
  if (asked.at === "asked") return <p role="status">{say(TEXTS, "underWay")}</p>;
  if (asked.at === "failed") return <FailedWords words={asked.words} />;
  const { reply } = asked;
  const differs = reply.besides.length + reply.besides_more > 0;
  return (
    <div class="line-then">
      <h3>{say(TEXTS, "thenAs", { instant: instantText(reply.at_us), viewer: reply.viewer })}</h3>
      <Word vector={reply.certain} />
      {differs && (
        <div class="line-warn-box">
          <p>
            {say(TEXTS, "perhaps")}{" "}
            <strong>{glanceText(reply.perhaps.glance, language.value)}</strong>
          </p>
          <ul>
            {reply.besides.slice(0, 20).map((each) => (
              <li key={each.key.join("#")}>
                <Ltr>
                  {each.party} {each.type}
                </Ltr>{" "}
                <EntryLink at={each.key} />{" "}
                {each.known_us === null
                  ? say(TEXTS, "neverProven")
                  : say(TEXTS, "provenFrom", { instant: instantText(each.known_us) })}
              </li>
            ))}
          </ul>
        </div>
      )}
      <VectorPart vector={reply.certain} past />
    </div>
  );
}

function FailedWords({ words }: { words: string }) {
  return (
    <p role="alert" class="kit-fault" dir="auto">
      {words}
    </p>
  );
}
