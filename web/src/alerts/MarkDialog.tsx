// The confirmation of a mark: about which alert, as of which telling, at which post.
import { useState } from "preact/hooks";
import type { AlertView } from "../api/types";
import { ConfirmDialog } from "../look/kit";
import { clockText } from "../look/units";
import { actsNow, screen } from "../shell/state";
import { say } from "../text/language";
import { newestForm } from "./identity";
import {
  lastMark,
  type Marking,
  marking,
  type Outcome,
  ownPosts,
  postOf,
  writeMark,
} from "./marking";
import { atUs } from "./now";
import { TEXTS } from "./texts";
import { classWord, pairWord } from "./words";

interface DialogProps {
  of: Marking;
  /** The same alert in the newest view; null: it is not open any more. */
  now: AlertView | null;
}

/** The dialog; it stands while something is asked. */
export function MarkDialog({ of, now }: DialogProps) {
  const posts = ownPosts(screen.value?.agreements ?? [], of.alert.agreement);
  const [post, setPost] = useState(() => postOf(posts));
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const write = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const done = await writeMark(of, post, note);
    setBusy(false);
    if (done.kind === "written" || done.kind === "stood") {
      const stood = done.kind === "stood";
      lastMark.value = { alert: of.alert, stage: of.stage, stood, atUs: atUs.value };
      marking.value = null;
    } else setFault(faultText(done));
  };
  const seen = of.stage === "seen";
  const title = `${say(TEXTS, seen ? "seenTitle" : "calledTitle")}: ${isolated(of.alert)}`;
  return (
    <ConfirmDialog
      open
      title={title}
      confirm={say(TEXTS, seen ? "confirmSeen" : "confirmCalled")}
      cancel={say(TEXTS, "cancel")}
      notNow={actsNow.value ? "" : say(TEXTS, "noActs")}
      fault={fault}
      busy={busy}
      onConfirm={() => void write()}
      onClose={() => {
        marking.value = null;
      }}
    >
      <div class="alerts-dialog">
        <p>{say(TEXTS, seen ? "seenMeans" : "calledMeans")}</p>
        <p>{coversText(of.alert)}</p>
        <Meanwhile of={of} now={now} />
        <PostChoice posts={posts} post={post} onPost={setPost} />
        <label>
          {say(TEXTS, "note")}
          <input
            dir="auto"
            maxLength={300}
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
      </div>
    </ConfirmDialog>
  );
}

function isolated(alert: AlertView): string {
  return `\u2066${pairWord(alert.aircraft)}\u2069`;
}

function coversText(alert: AlertView): string {
  const clock = clockText(alert.told_us || alert.raised_us);
  const slots = { clock, word: classWord(alert.alert_class) };
  if (alert.loss_us === null) return say(TEXTS, "coversPlain", slots);
  return say(TEXTS, "covers", { ...slots, loss: clockText(alert.loss_us) });
}

/** What the list says by now, where it is not what the mark covers. */
function Meanwhile({ of, now }: DialogProps) {
  const text = meanwhileText(of, now);
  return text === "" ? null : (
    <p class="alerts-caution" role="alert">
      {text}
    </p>
  );
}

function meanwhileText(of: Marking, now: AlertView | null): string {
  if (now === null) return say(TEXTS, "over");
  const [log, index] = newestForm(now);
  const [seenLog, seenIndex] = newestForm(of.alert);
  const same = log === seenLog && index === seenIndex && now.alert_class === of.alert.alert_class;
  return same ? "" : say(TEXTS, "changed", { word: classWord(now.alert_class) });
}

interface ChoiceProps {
  posts: readonly string[];
  post: string;
  onPost: (post: string) => void;
}

function PostChoice({ posts, post, onPost }: ChoiceProps) {
  return (
    <label>
      {say(TEXTS, "post")}
      <select value={post} onChange={(event) => onPost(event.currentTarget.value)}>
        {posts.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Returns why nothing is known to be written, in the node's words where it refused. */
function faultText(outcome: Outcome): string {
  if (outcome.kind === "noAnswer") return say(TEXTS, "noAnswer");
  if (outcome.kind !== "refused") return "";
  const repair = outcome.repair === "" ? "" : ` ${say(TEXTS, "repair", { text: outcome.repair })}`;
  return `${outcome.fault}${repair}`;
}
