// Signing as a person: which entry of ours, exactly what it says, who signs, and by what.
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api/client";
import type { EntryView, MessageView } from "../api/types";
import { Chip, Field, Ltr } from "../look/kit";
import { clockText } from "../look/units";
import { liveScreen, mayAct, selection, session } from "../shell/state";
import { say } from "../text/language";
import { type Open, people, tried } from "./room";
import { Signer } from "./Signer";
import { agreementOf, type Shown, type ShownFault, shownEntry } from "./shown";
import { TEXTS, type TextKey } from "./texts";

const OFFERED_MAX = 12;
const SIGNED: Record<MessageView["signed"], TextKey> = {
  "not signed by a person": "signed0",
  "single-signed": "signed1",
  "double-signed": "signed2",
};
type Key = readonly [string, number];

/** What stands in the dialog of signing. */
export function SignPart({ onShow }: { onShow: (what: Open) => void }) {
  const [key, setKey] = useState<Key | null>(selectedOwn);
  if (!mayAct.value) return <p role="alert">{say(TEXTS, "actorsOnly")}</p>;
  return (
    <>
      <p class="kit-hint">{say(TEXTS, "signTold")}</p>
      <OwnEntries chosen={key} onChoose={setKey} />
      <PlaceForm onChoose={setKey} />
      {key !== null && <Chosen key={`${key[0]} ${key[1]}`} at={key} onShow={onShow} />}
    </>
  );
}

function selectedOwn(): Key | null {
  const now = selection.value;
  if (now?.kind !== "message") return null;
  const found = ownMessages().find((m) => m.key[0] === now.log && m.key[1] === now.index);
  return found ? found.key : null;
}

function ownMessages(): MessageView[] {
  const own = session.value?.party;
  // What a machine said, nobody stands behind.
  const found = (liveScreen.value?.messages ?? []).filter(
    (view) => view.party === own && view.post !== "system",
  );
  return [...found].sort((a, b) => b.sent_us - a.sent_us);
}

function sameKey(a: Key | null, b: Key): boolean {
  return a !== null && a[0] === b[0] && a[1] === b[1];
}

function OwnEntries({ chosen, onChoose }: { chosen: Key | null; onChoose: (key: Key) => void }) {
  const offered = ownMessages().slice(0, OFFERED_MAX);
  if (offered.length === 0) return <p>{say(TEXTS, "noOwn")}</p>;
  return (
    <ul class="sign-entries" aria-label={say(TEXTS, "ownEntries")}>
      {offered.map((view) => (
        <li key={`${view.key[0]} ${view.key[1]}`}>
          <button
            data-key={`${view.key[0]}#${view.key[1]}`}
            type="button"
            aria-pressed={sameKey(chosen, view.key)}
            onClick={() => onChoose(view.key)}
          >
            <Ltr>
              {clockText(view.sent_us)} {view.message_type}
            </Ltr>{" "}
            → <Ltr>{view.to.join(", ")}</Ltr>{" "}
            <Chip tone={SIGNED[view.signed] === "signed0" ? "off" : "good"}>
              {say(TEXTS, SIGNED[view.signed])}
            </Chip>
          </button>
        </li>
      ))}
    </ul>
  );
}

function PlaceForm({ onChoose }: { onChoose: (key: Key) => void }) {
  const [log, setLog] = useState("");
  const [index, setIndex] = useState("");
  const good = log.trim() !== "" && /^\d{1,15}$/.test(index.trim());
  return (
    <details>
      <summary>{say(TEXTS, "otherEntry")}</summary>
      <form
        class="sign-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (good) onChoose([log.trim(), Number(index.trim())]);
        }}
      >
        <Field label={say(TEXTS, "log")}>
          {(carried) => (
            <input
              {...carried}
              dir="ltr"
              value={log}
              onInput={(event) => setLog(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label={say(TEXTS, "index")}>
          {(carried) => (
            <input
              {...carried}
              dir="ltr"
              inputMode="numeric"
              value={index}
              onInput={(event) => setIndex(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" disabled={!good}>
          {say(TEXTS, "showIt")}
        </button>
      </form>
    </details>
  );
}

function Chosen({ at, onShow }: { at: Key; onShow: (what: Open) => void }) {
  const [shown, setShown] = useState<Shown | ShownFault | "asking" | "notThere">("asking");
  const [log, index] = at;
  useEffect(() => {
    const look = async (): Promise<void> => {
      const path = `/api/logs/${log}/entries?start=${index}&end=${index + 1}`;
      const view = (await ask<EntryView[]>(path))[0];
      setShown(view ? await shownEntry(log, view) : "notThere");
    };
    void tried(look).then((became) => {
      if (became.at !== "done") setShown("notThere");
    });
  }, [log, index]);
  if (shown === "asking") return <p role="status">{say(TEXTS, "underWay")}</p>;
  if (typeof shown === "string") {
    return (
      <p class="kit-fault" role="alert">
        {say(TEXTS, shown)}
      </p>
    );
  }
  return (
    <section aria-label={say(TEXTS, "whatIsSigned")}>
      <h3>{say(TEXTS, "whatIsSigned")}</h3>
      <Signatures at={at} />
      <pre class="sign-entry" dir="ltr">
        {`${shown.index} ${shown.log}\n${shown.text}`}
        {shown.payload === null ? "" : `\n${shown.payload}`}
      </pre>
      <p class="kit-hint">
        {say(TEXTS, "leaf")} <Ltr class="sign-leaf">{shown.leaf}</Ltr>
      </p>
      <Signer shown={shown} people={people.value} agreement={agreementOf(log)} onShow={onShow} />
    </section>
  );
}

function Signatures({ at }: { at: Key }) {
  const view = ownMessages().find((each) => sameKey(each.key, at));
  if (view === undefined || view.signatures.length === 0) return null;
  return (
    <ul aria-label={say(TEXTS, "signatures")}>
      {view.signatures.map((each) => (
        <li key={`${each.operator} ${each.at_us}`}>
          <Ltr>
            {clockText(each.at_us)} {each.operator} ({each.post})
          </Ltr>{" "}
          {each.counts ? (
            <Chip tone="good">{say(TEXTS, "counts")}</Chip>
          ) : (
            <Chip tone="warn">
              {say(TEXTS, "countsNot")} <Ltr>{each.why}</Ltr>
            </Chip>
          )}
        </li>
      ))}
    </ul>
  );
}
