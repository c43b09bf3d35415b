// What else may be done about a message: correct or cancel an own one, ask about another's, translate,
// open a guarded one, enter a call about it. Each opens a form or a question; none acts by itself.
import { useState } from "preact/hooks";
import type { MessageView } from "../api/types";
import { useDoing } from "../line/acting";
import { TextField } from "../line/choices";
import { actingPost } from "../line/posts";
import { Told } from "../line/Told";
import { ConfirmDialog, Field, Ltr } from "../look/kit";
import { screen } from "../shell/state";
import { say } from "../text/language";
import { beginCall } from "./calling";
import { composing, draft, draftAbout, keep, sending } from "./draft";
import { TEXTS } from "./texts";

/** The row of acts about one message. */
export function MessageActs({ view }: { view: MessageView }) {
  const [asked, setAsked] = useState<"translate" | "open" | null>(null);
  const own = view.party === screen.value?.party;
  const stands = view.over_text === "";
  const write = (type: string) => {
    // A message whose sending is not known must not be written over.
    if (sending.value.at !== "under way" && sending.value.at !== "not known") {
      keep(draftAbout(screen.value, view, type));
    }
    composing.value = true;
  };
  return (
    <div class="hot-acts">
      {own && stands && (
        <>
          <button type="button" data-act="correct" onClick={() => write("correction")}>
            {say(TEXTS, "correct")}
          </button>
          <button type="button" data-act="cancel" onClick={() => write("cancel")}>
            {say(TEXTS, "cancelIt")}
          </button>
        </>
      )}
      {!own && (
        <button type="button" onClick={() => write("clarify.request")}>
          {say(TEXTS, "askToClarify")}
        </button>
      )}
      {view.reading === "guarded" && !own && (
        <button type="button" data-act="open" onClick={() => setAsked("open")}>
          {say(TEXTS, "openIt")}
        </button>
      )}
      {view.reading !== "sealed" && view.reading !== "destroyed" && (
        <button type="button" data-act="translate" onClick={() => setAsked("translate")}>
          {say(TEXTS, "translate")}
        </button>
      )}
      <button type="button" onClick={() => beginCall(screen.value, view)}>
        {say(TEXTS, "callAbout")}
      </button>
      {asked === "translate" && <TranslateDialog view={view} onClose={() => setAsked(null)} />}
      {asked === "open" && <OpenDialog view={view} onClose={() => setAsked(null)} />}
      {draft.value !== null && <span class="hot-quiet">{say(TEXTS, "draftKept")}</span>}
    </div>
  );
}

interface Given {
  view: MessageView;
  onClose: () => void;
}

function TranslateDialog({ view, onClose }: Given) {
  const [tongue, setTongue] = useState("");
  const [text, setText] = useState("");
  const [how, setHow] = useState<"person" | "machine">("person");
  const { doing, start } = useDoing();
  const post = actingPost(view.agreement, view.line);
  const lacking = text.trim() === "" || tongue.trim() === "";
  return (
    <ConfirmDialog
      open
      title={say(TEXTS, "translate")}
      confirm={say(TEXTS, "translateDo")}
      notNow={lacking ? say(TEXTS, "translateLacks") : ""}
      busy={doing.at === "under way"}
      onClose={onClose}
      onConfirm={() =>
        start(
          { type: "add_translation", ref: view.key, post, language: tongue.trim(), text, how },
          onClose,
        )
      }
    >
      <p>{say(TEXTS, "translateTold")}</p>
      <p class="hot-said">
        <bdi dir="auto">{view.text}</bdi>
      </p>
      <Field label={say(TEXTS, "translateInto")}>
        {(carried) => (
          <input
            {...carried}
            dir="ltr"
            list="hot-languages"
            maxLength={12}
            value={tongue}
            onInput={(event) => setTongue(event.currentTarget.value)}
          />
        )}
      </Field>
      <datalist id="hot-languages">
        <option value="en" />
        <option value="ru" />
        <option value="ar" />
      </datalist>
      <Field label={say(TEXTS, "translation")}>
        {(carried) => (
          <textarea
            {...carried}
            dir="auto"
            maxLength={4000}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      <label>
        <input
          type="checkbox"
          checked={how === "machine"}
          onChange={(event) => setHow(event.currentTarget.checked ? "machine" : "person")}
        />{" "}
        {say(TEXTS, "byMachine")}
      </label>
      <p class="hot-quiet">
        {say(TEXTS, "actsAs")} <Ltr>{post}</Ltr>
      </p>
      <Told doing={doing} />
    </ConfirmDialog>
  );
}

function OpenDialog({ view, onClose }: Given) {
  const [purpose, setPurpose] = useState("");
  const { doing, start } = useDoing();
  const post = actingPost(view.agreement, view.line);
  return (
    <ConfirmDialog
      open
      title={say(TEXTS, "openIt")}
      confirm={say(TEXTS, "openDo")}
      busy={doing.at === "under way"}
      onClose={onClose}
      onConfirm={() => start({ type: "open_payload", ref: view.key, post, purpose }, onClose)}
    >
      <p>{say(TEXTS, "openTold")}</p>
      <TextField label={say(TEXTS, "purpose")} length={200} value={purpose} onType={setPurpose} />
      <p class="hot-quiet">
        {say(TEXTS, "actsAs")} <Ltr>{post}</Ltr>
      </p>
      <Told doing={doing} />
    </ConfirmDialog>
  );
}
