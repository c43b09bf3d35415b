// Who this browser is at this node: look only, or act; signing in by a token, and out.
import { useState } from "preact/hooks";
import { Field } from "../look/kit";
import { spanText } from "../look/units";
import { session } from "../shell/state";
import { say } from "../text/language";
import { Outcome } from "./Outcome";
import { type Open, signIn, signOut, type Tried, tried } from "./room";
import { TEXTS, type TextKey } from "./texts";

/** What stands in the dialog of the session. */
export function SessionPart({ onShow }: { onShow: (what: Open) => void }) {
  const who = session.value;
  if (who === null) return <p role="status">{say(TEXTS, "toldUnknown")}</p>;
  const signed = who.signed_in;
  const told: TextKey =
    who.role === "operator"
      ? signed
        ? "toldOperator"
        : "toldDemo"
      : signed
        ? "toldObserver"
        : "toldNobody";
  return (
    <>
      <p>{say(TEXTS, told, { party: who.party })}</p>
      {who.ends_in_s !== null && <p>{say(TEXTS, "endsIn", { span: spanText(who.ends_in_s) })}</p>}
      {(who.role !== "operator" || !signed) && <TokenForm />}
      <h3>{say(TEXTS, "peopleTitle")}</h3>
      <p class="kit-hint">{say(TEXTS, "peopleTold")}</p>
      <div class="kit-buttons">
        <button type="button" onClick={() => onShow("sign")}>
          {say(TEXTS, "toSign")}
        </button>
        <button type="button" onClick={() => onShow("enrol")}>
          {say(TEXTS, "toEnrol")}
        </button>
        {signed && <LeaveButton />}
      </div>
    </>
  );
}

function TokenForm() {
  const [token, setToken] = useState("");
  const [became, setBecame] = useState<Tried>({ at: "ready" });
  const send = async (): Promise<void> => {
    if (became.at === "under way" || token.trim() === "") return;
    setBecame({ at: "under way" });
    const now = await tried(() => signIn(token.trim()));
    setToken("");
    setBecame(now);
  };
  return (
    <form
      class="sign-form"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Field label={say(TEXTS, "token")} hint={say(TEXTS, "tokenHint")}>
        {(carried) => (
          <input
            {...carried}
            type="password"
            dir="ltr"
            autocomplete="off"
            spellcheck={false}
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        )}
      </Field>
      <Outcome of={became} done={say(TEXTS, "signedIn")} />
      <div class="kit-buttons">
        <button type="submit" class="kit-do" disabled={token.trim() === ""}>
          {say(TEXTS, "signIn")}
        </button>
      </div>
    </form>
  );
}

function LeaveButton() {
  const [became, setBecame] = useState<Tried>({ at: "ready" });
  return (
    <>
      <button type="button" onClick={() => void tried(signOut).then(setBecame)}>
        {say(TEXTS, "signOut")}
      </button>
      <Outcome of={became} done={say(TEXTS, "signedOut")} />
    </>
  );
}
