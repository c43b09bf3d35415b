// How the message will read, what the node asks about it, and the one button that sends it.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { isHeard } from "../live/clock";
import { Ltr } from "../look/kit";
import { language, say } from "../text/language";
import { COMPOSE_TEXTS } from "./composetexts";
import {
  asked,
  changeDraft,
  type Draft,
  draftLacks,
  refused,
  sayBody,
  sending,
  setSending,
} from "./draft";
import type { Question } from "./guard";
import { fieldName, phrase } from "./phrase";
import { checkSent, sendDraft } from "./sending";
import { Phrase, Written } from "./Words";

/** The end of the composer. */
export function ComposeSend({ now }: { now: Draft }) {
  const state = sending.value;
  const lack = draftLacks(now);
  const heard = isHeard.value;
  const unknown = state.at === "not known";
  useEffect(() => {
    // Asked as soon as the node is heard again; it knows best what it has written.
    if (unknown && heard) void checkSent();
  }, [unknown, heard]);
  const to = now.to.join(", ");
  return (
    <div class="hot-send">
      {now.type !== "" && <Preview now={now} />}
      <State />
      {asked.value !== null && state.at === "writing" && (
        <AskedPart question={asked.value} now={now} />
      )}
      {refused.value !== null && state.at === "writing" && (
        <div class="hot-refused" role="alert">
          <p>{say(COMPOSE_TEXTS, "refused")}</p>
          <p lang="en" dir="ltr" class="hot-node">
            {refused.value.fault}
          </p>
        </div>
      )}
      <div class="kit-buttons">
        {lack !== null && <span class="hot-lack">{say(COMPOSE_TEXTS, lack)}</span>}
        <button
          type="button"
          class="kit-do"
          data-act="send"
          disabled={lack !== null || state.at === "under way" || unknown}
          onClick={() => void sendDraft(false)}
        >
          {say(COMPOSE_TEXTS, "send", { to: to || "…" })}
        </button>
      </div>
    </div>
  );
}

function State() {
  const state = sending.value;
  const told = (children: ComponentChildren) => (
    <div class="hot-refused" role="alert">
      {children}
    </div>
  );
  switch (state.at) {
    case "writing":
      return null;
    case "under way":
      return (
        <p role="status" class="hot-quiet">
          {say(COMPOSE_TEXTS, "underWay")}
        </p>
      );
    case "not known":
      return told(
        <>
          <p>{say(COMPOSE_TEXTS, state.asked ? "notKnownStill" : "notKnown")}</p>
          <button type="button" onClick={() => void checkSent()}>
            {say(COMPOSE_TEXTS, "askAgain")}
          </button>
        </>,
      );
    case "not there":
      return told(
        <>
          <p>{say(COMPOSE_TEXTS, "notThere")}</p>
          <button type="button" onClick={() => setSending({ at: "writing" })}>
            {say(COMPOSE_TEXTS, "goOn")}
          </button>
        </>,
      );
  }
}

function Preview({ now }: { now: Draft }) {
  const body = sayBody(now, 0, false, []);
  return (
    <section class="hot-preview">
      <h3>{say(COMPOSE_TEXTS, "reads")}</h3>
      <p>
        <Phrase text={phrase(now.type, body.fields ?? {}, language.value)} />
      </p>
      {now.text.trim() !== "" && (
        <p>
          <Written text={now.text} tongue={now.language} />
        </p>
      )}
    </section>
  );
}

/** The question goes away with its buttons: the focus goes on to its field, or to the first. */
function goTo(field: string | null): void {
  const inputs = [...document.querySelectorAll<HTMLElement>(".hot-composer [data-field]")];
  (inputs.find((each) => each.dataset["field"] === field) ?? inputs[0])?.focus();
}

/** The guard's question: what was written against what was wanted, to be corrected or confirmed. */
function AskedPart({ question, now }: { question: Question; now: Draft }) {
  const { fault, field, meant } = question;
  return (
    <div class="hot-asked" role="alert">
      <h3>{say(COMPOSE_TEXTS, "isItMeant")}</h3>
      <table>
        <tbody>
          <tr>
            <th scope="row">{say(COMPOSE_TEXTS, "written")}</th>
            <td>
              {field !== null && `${fieldName(field, language.value)}: `}
              <bdi dir="auto">{field === null ? fault.what : (now.fields[field] ?? "")}</bdi>
            </td>
          </tr>
          <tr>
            <th scope="row">{say(COMPOSE_TEXTS, "nodeSees")}</th>
            <td lang="en" dir="ltr" class="hot-node">
              {field === null ? "" : `${fault.what}: `}
              {fault.value}
            </td>
          </tr>
          <tr>
            <th scope="row">{say(COMPOSE_TEXTS, "wanted")}</th>
            <td lang="en" dir="ltr" class="hot-node">
              {fault.wanted}
              {fault.repair !== "" && `; ${fault.repair}`}
            </td>
          </tr>
        </tbody>
      </table>
      <div class="kit-buttons">
        {field !== null && meant !== null && (
          <button
            type="button"
            onClick={() => {
              changeDraft({ fields: { ...now.fields, [field]: meant } });
              goTo(field);
            }}
          >
            {say(COMPOSE_TEXTS, "use")} <Ltr>{meant}</Ltr>
          </button>
        )}
        <button
          type="button"
          onClick={() => {
            asked.value = null;
            goTo(field);
          }}
        >
          {say(COMPOSE_TEXTS, "correctIt")}
        </button>
        <button type="button" data-act="confirm" onClick={() => void sendDraft(true)}>
          {say(COMPOSE_TEXTS, "isMeant")}
        </button>
      </div>
    </div>
  );
}
