// Writing a message: its type, to whom, its fields; how it will read; then one button that sends it.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { composeAbout } from "../alerts/compose";
import { LineField, PostField, TextField } from "../line/choices";
import { ownLines, postsFor } from "../line/posts";
import { Dialog, Field, Ltr } from "../look/kit";
import { bare } from "../look/units";
import { actsNow, screen } from "../shell/state";
import { MESSAGE_TYPES } from "../terms/norms";
import { language, say } from "../text/language";
import { ComposeFields } from "./ComposeFields";
import { ComposeSend } from "./ComposeSend";
import { COMPOSE_TEXTS } from "./composetexts";
import {
  changeDraft,
  composing,
  type Draft,
  discard,
  draft,
  emptyDraft,
  keep,
  onlyOther,
  sending,
} from "./draft";
import { withCode } from "./phrase";
import { CLASSES } from "./ranks";
import { aside } from "./room";
import { TypePicker } from "./TypePicker";

/** Opens the composer, with the draft that is kept or an empty one. */
export function openComposer(): void {
  if (draft.value === null) keep(emptyDraft(screen.value));
  composing.value = true;
}

/** Takes what the alert room wants written about an alert, unless something is under way. */
function takeAbout(): void {
  const about = composeAbout.value;
  if (about === null) return;
  composeAbout.value = null;
  if (sending.value.at === "writing" || sending.value.at === "not there") {
    const empty = emptyDraft(screen.value, { agreement: about.agreement });
    // What the screen shows has isolates in it; what is sent must not.
    const fields = Object.fromEntries(
      Object.entries(about.fields).map(([name, value]) => [name, bare(value)]),
    );
    keep({
      ...empty,
      to: about.to.length > 0 ? about.to : empty.to,
      type: about.messageType,
      fields,
      about: { log: about.log, index: about.index, what: "alert" },
    });
  }
  composing.value = true;
}

/** The composer; it steps aside while something is chosen on the map. */
export function ComposeDialog() {
  const about = composeAbout.value;
  useEffect(() => {
    if (about !== null) takeAbout();
  }, [about]);
  const now = draft.value;
  if (!composing.value || now === null || aside.value) return null;
  return (
    <Dialog
      open
      title={say(COMPOSE_TEXTS, "write")}
      class="hot-composer"
      onClose={() => {
        composing.value = false;
      }}
    >
      <Form now={now} />
    </Dialog>
  );
}

function Form({ now }: { now: Draft }) {
  const rest = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // At once, as the fields appear: what is typed next belongs into the first of them.
    const first = rest.current?.querySelector<HTMLElement>(".hot-form-fields input, textarea");
    // A dialog that is only about to open takes no focus yet: it looks for this mark.
    first?.setAttribute("data-first", "");
    first?.focus();
  }, [now.type]);
  const frozen = sending.value.at === "under way" || sending.value.at === "not known";
  if (!actsNow.value) return <p>{say(COMPOSE_TEXTS, "notNow")}</p>;
  return (
    <>
      <fieldset class="hot-form" disabled={frozen}>
        <legend class="unseen">{say(COMPOSE_TEXTS, "write")}</legend>
        <div class="hot-form-type">
          <TypePicker chosen={now.type} onChoose={(type) => changeDraft({ type })} />
        </div>
        <div class="hot-form-rest" ref={rest}>
          {now.type === "" ? (
            <p class="hot-quiet">{say(COMPOSE_TEXTS, "typeFirst")}</p>
          ) : (
            <>
              <TypeHead now={now} />
              <Whom now={now} />
              <ComposeFields now={now} />
              <More now={now} />
            </>
          )}
        </div>
      </fieldset>
      <ComposeSend now={now} />
      <p class="hot-compose-foot">
        <button
          type="button"
          disabled={frozen}
          onClick={() => {
            composing.value = false;
            discard();
          }}
        >
          {say(COMPOSE_TEXTS, "discard")}
        </button>{" "}
        <span class="hot-quiet">{say(COMPOSE_TEXTS, "keptTold")}</span>
      </p>
    </>
  );
}

function TypeHead({ now }: { now: Draft }) {
  const kind = MESSAGE_TYPES[now.type];
  if (kind === undefined) return null;
  const suspended = screen.value?.lines.some(
    (each) =>
      each.agreement === now.agreement && each.line === now.line && each.glance === "SUSPENDED",
  );
  const tongue = language.value;
  return (
    <header class="hot-form-head">
      <h3>
        <Ltr>{kind.name}</Ltr>{" "}
        <span class="hot-quiet">{withCode("class", kind.class, tongue)}</span>
      </h3>
      {kind.life_safety && <p>{say(COMPOSE_TEXTS, "lifeSafety")}</p>}
      {suspended && !kind.life_safety && <p class="hot-warn">{say(COMPOSE_TEXTS, "suspended")}</p>}
      {kind.guarded && <p class="hot-warn">{say(COMPOSE_TEXTS, "guarded")}</p>}
      {now.about !== null && (
        <p>
          {say(COMPOSE_TEXTS, "about")}{" "}
          <Ltr>
            {now.about.what} {now.about.log.split("/").slice(2).join("/")} #{now.about.index}
          </Ltr>{" "}
          {!kind.about && (
            <button type="button" class="line-link" onClick={() => changeDraft({ about: null })}>
              {say(COMPOSE_TEXTS, "withoutAbout")}
            </button>
          )}
        </p>
      )}
      {kind.about && now.about === null && <AboutPicker now={now} />}
    </header>
  );
}

/** Which message it is about, where its type is nothing without one. */
function AboutPicker({ now }: { now: Draft }) {
  const own = screen.value?.party ?? "";
  const ours = ["correction", "cancel", "objection.withdraw"].includes(now.type);
  const fit = (screen.value?.messages ?? []).filter(
    (view) => view.agreement === now.agreement && (view.party === own) === ours,
  );
  return (
    <Field label={say(COMPOSE_TEXTS, "aboutWhich")}>
      {(carried) => (
        <select
          {...carried}
          value=""
          onChange={(event) => {
            const view = fit[Number(event.currentTarget.value)];
            if (view === undefined) return;
            const [log, index] = view.key;
            changeDraft({ about: { log, index, what: view.message_type } });
          }}
        >
          <option value="">{say(COMPOSE_TEXTS, "choose")}</option>
          {fit.slice(0, 40).map((view, place) => (
            <option key={view.key.join("#")} value={place}>
              {view.message_type} {view.party} #{view.key[1]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Whom({ now }: { now: Draft }) {
  const view = screen.value;
  const lines = ownLines(view);
  const chosen = lines.find(
    (each) => each.agreement === now.agreement && each.line.line === now.line,
  );
  const others = (chosen?.line.parties ?? []).filter((party) => party !== view?.party);
  const posts = postsFor(view, now.agreement, now.line);
  return (
    <div class="hot-form-row">
      <LineField
        label={say(COMPOSE_TEXTS, "line")}
        agreement={now.agreement}
        line={now.line}
        onChoose={(agreement, line, parties) =>
          changeDraft({
            agreement,
            line,
            to: onlyOther(parties, view?.party ?? ""),
            post: postsFor(view, agreement, line)[0] ?? "",
          })
        }
      />
      <fieldset class="hot-to">
        <legend>{say(COMPOSE_TEXTS, "to")}</legend>
        {others.map((party) => (
          <label key={party}>
            <input
              type="checkbox"
              checked={now.to.includes(party)}
              onChange={(event) =>
                changeDraft({
                  to: event.currentTarget.checked
                    ? [...now.to, party]
                    : now.to.filter((each) => each !== party),
                })
              }
            />{" "}
            <Ltr>{party}</Ltr>
          </label>
        ))}
      </fieldset>
      <PostField
        label={say(COMPOSE_TEXTS, "post")}
        posts={posts}
        post={now.post}
        onChoose={(post) => changeDraft({ post })}
      />
    </div>
  );
}

function More({ now }: { now: Draft }) {
  const tongue = language.value;
  return (
    <>
      <div class="hot-form-row">
        <Field label={say(COMPOSE_TEXTS, "class")}>
          {(carried) => (
            <select
              {...carried}
              value={now.messageClass}
              onChange={(event) => changeDraft({ messageClass: event.currentTarget.value })}
            >
              <option value="">{say(COMPOSE_TEXTS, "classOfType")}</option>
              {CLASSES.map((each) => (
                <option key={each} value={each}>
                  {withCode("class", each, tongue)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <TextField
          label={say(COMPOSE_TEXTS, "validMin")}
          direction="ltr"
          length={8}
          value={now.validMin}
          onType={(validMin) => changeDraft({ validMin })}
        />
        <Field label={say(COMPOSE_TEXTS, "status")}>
          {(carried) => (
            <select
              {...carried}
              value={now.status}
              onChange={(event) =>
                changeDraft({ status: event.currentTarget.value as Draft["status"] })
              }
            >
              {(["actual", "exercise", "test"] as const).map((each) => (
                <option key={each} value={each}>
                  {say(COMPOSE_TEXTS, each)}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <div class="hot-form-ticks">
        <label>
          <input
            type="checkbox"
            checked={now.wantsAnswer}
            onChange={(event) => changeDraft({ wantsAnswer: event.currentTarget.checked })}
          />{" "}
          {say(COMPOSE_TEXTS, "wantsAnswer")}
        </label>
        <label>
          <input
            type="checkbox"
            checked={now.addresseesOnly}
            onChange={(event) => changeDraft({ addresseesOnly: event.currentTarget.checked })}
          />{" "}
          {say(COMPOSE_TEXTS, "addresseesOnly")}
        </label>
      </div>
    </>
  );
}
