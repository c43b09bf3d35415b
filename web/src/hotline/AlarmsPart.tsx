// Alarms: what somebody here must see now. Taking one silences it here, and answers nothing.
import { useState } from "preact/hooks";
import type { AlarmView } from "../api/types";
import { useDoing } from "../line/acting";
import { PostField, TextField } from "../line/choices";
import { EntryLink } from "../line/EntryLink";
import { actingPost, postsFor } from "../line/posts";
import { Told } from "../line/Told";
import { Chip, ConfirmDialog, Ltr } from "../look/kit";
import { shownUs } from "../look/tick";
import { clockText, spanFloorText } from "../look/units";
import { actsNow, screen } from "../shell/state";
import { language, say } from "../text/language";
import { DUTY_TEXTS } from "./dutytexts";
import { withCode } from "./phrase";
import { messageAt, select, tab } from "./room";

/** Whether an alarm still calls for somebody. */
export function standsAlone(view: AlarmView): boolean {
  return view.alarm.acknowledged_us === null && !view.alarm.silent;
}

/** The most urgent alarm that nobody has taken, always in sight. */
export function AlarmStrip() {
  const views = screen.value?.alarms.alarms ?? [];
  const loud = views.filter(standsAlone);
  const first = loud[0];
  // In the list of alarms it stands on top anyway.
  if (first === undefined || tab.value === "alarms") return null;
  return (
    <div class="hot-strip" data-class={first.alarm.alarm_class}>
      <OfOther />
      <AlarmHead view={first} brief />
      {loud.length > 1 && (
        <button
          type="button"
          class="hot-more"
          onClick={() => {
            tab.value = "alarms";
          }}
        >
          {say(DUTY_TEXTS, "moreAlarms", { count: loud.length - 1 })}
        </button>
      )}
    </div>
  );
}

/** All alarms that stand. */
export function AlarmsPart() {
  const view = screen.value?.alarms;
  if (view === undefined) return null;
  const others = screen.value?.viewer !== screen.value?.party;
  const unsteady = view.load.filter((each) => !each.steady);
  return (
    <>
      {others ? <OfOther whole /> : <p class="hot-quiet">{say(DUTY_TEXTS, "takeTold")}</p>}
      {view.alarms.length === 0 && <p>{say(DUTY_TEXTS, "noAlarms")}</p>}
      {view.flooded.map((post) => (
        <p key={post} class="hot-warn">
          {say(DUTY_TEXTS, "flood", { post, count: view.new_in_10_min[post] ?? 0 })}
        </p>
      ))}
      <ul class="hot-alarms">
        {view.alarms.map((each) => (
          <li key={each.alarm.name} class="hot-row" data-loud={standsAlone(each)}>
            <AlarmHead view={each} />
            <AlarmCalls view={each} />
          </li>
        ))}
      </ul>
      {unsteady.map((each) => (
        <p key={each.post} class="hot-quiet">
          {say(DUTY_TEXTS, "unsteady", { post: each.post, count: each.p95_in_10_min })}
        </p>
      ))}
      {view.contacts
        .filter((each) => each.fault !== "")
        .map((each) => (
          <p key={each.name} class="hot-warn">
            {say(DUTY_TEXTS, "contactFault", { name: each.name })}{" "}
            <span lang="en" dir="ltr" class="hot-node">
              {each.fault}
            </span>
          </p>
        ))}
    </>
  );
}

/** Whose alarms these are, where another party's knowledge is shown. */
function OfOther({ whole = false }: { whole?: boolean }) {
  const shown = screen.value;
  if (shown === null || shown.viewer === shown.party) return null;
  if (!whole) return <Ltr>{shown.viewer}</Ltr>;
  return (
    <p class="hot-warn">
      <strong>{say(DUTY_TEXTS, "alarmsOf", { party: shown.viewer, us: shown.party })}</strong>
    </p>
  );
}

function AlarmHead({ view, brief = false }: { view: AlarmView; brief?: boolean }) {
  const [asked, setAsked] = useState(false);
  const { alarm } = view;
  const taken = alarm.acknowledged_us;
  const about = alarm.cause === null ? null : messageAt(alarm.cause);
  return (
    <div class="hot-alarm">
      <Chip
        tone={
          alarm.alarm_class === "DISTRESS"
            ? "alarm"
            : alarm.alarm_class === "URGENT"
              ? "warn"
              : "plain"
        }
      >
        {brief ? (
          <Ltr>{alarm.alarm_class}</Ltr>
        ) : (
          withCode("class", alarm.alarm_class, language.value)
        )}
      </Chip>{" "}
      <span class="hot-node hot-alarm-text" lang="en" dir="ltr" title={alarm.text}>
        {alarm.text}
      </span>{" "}
      <span class="hot-quiet">
        {!brief && (
          <>
            {say(DUTY_TEXTS, "calls")} <Ltr>{alarm.post}</Ltr> ·{" "}
            <Ltr>{clockText(alarm.since_us)}</Ltr>{" "}
          </>
        )}
        (<Age sinceUs={alarm.since_us} />)
      </span>{" "}
      {about !== null && !brief && (
        <button
          type="button"
          class="line-link"
          onClick={() => {
            tab.value = "messages";
            select(about.key);
          }}
        >
          {say(DUTY_TEXTS, "theMessage")}
        </button>
      )}{" "}
      {taken !== null ? (
        <span class="hot-taken">
          {say(DUTY_TEXTS, "takenBy")} <Ltr>{alarm.acknowledged_by ?? ""}</Ltr>{" "}
          <Ltr>{clockText(taken)}</Ltr>
        </span>
      ) : alarm.silent ? (
        <span class="hot-quiet">{say(DUTY_TEXTS, "silent")}</span>
      ) : (
        actsNow.value && (
          <button type="button" data-act="take" onClick={() => setAsked(true)}>
            {say(DUTY_TEXTS, "take")}
          </button>
        )
      )}
      {asked && <TakeDialog view={view} onClose={() => setAsked(false)} />}
    </div>
  );
}

function Age({ sinceUs }: { sinceUs: number }) {
  return <>{spanFloorText(Math.max(0, (shownUs.value - sinceUs) / 1e6))}</>;
}

function AlarmCalls({ view }: { view: AlarmView }) {
  const { alarm, calls, calls_nobody } = view;
  return (
    <div class="hot-quiet">
      {calls_nobody && say(DUTY_TEXTS, "callsNobody")}
      {calls.slice(0, 4).map((each) => (
        <div key={`${each.at_us}${each.channel}`}>
          <Ltr>
            {clockText(each.at_us)} {each.channel} {each.post}
          </Ltr>
          : {say(DUTY_TEXTS, each.delivered ? "wentOut" : "failed")}{" "}
          <span lang="en" dir="ltr">
            {each.detail}
          </span>
        </div>
      ))}
      {alarm.cause !== null && (
        <>
          {" "}
          <EntryLink at={alarm.cause} />
        </>
      )}
    </div>
  );
}

function TakeDialog({ view, onClose }: { view: AlarmView; onClose: () => void }) {
  const { alarm } = view;
  const posts = postsFor(screen.value, alarm.agreement, alarm.line);
  const [post, setPost] = useState(actingPost(alarm.agreement, alarm.line));
  const [text, setText] = useState("");
  const { doing, start } = useDoing();
  return (
    <ConfirmDialog
      open
      title={say(DUTY_TEXTS, "take")}
      confirm={say(DUTY_TEXTS, "takeDo")}
      notNow={post === "" ? say(DUTY_TEXTS, "lineLacks") : ""}
      busy={doing.at === "under way"}
      onClose={onClose}
      onConfirm={() =>
        start(
          { type: "acknowledge_alarm", agreement: alarm.agreement, alarm: alarm.name, post, text },
          onClose,
        )
      }
    >
      <p class="hot-node" lang="en" dir="ltr">
        {alarm.text}
      </p>
      <p>
        <strong>{say(DUTY_TEXTS, "takeAnswersNothing")}</strong>
      </p>
      <PostField label={say(DUTY_TEXTS, "actsAs")} posts={posts} post={post} onChoose={setPost} />
      <TextField label={say(DUTY_TEXTS, "takeText")} value={text} onType={setText} />
      <Told doing={doing} />
    </ConfirmDialog>
  );
}
