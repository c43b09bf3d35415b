// Our own acts on a line: each is confirmed in a dialog that says when it takes effect, and for whom.
import { useState } from "preact/hooks";
import type { LineVector } from "../api/types";
import { ConfirmDialog, Ltr } from "../look/kit";
import { nowUs } from "../look/tick";
import { instantText } from "../look/units";
import { screen } from "../shell/state";
import { say } from "../text/language";
import { useDoing } from "./acting";
import { type ActKind, actBody, actEffect, noticeMin, whyNot } from "./acts";
import { PostField, TextField } from "./choices";
import { ownSide } from "./glance";
import { actingPost, choosePost, postsFor } from "./posts";
import { Told } from "./Told";
import { TEXTS } from "./texts";

const ALL: readonly ActKind[] = ["present", "leave", "test", "suspend", "resume", "withdraw"];

/** The row of our acts on a line. */
export function ActsPart({ vector }: { vector: LineVector }) {
  const [asked, setAsked] = useState<ActKind | null>(null);
  const side = ownSide(vector, screen.value?.party ?? "");
  if (side === undefined) return <p class="line-quiet">{say(TEXTS, "notOurLine")}</p>;
  const offered = ALL.filter((each) =>
    each === "resume" ? side.agreement !== "in force" || side.pending.length > 0 : true,
  );
  return (
    <section class="line-acts">
      <h3>{say(TEXTS, "ourActs")}</h3>
      <div class="line-acts-row">
        {offered.map((each) => (
          <button key={each} type="button" data-act={each} onClick={() => setAsked(each)}>
            {say(TEXTS, each)}
          </button>
        ))}
      </div>
      {asked !== null && <ActDialog kind={asked} vector={vector} onClose={() => setAsked(null)} />}
    </section>
  );
}

interface Given {
  kind: ActKind;
  vector: LineVector;
  onClose: () => void;
}

/** The confirmation of one act on a line. */
export function ActDialog({ kind, vector, onClose }: Given) {
  const { agreement, line } = vector;
  const posts = postsFor(screen.value, agreement, line);
  const [post, setPost] = useState(actingPost(agreement, line));
  const [reason, setReason] = useState("");
  const [immediate, setImmediate] = useState(false);
  const [named, setNamed] = useState("");
  const { doing, start } = useDoing();
  const others = vector.sides
    .map((side) => side.party)
    .filter((party) => party !== screen.value?.party);
  const lacking = whyNot(kind, { reason, named, line, post });
  const confirm = () => {
    const typed = { agreement, line, post, reason, immediate, to: others };
    if (kind === "present" || kind === "leave") choosePost(post);
    start(actBody(kind, typed, nowUs.value), onClose);
  };
  return (
    <ConfirmDialog
      open
      title={say(TEXTS, kind)}
      confirm={say(TEXTS, `${kind}Do`)}
      notNow={lacking === null ? "" : say(TEXTS, lacking)}
      busy={doing.at === "under way"}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        <Ltr>
          {line} · {agreement}
        </Ltr>
      </p>
      <p class="line-effect">{say(TEXTS, `${kind}Told`, { others: others.join(", "), line })}</p>
      <Effect kind={kind} immediate={immediate} />
      <PostField label={say(TEXTS, "actsAs")} posts={posts} post={post} onChoose={setPost} />
      {kind === "suspend" && <Notice immediate={immediate} onChoose={setImmediate} />}
      {(kind === "suspend" || kind === "withdraw" || kind === "resume") && (
        <TextField
          label={say(TEXTS, kind === "resume" ? "reasonMay" : "reasonWanted")}
          value={reason}
          onType={setReason}
        />
      )}
      {kind === "withdraw" && (
        <TextField
          label={say(TEXTS, "typeName", { line })}
          direction="ltr"
          value={named}
          onType={setNamed}
        />
      )}
      <Told doing={doing} />
    </ConfirmDialog>
  );
}

/** When the act takes effect, and what passes meanwhile. */
function Effect({ kind, immediate }: { kind: ActKind; immediate: boolean }) {
  const effectUs = actEffect(kind, immediate, nowUs.value);
  return (
    <>
      {effectUs !== null && (
        <p class="line-effect">
          {say(TEXTS, "takesEffect")} <Ltr class="line-instant">{instantText(effectUs)}</Ltr>
          {kind === "suspend" && !immediate && ` ${say(TEXTS, "clauseMay", noticeMin())}`}
        </p>
      )}
      {(kind === "suspend" || kind === "withdraw") && (
        <p class="line-effect">{say(TEXTS, "lifePasses")}</p>
      )}
    </>
  );
}

function Notice({
  immediate,
  onChoose,
}: {
  immediate: boolean;
  onChoose: (immediate: boolean) => void;
}) {
  return (
    <fieldset class="line-notice">
      <legend>{say(TEXTS, "whenLegend")}</legend>
      <label>
        <input type="radio" name="notice" checked={!immediate} onChange={() => onChoose(false)} />{" "}
        {say(TEXTS, "byNotice", noticeMin())}
      </label>
      <label>
        <input type="radio" name="notice" checked={immediate} onChange={() => onChoose(true)} />{" "}
        {say(TEXTS, "atOnce")}
      </label>
    </fieldset>
  );
}
