// The lower half of the side: as which post we act, the loudest alarm, and the lists of the duty.
import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ScreenView } from "../api/types";
import { ActDialog } from "../line/ActsPart";
import { ownSide } from "../line/glance";
import { choosePost, type OwnLine, ownLines, ownPosts, postShown } from "../line/posts";
import { Tabs } from "../look/kit";
import { nowUs, startTicking } from "../look/tick";
import { bare, clockText } from "../look/units";
import { actsNow, liveScreen, mayAct, mode, screen } from "../shell/state";
import { NORMS } from "../terms/norms";
import { say } from "../text/language";
import { AlarmStrip, AlarmsPart, standsAlone } from "./AlarmsPart";
import { Announcer } from "./Announcer";
import { AnswerDialog } from "./AnswerDialog";
import { CallDialog } from "./CallDialog";
import { CallsPart } from "./CallsPart";
import { ComposeDialog, openComposer } from "./ComposeDialog";
import { beginCall } from "./calling";
import { bindHotlineKeys, presenceAsked } from "./hotkeys";
import { land, sentTold } from "./landing";
import { MessagesPart } from "./MessagesPart";
import { Picking } from "./Picking";
import { listed } from "./ranks";
import { list, type Tab, tab } from "./room";
import { noteUse } from "./seen";
import { TEXTS } from "./texts";
import { missingOf, UntoldPart } from "./UntoldPart";
import "./hotline.css";

const panelId = (id: Tab) => `hot-panel-${id}`;

/** The pane of the line's words. */
export function HotlinePane() {
  useEffect(() => {
    const ends = [startTicking(), noteUse(), bindHotlineKeys()];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  useSignalEffect(land);
  const now = tab.value;
  return (
    <div class="hot-pane">
      <PostBar />
      <PastNote />
      <AlarmStrip />
      <Picking />
      <Tabs
        label={say(TEXTS, "duty")}
        chosen={now}
        panelId={panelId}
        onChoose={(id) => {
          tab.value = id;
        }}
        tabs={tabs()}
      />
      <div
        class="hot-scroll"
        role="tabpanel"
        id={panelId(now)}
        aria-labelledby={`${panelId(now)}-tab`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        tabIndex={0}
      >
        {now === "alarms" && <AlarmsPart />}
        {now === "messages" && <MessagesPart />}
        {now === "untold" && <UntoldPart />}
        {now === "calls" && <CallsPart />}
      </div>
      <AnswerDialog />
      <ComposeDialog />
      <CallDialog />
      <PresenceDialog />
      <Announcer />
      <SentTold />
    </div>
  );
}

/** The tabs, each with its count: nothing waits unseen behind another. */
function tabs(): { id: Tab; label: string }[] {
  const view = screen.value;
  const loud = (view?.alarms.alarms ?? []).filter(standsAlone).length;
  const untold = (view?.untold ?? []).filter((each) => missingOf(each).length > 0).length;
  return [
    { id: "alarms", label: say(TEXTS, "tabAlarms", { count: loud }) },
    {
      id: "messages",
      label: say(TEXTS, "tabMessages", {
        // One slot: apart, the two numbers would change places in a text from the right.
        counts: `${list.value.awaitUs.length}/${list.value.awaitUs.length + list.value.open.length}`,
      }),
    },
    { id: "untold", label: say(TEXTS, "tabUntold", { count: untold }) },
    { id: "calls", label: say(TEXTS, "tabCalls", { count: view?.calls.calls.length ?? 0 }) },
  ];
}

/** As which post this screen acts: always in sight. */
function PostBar() {
  const posts = ownPosts.value;
  if (!mayAct.value) return <p class="hot-bar hot-quiet">{say(TEXTS, "observer")}</p>;
  return (
    <div class="hot-bar">
      <span class="hot-bar-post">
        <label>
          {say(TEXTS, "actsAsShort")}{" "}
          <select
            class="hot-post"
            value={postShown.value}
            onChange={(event) => choosePost(event.currentTarget.value)}
          >
            {posts.map((post) => (
              <option key={post} value={post}>
                {post}
              </option>
            ))}
          </select>
        </label>
        <Presence />
      </span>
      <span class="hot-bar-acts">
        <button type="button" disabled={!actsNow.value} data-act="write" onClick={openComposer}>
          {say(TEXTS, "write")} <kbd>e</kbd>
        </button>
        <button type="button" disabled={!actsNow.value} onClick={() => beginCall(screen.value)}>
          {say(TEXTS, "call")} <kbd>t</kbd>
        </button>
      </span>
    </div>
  );
}

/** Until when our post has said on its lines that somebody is there; a warning near the end. */
function Presence() {
  const view = screen.value;
  const post = postShown.value;
  const untilUs = Math.min(
    ...ownLines(view)
      .filter((each) => each.line.own_posts.includes(post))
      .map((each) => presentUntilUs(view, each, post)),
  );
  if (mode.value === "REPLAY" || !Number.isFinite(untilUs)) return null;
  const left_s = (untilUs - nowUs.value) / 1e6;
  return (
    <span class={left_s < PRESENCE_SOON_S ? "hot-warn" : "hot-quiet"}>
      {left_s < 0
        ? say(TEXTS, "notDeclared", { key: "h" })
        : say(TEXTS, "hereUntil", { time: `${bare(clockText(untilUs)).slice(0, 5)}Z` })}
    </span>
  );
}

const PRESENCE_SOON_S = 120;

/** Returns until when a post of ours is there on a line; 0: it has not said so. */
function presentUntilUs(view: ScreenView | null, { agreement, line }: OwnLine, post: string) {
  const vector = view?.lines.find(
    (each) => each.agreement === agreement && each.line === line.line,
  );
  const side = vector && ownSide(vector, view?.party ?? "");
  const said = side?.posts.find((each) => each.post === post && each.word === "present");
  return said ? said.since_us + NORMS.line.presence_within_s * 1e6 : 0;
}

/** What was sent just now; a region that stands before its words, so that they are heard. */
function SentTold() {
  return (
    <div class="hot-told" role="status">
      {sentTold.value}
    </div>
  );
}

/** In the past nothing is answered; what waits now is told all the same. */
function PastNote() {
  if (mode.value !== "REPLAY") return null;
  const waits = listed(liveScreen.value?.messages ?? []).awaitUs.length;
  return (
    <p class="hot-past" role="note">
      {say(TEXTS, "past")}{" "}
      {waits > 0 && <strong>{say(TEXTS, "waitsNow", { count: waits })}</strong>}
    </p>
  );
}

/** Saying that somebody is at the post, by its key. */
function PresenceDialog() {
  const first = ownLines(screen.value)[0];
  const vector = screen.value?.lines.find(
    (each) => each.agreement === first?.agreement && each.line === first.line.line,
  );
  if (!presenceAsked.value || vector === undefined) return null;
  return (
    <ActDialog
      kind="present"
      vector={vector}
      onClose={() => {
        presenceAsked.value = false;
      }}
    />
  );
}
