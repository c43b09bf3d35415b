// Entering our end of a telephone call: what happened, as we say it; the other end enters its own.
import type { Reference } from "../api/types";
import { useDoing } from "../line/acting";
import { FreeText, LineField, PostField, TextField } from "../line/choices";
import { EntryLink, entryAt } from "../line/EntryLink";
import { parseInstant } from "../line/past";
import { ownLines, postsFor } from "../line/posts";
import { Told } from "../line/Told";
import { ConfirmDialog, Field } from "../look/kit";
import { nowUs } from "../look/tick";
import { instantText } from "../look/units";
import { actsNow, screen } from "../shell/state";
import { NORMS } from "../terms/norms";
import { language, say } from "../text/language";
import {
  CALL_OUTCOMES,
  type CallOutcome,
  callBody,
  calling,
  callLacks,
  type Pair,
  type TypedCall,
} from "./calling";
import { DUTY_TEXTS } from "./dutytexts";
import { withCode } from "./phrase";

function change(part: Partial<TypedCall>): void {
  if (calling.value !== null) calling.value = { ...calling.value, ...part };
}

/** The form of a call; nothing while none is entered. */
export function CallDialog() {
  const typed = calling.value;
  return typed === null ? null : <Form typed={typed} />;
}

function Form({ typed }: { typed: TypedCall }) {
  const { doing, start } = useDoing();
  const close = () => {
    calling.value = null;
  };
  const lack = callLacks(typed, nowUs.value);
  const enter = async () => {
    let ref: Reference[] = [];
    if (typed.about !== null) {
      const [log, index] = typed.about;
      const entry = await entryAt(log, index).catch(() => undefined);
      if (entry !== undefined) ref = [{ log, index, leaf: entry.leaf }];
    }
    const body = callBody(typed, nowUs.value, ref);
    if (body !== null) start(body, close);
  };
  const notNow = !actsNow.value
    ? say(DUTY_TEXTS, "notNow")
    : lack === null
      ? ""
      : say(DUTY_TEXTS, lack);
  return (
    <ConfirmDialog
      open
      title={say(DUTY_TEXTS, "enterCall")}
      confirm={say(DUTY_TEXTS, "enterCallDo")}
      notNow={notNow}
      busy={doing.at === "under way"}
      onClose={close}
      onConfirm={() => void enter()}
    >
      <p class="hot-quiet">{say(DUTY_TEXTS, "callTold")}</p>
      <Whom typed={typed} />
      <How typed={typed} />
      <When typed={typed} />
      <What typed={typed} />
      {typed.about !== null && (
        <p>
          {say(DUTY_TEXTS, "aboutMessage")} <EntryLink at={typed.about} />
        </p>
      )}
      <Told doing={doing} />
    </ConfirmDialog>
  );
}

function Whom({ typed }: { typed: TypedCall }) {
  const view = screen.value;
  const lines = ownLines(view);
  const chosen = lines.find(
    (each) => each.agreement === typed.agreement && each.line.line === typed.line,
  );
  const others = (chosen?.line.parties ?? []).filter((party) => party !== view?.party);
  return (
    <div class="hot-form-row">
      <LineField
        label={say(DUTY_TEXTS, "line")}
        agreement={typed.agreement}
        line={typed.line}
        onChoose={(agreement, line) =>
          change({ agreement, line, party: "", post: postsFor(view, agreement, line)[0] ?? "" })
        }
      />
      <Field label={say(DUTY_TEXTS, "with")}>
        {(carried) => (
          <select
            {...carried}
            {...(typed.party === "" ? { "data-first": true } : {})}
            value={typed.party}
            onChange={(event) => change({ party: event.currentTarget.value })}
          >
            {typed.party === "" && <option value="">{say(DUTY_TEXTS, "choose")}</option>}
            {others.map((party) => (
              <option key={party} value={party}>
                {party}
              </option>
            ))}
          </select>
        )}
      </Field>
      <PostField
        label={say(DUTY_TEXTS, "actsAs")}
        posts={postsFor(view, typed.agreement, typed.line)}
        post={typed.post}
        onChoose={(post) => change({ post })}
      />
    </div>
  );
}

/** Who called, and how it went: asked, neither chosen beforehand. */
function How({ typed }: { typed: TypedCall }) {
  return (
    <>
      <fieldset class="hot-choice">
        <legend>{say(DUTY_TEXTS, "whoCalled")}</legend>
        {(["placed", "received"] as const).map((way) => (
          <label key={way}>
            <input
              type="radio"
              data-first
              name="hot-direction"
              checked={typed.direction === way}
              onChange={() => change({ direction: way })}
            />{" "}
            {say(DUTY_TEXTS, way)}
          </label>
        ))}
      </fieldset>
      <fieldset class="hot-choice">
        <legend>{say(DUTY_TEXTS, "outcome")}</legend>
        {CALL_OUTCOMES.map((word: CallOutcome) => (
          <label key={word}>
            <input
              type="radio"
              name="hot-outcome"
              checked={typed.outcome === word}
              onChange={() => change({ outcome: word })}
            />{" "}
            {withCode("call", word, language.value)}
          </label>
        ))}
      </fieldset>
    </>
  );
}

function When({ typed }: { typed: TypedCall }) {
  const instant = (text: string) => {
    const atUs = parseInstant(text, nowUs.value);
    return atUs === null ? say(DUTY_TEXTS, "instantHint") : instantText(atUs);
  };
  return (
    <div class="hot-form-row">
      <TextField
        label={say(DUTY_TEXTS, "began")}
        hint={instant(typed.began)}
        direction="ltr"
        value={typed.began}
        onType={(began) => change({ began })}
      />
      <TextField
        label={say(DUTY_TEXTS, "ended")}
        hint={typed.ended === "" ? say(DUTY_TEXTS, "endedHint") : instant(typed.ended)}
        direction="ltr"
        value={typed.ended}
        onType={(ended) => change({ ended })}
      />
    </div>
  );
}

type TextKey = "spokeWith" | "subject" | "recorder" | "reason";

function What({ typed }: { typed: TypedCall }) {
  const fell = typed.outcome === "refused" || typed.outcome === "technical failure";
  const input = (key: TextKey, list?: string) => (
    <Field label={say(DUTY_TEXTS, key)}>
      {(carried) => (
        <input
          {...carried}
          dir="auto"
          maxLength={400}
          list={list}
          value={typed[key]}
          onInput={(event) => change({ [key]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
  return (
    <>
      {fell && input("reason")}
      <datalist id="hot-subjects">
        {NORMS.subject.map((each) => (
          <option key={each.code} value={each.code}>
            {withCode("subject", each.code, language.value)}
          </option>
        ))}
      </datalist>
      <div class="hot-form-row">
        {input("subject", "hot-subjects")}
        {input("spokeWith")}
        {input("recorder")}
      </div>
      <Pairs
        label={say(DUTY_TEXTS, "saidFields")}
        pairs={typed.said}
        onChange={(said) => change({ said })}
      />
      <Pairs
        label={say(DUTY_TEXTS, "readFields")}
        pairs={typed.readBack}
        onChange={(readBack) => change({ readBack })}
      />
      <FreeText
        label={say(DUTY_TEXTS, "whatElse")}
        value={typed.text}
        onType={(text) => change({ text })}
      />
    </>
  );
}

function Pairs({
  label,
  pairs,
  onChange,
}: {
  label: string;
  pairs: Pair[];
  onChange: (pairs: Pair[]) => void;
}) {
  const set = (at: number, part: Partial<Pair>) =>
    onChange(pairs.map((each, place) => (place === at ? { ...each, ...part } : each)));
  return (
    <fieldset class="hot-choice">
      <legend>{label}</legend>
      {pairs.map((each, place) => (
        <span key={place} class="hot-pair">
          <input
            dir="auto"
            aria-label={say(DUTY_TEXTS, "pairName")}
            value={each.name}
            onInput={(event) => set(place, { name: event.currentTarget.value })}
          />
          <input
            dir="auto"
            aria-label={say(DUTY_TEXTS, "pairValue")}
            value={each.value}
            onInput={(event) => set(place, { value: event.currentTarget.value })}
          />
        </span>
      ))}
      <button type="button" onClick={() => onChange([...pairs, { name: "", value: "" }])}>
        {say(DUTY_TEXTS, "addPair")}
      </button>
    </fieldset>
  );
}
