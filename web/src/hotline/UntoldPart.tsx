// Units that were not told of what stands, ours and theirs; and what a unit of ours said by voice.
import { useState } from "preact/hooks";
import type { DistributionView, UnitSeen } from "../api/types";
import { useDoing } from "../line/acting";
import { TextField } from "../line/choices";
import { EntryLink } from "../line/EntryLink";
import { parseInstant } from "../line/past";
import { actingPost } from "../line/posts";
import { Told } from "../line/Told";
import { ConfirmDialog, Countdown, Ltr } from "../look/kit";
import { nowUs } from "../look/tick";
import { clockText, instantText } from "../look/units";
import { actsNow, screen } from "../shell/state";
import { say } from "../text/language";
import { DUTY_TEXTS } from "./dutytexts";

/** Returns the units of a notice of which something is still wanted. */
export function missingOf(view: DistributionView): UnitSeen[] {
  return view.over === "" ? view.units.filter((each) => each.missing) : [];
}

/** The list of notices of which a unit is missing. */
export function UntoldPart() {
  const views = (screen.value?.untold ?? []).filter((each) => missingOf(each).length > 0);
  if (views.length === 0) return <p class="hot-quiet">{say(DUTY_TEXTS, "noneUntold")}</p>;
  return (
    <>
      {views.map((each) => (
        <NoticeRow key={`${each.message.join("#")}${each.party}`} view={each} />
      ))}
    </>
  );
}

function NoticeRow({ view }: { view: DistributionView }) {
  const [asked, setAsked] = useState<string | null>(null);
  const ours = view.party === screen.value?.party;
  return (
    <article class="hot-row" data-late={view.late}>
      <header class="hot-head">
        <strong class="hot-warn">
          {view.begun ? say(DUTY_TEXTS, "begunUntold") : say(DUTY_TEXTS, "notTold")}
        </strong>
        <span>
          <Ltr>{view.message_type}</Ltr> {say(DUTY_TEXTS, "from")} <Ltr>{view.sender}</Ltr>
          {view.status !== "actual" && ` · ${view.status.toUpperCase()}`}
        </span>
        {view.due_us === null ? (
          <span class="hot-quiet">{say(DUTY_TEXTS, "noDue")}</span>
        ) : (
          <span>
            {say(DUTY_TEXTS, "due")} <Ltr>{clockText(view.due_us)}</Ltr>{" "}
            <Countdown untilUs={view.due_us} told={say(DUTY_TEXTS, "due")} />
          </span>
        )}
        {view.begins_us !== null && (
          <span class="hot-quiet">
            {say(DUTY_TEXTS, "begins")} <Ltr>{instantText(view.begins_us)}</Ltr>
          </span>
        )}
      </header>
      <ul class="hot-units">
        {missingOf(view).map((each) => (
          <li key={each.unit}>
            <Ltr class="hot-party">{each.unit}</Ltr>: {wordOf(each)}{" "}
            {!ours && (
              <span class="hot-quiet">{say(DUTY_TEXTS, "asTheySay", { party: view.party })}</span>
            )}
            {ours && actsNow.value && (
              <button type="button" data-act="voice" onClick={() => setAsked(each.unit)}>
                {say(DUTY_TEXTS, "saidByVoice")}
              </button>
            )}
          </li>
        ))}
      </ul>
      <EntryLink at={view.message} />
      {asked !== null && <VoiceDialog view={view} unit={asked} onClose={() => setAsked(null)} />}
    </article>
  );
}

function wordOf(unit: UnitSeen): string {
  if (unit.word === "has the old one") return say(DUTY_TEXTS, "hasOldOne");
  return say(DUTY_TEXTS, unit.word === "not told" ? "unitNotTold" : "unitNotLoaded");
}

function VoiceDialog({
  view,
  unit,
  onClose,
}: {
  view: DistributionView;
  unit: string;
  onClose: () => void;
}) {
  const [at, setAt] = useState("");
  const [text, setText] = useState("");
  const [loaded, setLoaded] = useState(false);
  const { doing, start } = useDoing();
  const post = actingPost(view.agreement, view.line);
  const atUs = at.trim() === "" ? null : parseInstant(at, nowUs.value);
  const wrong = at.trim() !== "" && atUs === null;
  return (
    <ConfirmDialog
      open
      title={say(DUTY_TEXTS, "voiceTitle", { unit })}
      confirm={say(DUTY_TEXTS, "voiceDo")}
      notNow={wrong ? say(DUTY_TEXTS, "beganLacks") : ""}
      busy={doing.at === "under way"}
      onClose={onClose}
      onConfirm={() =>
        start(
          {
            type: "receipt_unit",
            ref: view.message,
            post,
            unit,
            by: "voice",
            at_us: atUs,
            loaded,
            text,
          },
          onClose,
        )
      }
    >
      <p>{say(DUTY_TEXTS, "voiceTold")}</p>
      <p>
        <Ltr>{view.message_type}</Ltr> {say(DUTY_TEXTS, "from")} <Ltr>{view.sender}</Ltr>{" "}
        <EntryLink at={view.message} />
      </p>
      <TextField
        label={say(DUTY_TEXTS, "voiceAt")}
        hint={atUs === null ? say(DUTY_TEXTS, "voiceAtHint") : instantText(atUs)}
        direction="ltr"
        value={at}
        onType={setAt}
      />
      <TextField label={say(DUTY_TEXTS, "voiceText")} length={4000} value={text} onType={setText} />
      <label>
        <input
          type="checkbox"
          checked={loaded}
          onChange={(event) => setLoaded(event.currentTarget.checked)}
        />{" "}
        {say(DUTY_TEXTS, "alsoLoaded")}
      </label>
      <p class="hot-quiet">
        {say(DUTY_TEXTS, "actsAs")} <Ltr>{post}</Ltr>
      </p>
      <Told doing={doing} />
    </ConfirmDialog>
  );
}
