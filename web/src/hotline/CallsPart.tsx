// Telephone calls: each end's own word, whether the two fit, and what was passed on to a third.
import type { CallEndView, CallView } from "../api/types";
import { EntryLink } from "../line/EntryLink";
import { Ltr } from "../look/kit";
import { clockText, instantText, spanText } from "../look/units";
import { actsNow, screen } from "../shell/state";
import { language, say } from "../text/language";
import { beginCall } from "./calling";
import { matchOf } from "./callwords";
import { DUTY_TEXTS } from "./dutytexts";
import { word } from "./phrase";
import { RelayRow } from "./RelayRow";

/** The list of calls and of relays. */
export function CallsPart() {
  const view = screen.value;
  if (view === null) return null;
  return (
    <>
      {actsNow.value && (
        <button type="button" class="hot-enter" onClick={() => beginCall(screen.value)}>
          {say(DUTY_TEXTS, "enterCall")} <kbd>t</kbd>
        </button>
      )}
      {view.calls.calls.length === 0 && <p class="hot-quiet">{say(DUTY_TEXTS, "noCalls")}</p>}
      {view.calls.calls.map((each) => (
        <CallRow key={each.ends.map((end) => end.key.join("#")).join()} call={each} />
      ))}
      {view.calls_left_out > 0 && (
        <p class="hot-quiet">{say(DUTY_TEXTS, "leftOut", { count: view.calls_left_out })}</p>
      )}
      {view.relays.length > 0 && <h3>{say(DUTY_TEXTS, "relays")}</h3>}
      {view.relays.map((each) => (
        <RelayRow key={`${each.key.join("#")}${each.party}`} relay={each} />
      ))}
    </>
  );
}

function CallRow({ call }: { call: CallView }) {
  const match = matchOf(call);
  const began = call.ends[0]?.began_us ?? 0;
  return (
    <article class="hot-row hot-call" data-match={match.word}>
      <header class="hot-head">
        <Ltr class="hot-quiet">{instantText(began)}</Ltr>
        <span>
          <Ltr>{call.caller}</Ltr> ⟶ <Ltr>{call.called}</Ltr> · <Ltr>{call.line}</Ltr>
        </span>
        <strong class="hot-match">{say(DUTY_TEXTS, match.word, { party: match.party })}</strong>
      </header>
      {call.ends.map((end) => (
        <End key={end.key.join("#")} end={end} />
      ))}
      {Object.entries(call.differences).map(([name, words]) => (
        <p key={name} class="hot-warn">
          {say(DUTY_TEXTS, "differsIn")} <Ltr>{name}</Ltr>:{" "}
          {Object.entries(words).map(([party, said], place) => (
            <span key={party}>
              {place > 0 && " / "}
              <Ltr>{party}</Ltr>: <bdi dir="auto">{said}</bdi>
            </span>
          ))}
        </p>
      ))}
      {call.remarks.map((each) => (
        <p key={each} class="hot-warn hot-node" lang="en" dir="ltr">
          {each}
        </p>
      ))}
    </article>
  );
}

function End({ end }: { end: CallEndView }) {
  const tongue = language.value;
  const texts = [end.subject, end.text, end.reason].filter((each) => each !== "");
  const pairs = [
    ...Object.entries(end.fields).map((each) => ["saidFields", ...each] as const),
    ...Object.entries(end.read_back).map((each) => ["readFields", ...each] as const),
  ];
  const lasted_s = end.ended_us === null ? null : (end.ended_us - end.began_us) / 1e6;
  return (
    <div class="hot-end">
      <Ltr class="hot-party">{end.party}</Ltr>: <strong>{word("call", end.outcome, tongue)}</strong>{" "}
      <span class="hot-quiet">
        <Ltr>{clockText(end.began_us)}</Ltr> {lasted_s === null && say(DUTY_TEXTS, "endNotSaid")}
        {lasted_s !== null && lasted_s > 0 && <Ltr>{spanText(lasted_s)}</Ltr>}
        {" · "}
        {end.entered === "late" ? (
          <strong>
            {say(DUTY_TEXTS, "enteredLate")} <Ltr>{clockText(end.entered_us)}</Ltr>
          </strong>
        ) : (
          <>
            {say(DUTY_TEXTS, "entered")} <Ltr>{clockText(end.entered_us)}</Ltr>
          </>
        )}{" "}
        <Ltr>{end.post}</Ltr>
        {end.spoke_with !== "" && (
          <>
            {" · "}
            {say(DUTY_TEXTS, "spokeWith")} <bdi dir="auto">{end.spoke_with}</bdi>
          </>
        )}
        {end.recorder !== "" && (
          <>
            {" · "}
            {say(DUTY_TEXTS, "recorder")} <bdi dir="auto">{end.recorder}</bdi>
          </>
        )}
        {end.corrects.length > 0 && ` · ${say(DUTY_TEXTS, "correctedEntry")}`}
      </span>
      {texts.map((each) => (
        <div key={each}>
          <bdi dir="auto">{each}</bdi>
        </div>
      ))}
      {pairs.map(([kind, name, value]) => (
        <div key={`${kind}${name}`}>
          <span class="hot-quiet">{say(DUTY_TEXTS, kind)}: </span>
          {word("field", name, tongue)}: <bdi dir="auto">{value}</bdi>
        </div>
      ))}
      <EntryLink at={end.key} />
    </div>
  );
}
