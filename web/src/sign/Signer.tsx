// Who signs what is shown, at which post, and by what: a passkey that is kept here, or a key file.
import { useId, useState } from "preact/hooks";
import { act } from "../api/client";
import type { OperatorView } from "../api/types";
import { refreshSoon } from "../live/link";
import { Field } from "../look/kit";
import { session } from "../shell/state";
import { say } from "../text/language";
import type { Bytes } from "../verify/bytes";
import { Outcome } from "./Outcome";
import { namedAddress, passkeyHere, signByPasskey } from "./passkey";
import { actMessage, personKey, readKeyFile } from "./person";
import { askPeople, type Open, passkeys, signersOf, type Tried, tried } from "./room";
import type { Shown } from "./shown";
import { TEXTS, type TextKey } from "./texts";

interface SignerProps {
  shown: Shown;
  people: readonly OperatorView[];
  agreement: string;
  onShow: (what: Open) => void;
}

/** The choice of a person and the buttons that sign. */
export function Signer({ shown, people, agreement, onShow }: SignerProps) {
  const signers = signersOf(people, session.value?.party ?? "", agreement);
  const [name, setName] = useState("");
  const [post, setPost] = useState("");
  const chosen = signers.find((each) => each.operator === name) ?? signers[0];
  if (chosen === undefined) {
    return (
      <p>
        {say(TEXTS, "noPeople")}{" "}
        <button type="button" onClick={() => onShow("enrol")}>
          {say(TEXTS, "toEnrol")}
        </button>
      </p>
    );
  }
  const at = chosen.posts.includes(post) ? post : (chosen.posts[0] ?? "");
  return (
    <div class="sign-form">
      <Field label={say(TEXTS, "person")}>
        {(carried) => (
          <Choice
            carried={carried}
            value={chosen.operator}
            onChange={setName}
            options={signers.map((each) => each.operator)}
          />
        )}
      </Field>
      <Field label={say(TEXTS, "atPost")}>
        {(carried) => (
          <Choice carried={carried} value={at} onChange={setPost} options={chosen.posts} />
        )}
      </Field>
      <SignBy shown={shown} person={chosen} post={at} />
    </div>
  );
}

interface ChoiceProps {
  carried: { id: string };
  value: string;
  options: readonly string[];
  onChange: (value: string) => void;
}

/** A list to choose a name from. */
export function Choice({ carried, value, options, onChange }: ChoiceProps) {
  return (
    <select
      {...carried}
      dir="ltr"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {options.map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}

function SignBy({ shown, person, post }: { shown: Shown; person: OperatorView; post: string }) {
  const [became, setBecame] = useState<Tried>({ at: "ready" });
  const [fault, setFault] = useState<TextKey | null>(null);
  const guarding = passkeys.value.filter((each) => each.key === person.key);
  const here = passkeyHere();
  const message = actMessage(shown);
  const ref: [string, number] = [shown.log, shown.index];
  const signed = { ref, post, operator: person.operator };
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    if (became.at === "under way") return;
    setFault(null);
    setBecame({ at: "under way" });
    setBecame(await tried(work));
    refreshSoon();
    void tried(askPeople);
  };
  const byPasskey = async (): Promise<unknown> =>
    act("/api/passkeys/sign", await signByPasskey(guarding, message, signed));
  const byFile = async (data: Bytes): Promise<void> => {
    const seed = readKeyFile(data, session.value?.party ?? "");
    if (typeof seed === "string") return setFault(seed);
    if (seed.operator !== person.operator) return setFault("otherPerson");
    const key = await personKey(seed);
    if (key.vkey !== person.key) return setFault("otherKey");
    await run(async () => act("/api/acts/sign", { ...signed, signature: await key.sign(message) }));
  };
  return (
    <>
      {guarding.length === 0 ? (
        <KeyFile label={say(TEXTS, "signByFile", { person: person.operator })} onData={byFile} />
      ) : here === "usable" ? (
        <button type="button" class="kit-do" onClick={() => void run(byPasskey)}>
          {say(TEXTS, "signByPasskey", { person: person.operator })}
        </button>
      ) : (
        <NoPasskeys why={here} />
      )}
      {fault !== null && (
        <p class="kit-fault" role="alert">
          {say(TEXTS, fault)}
        </p>
      )}
      <Outcome of={became} done={say(TEXTS, "signedBy", { person: person.operator })} />
    </>
  );
}

/** Why no passkey can be used on this page, and where it can. */
export function NoPasskeys({ why }: { why: "noPasskeys" | "notAtAnAddress" }) {
  return (
    <p>
      {say(TEXTS, why)}{" "}
      {why === "notAtAnAddress" && (
        <a href={namedAddress()}>
          <bdi dir="ltr">{namedAddress()}</bdi>
        </a>
      )}
    </p>
  );
}

/** A key file to choose: read here, never sent. */
export function KeyFile({ label, onData }: { label: string; onData: (data: Bytes) => void }) {
  const id = useId();
  return (
    <p>
      <label for={id}>{label}</label>{" "}
      <input
        id={id}
        type="file"
        onChange={(event) => {
          const input = event.currentTarget;
          const file = input.files?.[0];
          if (!file || file.size > 4096) return onData(new Uint8Array(0));
          void file.arrayBuffer().then((data) => {
            // Chosen again for the next signature: nobody signs by what somebody left here.
            input.value = "";
            onData(new Uint8Array(data));
          });
        }}
      />
      <span class="kit-hint"> {say(TEXTS, "fileHint")}</span>
    </p>
  );
}
