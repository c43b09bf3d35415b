// The card of the chosen zone: both its states, whose word they are, and our own word about it.
import { useState } from "preact/hooks";
import type { ZoneShown } from "../api/types";
import { useDoing } from "../line/acting";
import { PostField } from "../line/choices";
import { actingPost, postsFor } from "../line/posts";
import { Told } from "../line/Told";
import { ConfirmDialog, Ltr } from "../look/kit";
import { instantText } from "../look/units";
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
          {view.because.join("; ")}
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
  const slots = { zone: name };
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
      <p>{say(TEXTS, "told", slots)}</p>
      {word === "cold" && <p>{say(TEXTS, "toldCold")}</p>}
      <PostField label={say(TEXTS, "actsAs")} posts={posts} post={post} onChoose={setPost} />
      <Told doing={doing} />
    </ConfirmDialog>
  );
}
