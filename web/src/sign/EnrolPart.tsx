// Who may sign for this party, and letting one more: by a passkey, or by a key file of their own.
import { useState } from "preact/hooks";
import { act } from "../api/client";
import type { PasskeyBegun } from "../api/types";
import { postShown } from "../line/posts";
import { Chip, Field, Ltr } from "../look/kit";
import { liveScreen, mayAct, session } from "../shell/state";
import { say } from "../text/language";
import type { Bytes } from "../verify/bytes";
import { Outcome } from "./Outcome";
import { type Enrolling, makePasskey, passkeyHere } from "./passkey";
import { enrolmentMessage, isPseudonym, personKey, readKeyFile } from "./person";
import { askPeople, type Open, passkeys, people, type Tried, tried } from "./room";
import { Choice, KeyFile, NoPasskeys } from "./Signer";
import { TEXTS, type TextKey } from "./texts";

/** What stands in the dialog of people. */
export function EnrolPart({ onShow }: { onShow: (what: Open) => void }) {
  return (
    <>
      <PeopleList />
      {mayAct.value ? <EnrolForm /> : <p role="alert">{say(TEXTS, "actorsOnly")}</p>}
      <div class="kit-buttons">
        <button type="button" onClick={() => onShow("sign")}>
          {say(TEXTS, "toSign")}
        </button>
      </div>
    </>
  );
}

function PeopleList() {
  const own = people.value.filter((each) => each.party === session.value?.party);
  if (own.length === 0) return <p>{say(TEXTS, "nobodyYet")}</p>;
  return (
    <ul aria-label={say(TEXTS, "enrolTitle")}>
      {own.map((each) => (
        <li key={`${each.agreement} ${each.operator}`}>
          <Ltr>
            {each.operator}: {each.posts.join(", ")} ({each.agreement})
          </Ltr>{" "}
          {each.counts ? (
            <Chip tone="good">{say(TEXTS, "maySign")}</Chip>
          ) : (
            <Chip tone="off">
              {say(TEXTS, "mayNotSign")} <Ltr>{each.why}</Ltr>
            </Chip>
          )}{" "}
          {passkeys.value.some((key) => key.key === each.key) && (
            <Chip>{say(TEXTS, "withPasskey")}</Chip>
          )}
        </li>
      ))}
    </ul>
  );
}

function EnrolForm() {
  const agreements = liveScreen.value?.agreements ?? [];
  const party = session.value?.party ?? "";
  const [name, setName] = useState("");
  const [under, setUnder] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const agreement = agreements.find((each) => each.agreement === under) ?? agreements[0];
  const offered = agreement?.parties.find((each) => each.party === party)?.posts ?? [];
  const posts = offered.filter((each) => chosen.includes(each));
  if (agreement === undefined) return null;
  const who: Enrolling = {
    party,
    agreement: agreement.agreement,
    operator: name,
    post: offered.includes(postShown.value) ? postShown.value : (offered[0] ?? ""),
    posts,
  };
  return (
    <div class="sign-form">
      <h3>{say(TEXTS, "enrolOne")}</h3>
      <p class="kit-hint">{say(TEXTS, "enrolTold", { post: who.post })}</p>
      <Field label={say(TEXTS, "pseudonym")} hint={say(TEXTS, "pseudonymHint")}>
        {(carried) => (
          <input
            {...carried}
            dir="ltr"
            maxLength={64}
            autocomplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={say(TEXTS, "agreement")}>
        {(carried) => (
          <Choice
            carried={carried}
            value={agreement.agreement}
            onChange={setUnder}
            options={agreements.map((each) => each.agreement)}
          />
        )}
      </Field>
      <fieldset>
        <legend>{say(TEXTS, "posts")}</legend>
        {offered.map((post) => (
          <label key={post} class="sign-post">
            <input
              type="checkbox"
              checked={posts.includes(post)}
              onChange={(event) => {
                const rest = chosen.filter((each) => each !== post);
                setChosen(event.currentTarget.checked ? [...rest, post] : rest);
              }}
            />{" "}
            <bdi>{post}</bdi>
          </label>
        ))}
      </fieldset>
      <EnrolBy who={who} />
    </div>
  );
}

function EnrolBy({ who }: { who: Enrolling }) {
  const [became, setBecame] = useState<Tried>({ at: "ready" });
  const [fault, setFault] = useState<TextKey | null>(null);
  const here = passkeyHere();
  const ready = isPseudonym(who.operator) && who.posts.length > 0;
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    if (became.at === "under way") return;
    setFault(null);
    setBecame({ at: "under way" });
    setBecame(await tried(work));
    void tried(askPeople);
  };
  const byPasskey = async (): Promise<unknown> => {
    const begun = await act<PasskeyBegun>("/api/passkeys/begin", { operator: who.operator });
    return act("/api/passkeys", await makePasskey(begun, who));
  };
  const byFile = async (data: Bytes): Promise<void> => {
    const seed = readKeyFile(data, who.party);
    if (typeof seed === "string") return setFault(seed);
    if (who.operator !== "" && seed.operator !== who.operator) return setFault("otherPerson");
    if (who.posts.length === 0) return setFault("noPosts");
    const key = await personKey(seed);
    const possession = await key.sign(
      enrolmentMessage(who.party, seed.operator, key.vkey, who.posts),
    );
    const { agreement, post, posts } = who;
    const body = { agreement, post, posts, operator: seed.operator, key: key.vkey, possession };
    await run(() => act("/api/operators", body));
  };
  return (
    <>
      {here === "usable" ? (
        <button type="button" class="kit-do" disabled={!ready} onClick={() => void run(byPasskey)}>
          {say(TEXTS, "enrolByPasskey")}
        </button>
      ) : (
        <NoPasskeys why={here} />
      )}
      <KeyFile label={say(TEXTS, "enrolByFile")} onData={byFile} />
      {fault !== null && (
        <p class="kit-fault" role="alert">
          {say(TEXTS, fault)}
        </p>
      )}
      <Outcome of={became} done={say(TEXTS, "enrolled")} />
    </>
  );
}
