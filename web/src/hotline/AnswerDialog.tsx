// Giving an answer: what it answers in full, what is to be repeated, and only then the word goes out.
import type { MessageView } from "../api/types";
import { useDoing } from "../line/acting";
import { actingPost } from "../line/posts";
import { Told } from "../line/Told";
import { ConfirmDialog, Countdown, Field, Ltr } from "../look/kit";
import { nowUs } from "../look/tick";
import { actsNow, map, names, screen } from "../shell/state";
import { language, say } from "../text/language";
import {
  type AskedField,
  answerBody,
  askedFields,
  formOf,
  lacks,
  maskDigits,
  minutesLeft,
  refuses,
} from "./answering";
import { landOn } from "./landing";
import { namesFor, pickable, wordsOf } from "./objects";
import { fieldName, sentText, valueText, withCode } from "./phrase";
import { pickFor } from "./picked";
import { type Answering, answering, aside, messageAt } from "./room";
import { writeReceipt } from "./seen";
import { TEXTS } from "./texts";
import { Words } from "./Words";

/** The dialog of the answer that is being given; nothing while none is. */
export function AnswerDialog() {
  const now = answering.value;
  if (now === null || aside.value) return null;
  const view = messageAt(now.key);
  return <Asked key={`${now.key.join("#")}${now.answer}`} now={now} view={view} />;
}

function Asked({ now, view }: { now: Answering; view: MessageView | null }) {
  const { doing, start } = useDoing();
  const close = () => {
    answering.value = null;
  };
  const tongue = language.value;
  const text = withCode("answer", now.answer, tongue);
  const post = view === null ? "" : actingPost(view.agreement, view.line);
  return (
    <ConfirmDialog
      open
      title={say(TEXTS, "answerTo", { answer: text, party: view?.party ?? "" })}
      confirm={say(TEXTS, "sendAnswer", { answer: text })}
      notNow={whyNotNow(now, view)}
      busy={doing.at === "under way"}
      onClose={close}
      onConfirm={() => {
        if (view === null) return;
        // The words stand in this very dialog: whoever answers has had them before them.
        const first = () => writeReceipt(view);
        const then = () => {
          close();
          landOn(view.key, now.answer, view.party, now.answer);
        };
        start(answerBody(view, now.answer, now.typed, post, nowUs.value), then, first);
      }}
    >
      {view !== null && (
        <>
          <div class="hot-answered-to">
            <Words view={view} />
            {view.answer_due_us !== null && (
              <p>
                <span class="hot-quiet">{say(TEXTS, "answerDue")} </span>
                <Countdown untilUs={view.answer_due_us} told={say(TEXTS, "answerDue")} />
              </p>
            )}
          </div>
          <Inputs now={now} view={view} />
          <p class="hot-quiet">
            {say(TEXTS, "actsAs")} <Ltr>{post}</Ltr>
          </p>
        </>
      )}
      <Told doing={doing} />
    </ConfirmDialog>
  );
}

/** Why the answer cannot be given now: the world may have moved while it was typed. */
function whyNotNow(now: Answering, view: MessageView | null): string {
  if (!actsNow.value) return say(TEXTS, "notInPast");
  if (view === null || !view.may_answer.includes(now.answer)) return say(TEXTS, "noLonger");
  const lack = lacks(view, now.answer, now.typed, nowUs.value);
  if (lack === null) return "";
  switch (lack.key) {
    case "fieldLacks":
      return say(TEXTS, "fieldLacks", { field: fieldName(lack.field, language.value) });
    case "minutesTooMany":
      return say(TEXTS, "minutesTooMany", { minutes: lack.minutes });
    default:
      return say(TEXTS, lack.key);
  }
}

function change(part: Partial<Answering["typed"]>): void {
  const now = answering.value;
  if (now !== null) answering.value = { ...now, typed: { ...now.typed, ...part } };
}

function setField(name: string, value: string): void {
  const now = answering.value;
  if (now !== null) change({ fields: { ...now.typed.fields, [name]: value } });
}

function Inputs({ now, view }: { now: Answering; view: MessageView }) {
  const asked = askedFields(view, now.answer);
  const refusing = refuses(now.answer);
  return (
    <>
      {asked.length > 0 && <p>{say(TEXTS, "readBackTold")}</p>}
      {asked.map((field) => (
        <AskedInput
          key={field.name}
          field={field}
          value={now.typed.fields[field.name] ?? ""}
          form={field.readBack ? formOf(view.fields[field.name] ?? "") : null}
        />
      ))}
      {now.answer === "STANDBY" && (
        <Field
          label={say(TEXTS, "standbyMinutes")}
          hint={say(TEXTS, "standbyHint", { minutes: minutesLeft(view, nowUs.value) })}
        >
          {(carried) => (
            <input
              {...carried}
              data-first
              inputMode="decimal"
              dir="ltr"
              size={6}
              value={now.typed.minutes}
              onInput={(event) => change({ minutes: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
      <Field label={say(TEXTS, refusing ? "reasonWanted" : "remark")}>
        {(carried) => (
          <input
            {...carried}
            {...(refusing ? { "data-first": true } : {})}
            dir="auto"
            maxLength={4000}
            value={now.typed.text}
            onInput={(event) => change({ text: event.currentTarget.value })}
          />
        )}
      </Field>
    </>
  );
}

/** One field to repeat: tapped from what is known here, or typed. It begins empty. */
function AskedInput({
  field,
  value,
  form,
}: {
  field: AskedField;
  value: string;
  form: string | null;
}) {
  const tongue = language.value;
  const aircraft = [...names.value.values()].map((each) => each.aircraft);
  const words = field.words.length > 0 ? field.words : wordsOf(field.name);
  const known =
    words.length > 0 ? [...words] : namesFor(field.name, screen.value, map.value, aircraft);
  const onMap = pickable(field.name);
  const label = fieldName(field.name, tongue);
  const tapped = known.length > 0 && known.length <= TAPPED_MAX;
  const typed = sentText(value);
  // Only its form: what was said is repeated, never filled in.
  const otherForm = typed !== "" && maskDigits(typed) !== form;
  const hint =
    form === null || tapped ? "" : say(TEXTS, otherForm ? "formDiffers" : "formWanted", { form });
  return (
    <Field
      label={field.readBack ? say(TEXTS, "readBackField", { field: label }) : label}
      hint={hint}
    >
      {(carried) => (
        <>
          <span class="hot-input-row">
            <input
              {...carried}
              data-first
              dir="auto"
              autocomplete="off"
              spellcheck={false}
              maxLength={1000}
              value={value}
              data-field={field.name}
              onInput={(event) => setField(field.name, event.currentTarget.value)}
            />
            {onMap !== null && (
              <button
                type="button"
                onClick={() => pickFor(onMap, (text) => setField(field.name, text))}
              >
                {say(TEXTS, "onMap")}
              </button>
            )}
          </span>
          {tapped && (
            <span class="hot-tapped">
              {known.map((each) => (
                <button
                  key={each}
                  type="button"
                  aria-pressed={value === each}
                  onClick={() => setField(field.name, each)}
                >
                  <bdi dir="auto">
                    {words.length > 0 ? valueText(field.name, each, tongue) : each}
                  </bdi>
                </button>
              ))}
            </span>
          )}
        </>
      )}
    </Field>
  );
}

/** More objects than these are no choice at a glance: then the name is typed, or found on the map. */
const TAPPED_MAX = 24;
