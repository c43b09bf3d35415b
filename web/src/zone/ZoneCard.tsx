// The card of the chosen zone: both its states, whose word they are, and our own word about it.
import { useState } from "preact/hooks";
import { NodeWords } from "../alerts/NodeWords";
import { TEXTS as ALERTS } from "../alerts/texts";
import { textOf } from "../alerts/urgency";
import { classWord, kindWord, pairWord } from "../alerts/words";
import type { ZoneShown } from "../api/types";
import { useDoing } from "../line/acting";
import { PostField } from "../line/choices";
import { actingPost, postsFor } from "../line/posts";
import { Told } from "../line/Told";
import { ConfirmDialog, Ltr } from "../look/kit";
import { clockText, instantText } from "../look/units";
import { actsNow, screen, selection } from "../shell/state";
import { say } from "../text/language";
import { TEXTS } from "./texts";
import "./zone.css";

type Word = "hot" | "cold";

/** The card; nothing while no zone is chosen. */
export function ZoneCard() {
  const chosen = selection.value;
  const [asked, setAsked] = useState<Word | null>(null);
  if (chosen?.kind !== "zone") return null;
  const zone = screen.value?.zones.find(
    ({ view }) => view.zone === chosen.zone && view.agreement === chosen.agreement,
  );
  if (zone === undefined) return null;
  const ours = zone.view.owner === screen.value?.party;
  return (
    <section class="zone-card" aria-label={say(TEXTS, "zone")} data-zone={zone.view.zone}>
      <header>
        <h3>
          <bdi>{zone.name || zone.view.zone}</bdi> <Ltr class="zone-id">{zone.view.zone}</Ltr>
        </h3>
        <button
          type="button"
          aria-label={say(TEXTS, "close")}
          onClick={() => {
            selection.value = null;
          }}
        >
          ×
        </button>
      </header>
      <Facts zone={zone} />
      {ours && actsNow.value ? (
        <div class="zone-acts">
          {(["hot", "cold"] as const).map((word) => (
            <button key={word} type="button" data-act={word} onClick={() => setAsked(word)}>
              {say(TEXTS, word === "hot" ? "setHot" : "setCold")}
            </button>
          ))}
        </div>
      ) : (
        !ours && <p>{say(TEXTS, "notOurs", { owner: zone.view.owner ?? say(TEXTS, "nobody") })}</p>
      )}
      {asked !== null && <ActivityDialog zone={zone} word={asked} onClose={() => setAsked(null)} />}
    </section>
  );
}

/** Instants as a node writes them in its sentences. */
const INSTANTS = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

function Facts({ zone }: { zone: ZoneShown }) {
  const { view, detail } = zone;
  const alone = zone.agreed_by.length === 0;
  const parties = (alone ? zone.asserted_by : zone.agreed_by).join(", ");
  return (
    <>
      <p>
        {say(TEXTS, "shownAs")} <strong class={`zone-word zone-${view.shown}`}>{view.shown}</strong>
        {view.to_us !== null && <> · {say(TEXTS, "hours", { instant: instantText(view.to_us) })}</>}
      </p>
      <dl>
        <dt>{say(TEXTS, "activity")}</dt>
        <dd lang="en">{view.activity}</dd>
        <dt>{say(TEXTS, "promulgation")}</dt>
        <dd lang="en">{view.promulgation}</dd>
        <dt>{say(TEXTS, "owner")}</dt>
        <dd>
          <Ltr>{view.owner ?? say(TEXTS, "nobody")}</Ltr>
        </dd>
      </dl>
      <p>{say(TEXTS, alone ? "onlySays" : "agreedBy", { parties })}</p>
      <p>{say(TEXTS, "limits", { lower: detail.limits[0], upper: detail.limits[1] })}</p>
      {view.because.length > 0 && (
        <p class="zone-because" lang="en" dir="ltr">
          {view.because
            .join("; ")
            .replace(INSTANTS, (found) => instantText(Date.parse(found) * 1000))}
        </p>
      )}
      {view.activity === "unknown" && <p>{say(TEXTS, "undecided")}</p>}
    </>
  );
}

interface Given {
  zone: ZoneShown;
  word: Word;
  onClose: () => void;
}

function ActivityDialog({ zone, word, onClose }: Given) {
  const { agreement, zone: name } = zone.view;
  const line = screen.value?.agreements.find((each) => each.agreement === agreement)?.lines[0];
  const posts = postsFor(screen.value, agreement, line?.line ?? "");
  const [post, setPost] = useState(actingPost(agreement, line?.line ?? ""));
  const { doing, start } = useDoing();
  const slots = { zone: zone.name === "" ? name : `${zone.name} (${name})` };
  return (
    <ConfirmDialog
      open
      title={say(TEXTS, word === "hot" ? "setHot" : "setCold")}
      confirm={say(TEXTS, word === "hot" ? "setHotDo" : "setColdDo", slots)}
      busy={doing.at === "under way"}
      onConfirm={() =>
        start({ type: "set_activity", agreement, post, zone: name, activity: word }, onClose)
      }
      onClose={onClose}
    >
      <p>
        <strong>{slots.zone}</strong>
      </p>
      <p>{say(TEXTS, "told", slots)}</p>
      {word === "cold" && (
        <>
          <p>{say(TEXTS, "toldCold")}</p>
          <AlertsAbout agreement={agreement} zone={name} />
        </>
      )}
      <PostField label={say(TEXTS, "actsAs")} posts={posts} post={post} onChoose={setPost} />
      <Told doing={doing} />
    </ConfirmDialog>
  );
}

/** The open alerts about a zone; that there is none says nothing of who is in it. */
function AlertsAbout({ agreement, zone }: { agreement: string; zone: string }) {
  const view = screen.value?.alerts;
  const found = (view?.alerts ?? []).filter(
    (each) => each.object === zone && each.agreement === agreement,
  );
  const leftOut = view?.left_out ?? 0;
  if (found.length === 0 && leftOut === 0) return <p>{say(TEXTS, "noAlert")}</p>;
  return (
    <div class="zone-alerts">
      <p>
        <strong>{say(TEXTS, "alerts", { count: found.length })}</strong>
      </p>
      <ul>
        {found.map((each) => (
          <li key={each.key.join("#")}>
            <strong>{classWord(each.alert_class)}</strong> {kindWord(each)}{" "}
            <Ltr>{pairWord(each.aircraft)}</Ltr> {say(ALERTS, "raised")} {clockText(each.raised_us)}
            <NodeWords text={textOf(each.text)} />
          </li>
        ))}
      </ul>
      {leftOut > 0 && <p>{say(ALERTS, "leftOut", { count: leftOut })}</p>}
    </div>
  );
}
