// How far a message got with each addressee: every level for itself, none stands for another.
import type { Ladder, MessageView, Rung } from "../api/types";
import { Ltr } from "../look/kit";
import { clockText } from "../look/units";
import { language, say } from "../text/language";
import { valueText, withCode, word } from "./phrase";
import { type Mismatch, mismatches } from "./ranks";
import { TEXTS } from "./texts";

type Reached = "yes" | "no" | "unknown" | "bad";

/** All addressees of a message, with levels, outcome and who was tried. */
export function LadderPart({ view }: { view: MessageView }) {
  return (
    <>
      {view.ladder.map((step) => (
        <section key={step.party} class="hot-ladder">
          <h4>
            <Ltr>{step.party}</Ltr>: <strong>{say(TEXTS, `outcome ${step.outcome}`)}</strong>{" "}
            <span class="hot-quiet hot-node" lang="en" dir="ltr">
              {detailOf(step)}
            </span>
          </h4>
          <Levels view={view} step={step} />
          <Differences view={view} step={step} />
          <Answered step={step} />
          <Notes step={step} />
          <Tried step={step} />
        </section>
      ))}
    </>
  );
}

/** Returns what the node says beside the word of an outcome. */
function detailOf(step: Ladder): string {
  const { outcome, outcome_text } = step;
  return outcome_text.startsWith(outcome)
    ? outcome_text.slice(outcome.length).trim()
    : outcome_text;
}

/** The levels as separate cells: sent, stored, receipt, displayed, answered, read back. */
export function Levels({ view, step }: { view: MessageView; step: Ladder }) {
  return (
    <ol class="hot-levels">
      <Level name={word("receipt", "sent", language.value)} reached="yes" atUs={view.sent_us} />
      <Level
        name={word("receipt", "stored", language.value)}
        reached={step.stored}
        atUs={step.received_us ?? step.cosigned_us}
      />
      {view.reading !== "plain" && (
        <Level
          name={say(TEXTS, "levelOpened")}
          reached={view.opened.length > 0 ? "yes" : "no"}
          atUs={view.opened[0]?.at_us ?? null}
        />
      )}
      <Level
        name={word("receipt", "displayed", language.value)}
        reached={step.displayed_us === null ? "no" : "yes"}
        atUs={step.displayed_us}
        by={step.displayed_post ?? ""}
      />
      <Level
        name={word("receipt", "answered", language.value)}
        reached={step.answer === null ? "no" : "yes"}
        atUs={step.answer?.at_us ?? null}
        by={step.answer?.post ?? ""}
      />
      <li
        class="hot-level"
        data-reached={
          step.read_back === "matched"
            ? "yes"
            : step.read_back === "differs" || step.read_back === "not given"
              ? "bad"
              : "no"
        }
      >
        <span class="hot-quiet">{word("receipt", "read_back", language.value)}</span>
        <span>{say(TEXTS, `read-back ${step.read_back}`)}</span>
      </li>
    </ol>
  );
}

function Level({
  name,
  reached,
  atUs,
  by = "",
}: {
  name: string;
  reached: Reached;
  atUs: number | null;
  by?: string;
}) {
  return (
    <li class="hot-level" data-reached={reached}>
      <span class="hot-quiet">{name}</span>
      <span>
        {say(TEXTS, `reached ${reached === "bad" ? "no" : reached}`)}{" "}
        {atUs !== null && <Ltr>{clockText(atUs)}</Ltr>}
        {by !== "" && (
          <>
            {" "}
            <Ltr class="hot-quiet">{by}</Ltr>
          </>
        )}
      </span>
    </li>
  );
}

/** What was said and what was read back, side by side. */
export function Differences({ view, step }: { view: MessageView; step: Ladder }) {
  if (step.read_back !== "differs") return null;
  return (
    <table class="hot-differs">
      <caption>{say(TEXTS, "differsTold", { party: step.party })}</caption>
      <thead>
        <tr>
          <th scope="col">{say(TEXTS, "field")}</th>
          <th scope="col">{say(TEXTS, "saidBy", { party: view.party })}</th>
          <th scope="col">{say(TEXTS, "readBy", { party: step.party })}</th>
        </tr>
      </thead>
      <tbody>
        {mismatches(view, step).map((each) => (
          <DifferenceRow key={each.field} mismatch={each} />
        ))}
      </tbody>
    </table>
  );
}

function DifferenceRow({ mismatch }: { mismatch: Mismatch }) {
  const tongue = language.value;
  const shown = (value: string | null) => (value === null ? say(TEXTS, "fieldLeftOut") : value);
  return (
    <tr>
      <th scope="row">{word("field", mismatch.field, tongue)}</th>
      <td>
        <bdi dir="auto">{shown(mismatch.said)}</bdi>
      </td>
      <td>
        <bdi dir="auto">{shown(mismatch.read)}</bdi>
      </td>
    </tr>
  );
}

function Answered({ step }: { step: Ladder }) {
  const tongue = language.value;
  const given = [step.standby, step.answer].filter((each) => each !== null);
  return (
    <>
      {given.map((each) => (
        <p key={each.answer} class="hot-answered">
          <strong>{withCode("answer", each.answer, tongue)}</strong>{" "}
          <Ltr class="hot-quiet">
            {clockText(each.at_us)} {each.post}
          </Ltr>
          {each.promised_us !== null && (
            <>
              {" · "}
              {say(TEXTS, "promised")} <Ltr>{clockText(each.promised_us)}</Ltr>
            </>
          )}
          {Object.entries(each.fields).map(([name, value]) => (
            <span key={name} class="hot-field">
              {" · "}
              {word("field", name, tongue)}: <bdi dir="auto">{valueText(name, value, "en")}</bdi>
            </span>
          ))}
          {each.text !== "" && (
            <>
              {" · "}
              <bdi dir="auto">{each.text}</bdi>
            </>
          )}
        </p>
      ))}
    </>
  );
}

function Notes({ step }: { step: Ladder }) {
  const lines = [...step.overdue, ...step.undelivered];
  if (lines.length === 0) return null;
  return (
    <p class="hot-warn hot-node" lang="en" dir="ltr">
      {lines.join("; ")}
    </p>
  );
}

/** Who of an addressee was tried, when, and what came of it. */
function Tried({ step }: { step: Ladder }) {
  const { rungs, voice_at_once, held_until_us } = step.tried;
  if (rungs.length === 0) return null;
  return (
    <>
      {voice_at_once && <p class="hot-warn">{say(TEXTS, "voiceAtOnce")}</p>}
      {held_until_us !== null && (
        <p class="hot-quiet">
          {say(TEXTS, "heldUntil")} <Ltr>{clockText(held_until_us)}</Ltr>
        </p>
      )}
      <table class="hot-tried">
        <caption class="hot-quiet">{say(TEXTS, "tried", { party: step.party })}</caption>
        <tbody>
          {rungs.map((rung) => (
            <RungRow key={rung.step} rung={rung} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function RungRow({ rung }: { rung: Rung }) {
  const called = rung.called_us !== null;
  return (
    <tr data-called={called}>
      <th scope="row">
        <Ltr>{rung.post}</Ltr>
      </th>
      <td>
        {!called && `${say(TEXTS, "callsAt")} `}
        <Ltr>{clockText(rung.called_us ?? rung.due_us)}</Ltr>
      </td>
      <td>
        {say(TEXTS, `rung ${rung.result}`)}
        {rung.detail !== "" && (
          <span class="hot-quiet hot-node" lang="en" dir="ltr">
            {" "}
            {rung.detail}
          </span>
        )}
      </td>
    </tr>
  );
}
