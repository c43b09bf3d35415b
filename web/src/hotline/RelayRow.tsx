// A message to be passed on to somebody who is no party: how it stands, and our own word about it.
import { useState } from "preact/hooks";
import type { RelayView } from "../api/types";
import { useDoing } from "../line/acting";
import { FreeText, TextField } from "../line/choices";
import { EntryLink } from "../line/EntryLink";
import { parseInstant } from "../line/past";
import { actingPost } from "../line/posts";
import { Told } from "../line/Told";
import { ConfirmDialog, Ltr } from "../look/kit";
import { nowUs } from "../look/tick";
import { instantText } from "../look/units";
import { actsNow, screen } from "../shell/state";
import { say } from "../text/language";
import { DUTY_TEXTS } from "./dutytexts";

const OUTCOMES = ["passed", "declined", "unknown"] as const;
type Outcome = (typeof OUTCOMES)[number];

/** One of them; only the party that was asked reports, and as often as it knows more. */
export function RelayRow({ relay }: { relay: RelayView }) {
  const [opened, setOpened] = useState(false);
  const ours = relay.party === screen.value?.party;
  return (
    <article class="hot-row" data-relay={relay.key.join("#")}>
      <bdi dir="auto">{relay.third}</bdi>:{" "}
      <strong>{say(DUTY_TEXTS, `relay ${relay.state}`)}</strong>{" "}
      <span class="hot-quiet">
        {say(DUTY_TEXTS, "through")} <Ltr>{relay.party}</Ltr> ·{" "}
        <Ltr>{instantText(relay.since_us)}</Ltr>
      </span>{" "}
      {relay.text !== "" && <bdi dir="auto">{relay.text}</bdi>} <EntryLink at={relay.key} />
      {ours && actsNow.value && (
        <button type="button" data-act="relay" onClick={() => setOpened(true)}>
          {say(DUTY_TEXTS, "relayReport")}
        </button>
      )}
      {opened && <RelayDialog relay={relay} onClose={() => setOpened(false)} />}
    </article>
  );
}

function RelayDialog({ relay, onClose }: { relay: RelayView; onClose: () => void }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [at, setAt] = useState("");
  const [by, setBy] = useState("");
  const [text, setText] = useState("");
  const { doing, start } = useDoing();
  const post = actingPost(relay.agreement, relay.line);
  const atUs = at.trim() === "" ? null : parseInstant(at, nowUs.value);
  const wrong = at.trim() !== "" && atUs === null;
  const lacks = wrong ? say(DUTY_TEXTS, "beganLacks") : say(DUTY_TEXTS, "relayLacks");
  const body = {
    type: "report_relay",
    ref: relay.key,
    post,
    outcome,
    at_us: atUs,
    received_by: by,
    text,
  };
  return (
    <ConfirmDialog
      open
      title={say(DUTY_TEXTS, "relayTitle", { third: relay.third })}
      confirm={say(DUTY_TEXTS, "relayDo")}
      notNow={wrong || outcome === null ? lacks : ""}
      busy={doing.at === "under way"}
      onClose={onClose}
      onConfirm={() => start(body, onClose)}
    >
      {relay.text !== "" && <p dir="auto">{relay.text}</p>}
      <fieldset class="hot-choice">
        <legend>{say(DUTY_TEXTS, "relayReport")}</legend>
        {OUTCOMES.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="hot-relay"
              value={each}
              checked={outcome === each}
              onChange={() => setOutcome(each)}
            />{" "}
            {say(DUTY_TEXTS, `relay is ${each}`)}
          </label>
        ))}
      </fieldset>
      <div class="hot-form-row">
        <TextField
          label={say(DUTY_TEXTS, "relayAt")}
          hint={atUs === null ? say(DUTY_TEXTS, "voiceAtHint") : instantText(atUs)}
          direction="ltr"
          value={at}
          onType={setAt}
        />
        <TextField label={say(DUTY_TEXTS, "relayBy")} value={by} onType={setBy} />
      </div>
      <FreeText label={say(DUTY_TEXTS, "whatElse")} value={text} onType={setText} />
      <p class="hot-quiet">
        {say(DUTY_TEXTS, "actsAs")} <Ltr>{post}</Ltr>
      </p>
      <Told doing={doing} />
    </ConfirmDialog>
  );
}
