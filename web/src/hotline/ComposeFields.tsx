// The fields of the message that is written: typed, chosen from what is known, or picked on the map.
import { useId, useState } from "preact/hooks";
import { FreeText } from "../line/choices";
import { Field } from "../look/kit";
import { map, names, screen } from "../shell/state";
import { MESSAGE_TYPES } from "../terms/norms";
import { PHRASES } from "../terms/phrases";
import { LANGUAGES, language, say } from "../text/language";
import { COMPOSE_TEXTS } from "./composetexts";
import { changeDraft, type Draft, draft, fieldsShown } from "./draft";
import { namesFor, pickable, wordsOf } from "./objects";
import { fieldLabel, valueText } from "./phrase";
import { pickFor } from "./picked";

/** All fields, the free text with its language, and how to add a field. */
export function ComposeFields({ now }: { now: Draft }) {
  return (
    <>
      <div class="hot-form-fields">
        {fieldsShown.value.map((name) => (
          <FieldInput key={name} name={name} now={now} />
        ))}
      </div>
      <AddField now={now} />
      <div class="hot-form-row">
        <FreeText
          label={say(COMPOSE_TEXTS, "text")}
          value={now.text}
          onType={(text) => changeDraft({ text })}
        />
        <Field label={say(COMPOSE_TEXTS, "textLanguage")}>
          {(carried) => (
            <select
              {...carried}
              value={now.language}
              onChange={(event) => changeDraft({ language: event.currentTarget.value })}
            >
              <option value="">{say(COMPOSE_TEXTS, "notSaid")}</option>
              {LANGUAGES.map((code) => (
                <option key={code} value={code}>
                  {code}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
    </>
  );
}

function setField(name: string, value: string): void {
  const now = draft.value;
  if (now !== null) changeDraft({ fields: { ...now.fields, [name]: value } });
}

function FieldInput({ name, now }: { name: string; now: Draft }) {
  const id = useId();
  const tongue = language.value;
  const readBack = MESSAGE_TYPES[now.type]?.read_back.includes(name) ?? false;
  const aircraft = [...names.value.values()].map((each) => each.aircraft);
  const words = wordsOf(name);
  const known = words.length > 0 ? [...words] : namesFor(name, screen.value, map.value, aircraft);
  const onMap = pickable(name);
  const hint = HINTS.find((each) => each.names.some((known) => known === name));
  return (
    <Field
      label={
        <>
          {fieldLabel(name, tongue)}
          {readBack && <span class="hot-quiet"> ({say(COMPOSE_TEXTS, "isReadBack")})</span>}
        </>
      }
      hint={hint === undefined ? "" : say(COMPOSE_TEXTS, hint.told)}
    >
      {(carried) => (
        <span class="hot-input-row">
          <input
            {...carried}
            dir="auto"
            autocomplete="off"
            spellcheck={false}
            maxLength={1000}
            list={`${id}-known`}
            data-field={name}
            value={now.fields[name] ?? ""}
            onInput={(event) => setField(name, event.currentTarget.value)}
          />
          <datalist id={`${id}-known`}>
            {known.map((each) => (
              <option key={each} value={each}>
                {words.length > 0 ? valueText(name, each, tongue) : each}
              </option>
            ))}
          </datalist>
          {onMap !== null && (
            <button type="button" onClick={() => pickFor(onMap, (text) => setField(name, text))}>
              {say(COMPOSE_TEXTS, "onMap")}
            </button>
          )}
        </span>
      )}
    </Field>
  );
}

const HINTS = [
  { names: ["centre", "position", "pick_up", "drop_off"], told: "hintPosition" },
  { names: ["window"], told: "hintWindow" },
  { names: ["time", "until", "effective", "due", "from"], told: "hintTime" },
  { names: ["level"], told: "hintLevel" },
] as const;

function AddField({ now }: { now: Draft }) {
  const [name, setName] = useState("");
  const tongue = language.value;
  const known = Object.keys(PHRASES.field).filter((each) => !fieldsShown.value.includes(each));
  return (
    <div class="hot-add">
      <Field label={say(COMPOSE_TEXTS, "addField")} inline>
        {(carried) => (
          <select
            {...carried}
            value={name}
            onChange={(event) => {
              const chosen = event.currentTarget.value;
              setName("");
              if (chosen !== "") changeDraft({ fields: { ...now.fields, [chosen]: "" } });
            }}
          >
            <option value="">{say(COMPOSE_TEXTS, "choose")}</option>
            {known.map((each) => (
              <option key={each} value={each}>
                {fieldLabel(each, tongue)}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
