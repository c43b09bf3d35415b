// The vector as tables: per party what it declared and who is there, per way link, tests and use.
import type { Direction, LineVector, Pending, PostPresence, Side, TestAge } from "../api/types";
import { instantText, spanText } from "../look/units";
import { language, say } from "../text/language";
import { EntryLink } from "./EntryLink";
import { wordOf } from "./glance";
import { TEXTS } from "./texts";

/** An instant with how long ago it was, seen from the instant that is shown. */
export function Since({ atUs, nowUs }: { atUs: number | null; nowUs: number }) {
  if (atUs === null) return <>{say(TEXTS, "never")}</>;
  const apart_s = (nowUs - atUs) / 1e6;
  const age = spanText(Math.abs(apart_s));
  return (
    <span class="line-since">
      <bdi dir="ltr">{instantText(atUs)}</bdi>{" "}
      <span class="line-quiet">({say(TEXTS, apart_s >= 0 ? "ago" : "ahead", { age })})</span>
    </span>
  );
}

/** The tables of one vector. */
export function VectorPart({ vector, past }: { vector: LineVector; past: boolean }) {
  const pending = vector.sides.flatMap((side) =>
    side.pending.map((each) => ({ party: side.party, each })),
  );
  return (
    <>
      <div class="line-scroll">
        <table class="line-table">
          <caption>{say(TEXTS, "perParty")}</caption>
          <thead>
            <tr>
              <th scope="col">{say(TEXTS, "party")}</th>
              <th scope="col">{say(TEXTS, "agreement")}</th>
              <th scope="col">{say(TEXTS, "linkSeen", { viewer: vector.viewer })}</th>
              <th scope="col">{say(TEXTS, "attended")}</th>
              <th scope="col">{say(TEXTS, "use")}</th>
            </tr>
          </thead>
          <tbody>
            {vector.sides.map((side) => (
              <SideRow key={side.party} side={side} vector={vector} past={past} />
            ))}
          </tbody>
        </table>
      </div>
      {pending.length > 0 && (
        <section class="line-pending">
          <h3>{say(TEXTS, "pending")}</h3>
          <ul>
            {pending.map(({ party, each }) => (
              <li key={each.by.join("#")}>
                <PendingRow party={party} pending={each} nowUs={vector.at_us} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <div class="line-scroll">
        <table class="line-table">
          <caption>{say(TEXTS, "perWay")}</caption>
          <thead>
            <tr>
              <th scope="col">{say(TEXTS, "way")}</th>
              <th scope="col">{say(TEXTS, "link")}</th>
              <th scope="col">{say(TEXTS, "machineTest")}</th>
              <th scope="col">{say(TEXTS, "personTest")}</th>
              <th scope="col">{say(TEXTS, "use")}</th>
            </tr>
          </thead>
          <tbody>
            {vector.directions.map((way) => (
              <WayRow key={`${way.sender}>${way.receiver}`} way={way} vector={vector} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** A party's row. Of the past only the link's word is known, and not when anybody was heard. */
function SideRow({ side, vector, past }: { side: Side; vector: LineVector; past: boolean }) {
  const tongue = language.value;
  const viewer = side.party === vector.viewer;
  return (
    <tr>
      <th scope="row">
        <bdi dir="ltr">{side.party}</bdi>
        {side.languages.length > 0 && (
          <div class="line-quiet">
            <bdi dir="ltr">{side.languages.join(", ")}</bdi>
          </div>
        )}
      </th>
      <td data-label={say(TEXTS, "agreement")}>
        <AgreementCell side={side} nowUs={vector.at_us} />
      </td>
      <td data-label={say(TEXTS, "linkSeen", { viewer: vector.viewer })}>
        {viewer ? (
          <span class="line-quiet">{say(TEXTS, "ourselves")}</span>
        ) : (
          <>
            <strong>{wordOf("link", side.link, tongue)}</strong>
            {(!past || side.link === "down") && (
              <div>
                {say(TEXTS, past ? "since" : "lastHeard")}{" "}
                <Since atUs={side.heard_us} nowUs={vector.at_us} />
              </div>
            )}
          </>
        )}
      </td>
      <td data-label={say(TEXTS, "attended")}>
        <strong>{wordOf("attended", side.attended, tongue)}</strong>
        {side.posts.map((each) => (
          <Post key={each.post} presence={each} nowUs={vector.at_us} />
        ))}
      </td>
      <td data-label={say(TEXTS, "use")}>
        {say(TEXTS, "lastUsed")} <Since atUs={side.used_last_us} nowUs={vector.at_us} />
        <div>{say(TEXTS, "in24h", { count: side.used_24h_count })}</div>
      </td>
    </tr>
  );
}

function AgreementCell({ side, nowUs }: { side: Side; nowUs: number }) {
  return (
    <>
      <strong>{wordOf("agreement", side.agreement, language.value)}</strong>
      {side.agreement_since_us !== null && (
        <div>
          {say(TEXTS, "since")} <Since atUs={side.agreement_since_us} nowUs={nowUs} />
        </div>
      )}
      {side.agreement_post !== "" && (
        <div>
          {say(TEXTS, "byPost", { post: side.agreement_post })} <EntryLink at={side.agreement_by} />
        </div>
      )}
      {side.agreement_reason !== "" && (
        <div>
          {say(TEXTS, "reason")}: <bdi dir="auto">{side.agreement_reason}</bdi>
        </div>
      )}
      {side.agreement_because === "the agreement as a whole" && (
        <div>{say(TEXTS, "wholeAgreement")}</div>
      )}
      {side.agreement_signing !== "" && (
        <div class={side.agreement_signing === "single-signed" ? "line-warn" : ""}>
          {say(TEXTS, side.agreement_signing === "two people" ? "twoPeople" : "singleSigned")}
        </div>
      )}
      {side.second_due_us !== null && (
        <div>
          {say(TEXTS, "secondDue")} <Since atUs={side.second_due_us} nowUs={nowUs} />
        </div>
      )}
    </>
  );
}

const PRESENCE = ["present", "left", "lapsed"] as const;

function Post({ presence, nowUs }: { presence: PostPresence; nowUs: number }) {
  const known = PRESENCE.find((each) => each === presence.word);
  return (
    <div>
      <bdi dir="ltr">{presence.post}</bdi>: {known ? say(TEXTS, `${known}Word`) : presence.word}{" "}
      <Since atUs={presence.since_us} nowUs={nowUs} /> <EntryLink at={presence.by} />
    </div>
  );
}

function PendingRow({ party, pending, nowUs }: { party: string; pending: Pending; nowUs: number }) {
  const waits = /^signatures of (\d+) more$/.exec(pending.waits_for);
  return (
    <>
      <bdi dir="ltr">{party}</bdi>:{" "}
      <strong>{wordOf("agreement", pending.value, language.value)}</strong>
      {pending.whole && ` (${say(TEXTS, "wholeAgreement")})`}. {say(TEXTS, "effectiveFrom")}{" "}
      <Since atUs={pending.effective_us} nowUs={nowUs} />.{" "}
      {waits
        ? say(TEXTS, "waitsSignatures", { count: waits[1] ?? "" })
        : pending.waits_for === "its time"
          ? say(TEXTS, "waitsTime")
          : pending.waits_for}{" "}
      {pending.reason !== "" && (
        <>
          {say(TEXTS, "reason")}: <bdi dir="auto">{pending.reason}</bdi>{" "}
        </>
      )}
      <EntryLink at={pending.by} />
    </>
  );
}

function WayRow({ way, vector }: { way: Direction; vector: LineVector }) {
  const tests = new Map(way.tests.map((each) => [each.kind, each]));
  return (
    <tr>
      <th scope="row">
        <bdi dir="ltr">
          {way.sender} → {way.receiver}
        </bdi>
      </th>
      <td data-label={say(TEXTS, "link")}>
        <strong>{wordOf("link", way.link, language.value)}</strong>
        {way.link_since_us !== null && (
          <div>
            {say(TEXTS, "since")} <Since atUs={way.link_since_us} nowUs={vector.at_us} />
          </div>
        )}
        {way.link_said_us !== null && (
          <div>
            {say(TEXTS, "saidBy", { party: way.receiver })}{" "}
            <Since atUs={way.link_said_us} nowUs={vector.at_us} />
          </div>
        )}
        <EntryLink at={way.link_by} />
      </td>
      <td data-label={say(TEXTS, "machineTest")}>
        <Test age={tests.get("machine")} nowUs={vector.at_us} />
      </td>
      <td data-label={say(TEXTS, "personTest")}>
        <Test age={tests.get("person")} nowUs={vector.at_us} />
      </td>
      <td data-label={say(TEXTS, "use")}>
        {say(TEXTS, "lastUsed")} <Since atUs={way.used_last_us} nowUs={vector.at_us} />
        <div>{say(TEXTS, "wayUse24h", { messages: way.messages_24h, calls: way.calls_24h })}</div>
      </td>
    </tr>
  );
}

function Test({ age, nowUs }: { age: TestAge | undefined; nowUs: number }) {
  if (age === undefined) return <span class="line-quiet">{say(TEXTS, "testsNotKept")}</span>;
  return (
    <>
      <strong>{wordOf("test", age.word, language.value)}</strong>
      <div>
        {say(TEXTS, "lastGood")} <Since atUs={age.good_us} nowUs={nowUs} />{" "}
        {age.good_by !== null && <EntryLink at={age.good_by} />}
      </div>
      {age.last_us !== null && age.last_us !== age.good_us && (
        <div>
          {say(TEXTS, "lastSent")} <Since atUs={age.last_us} nowUs={nowUs} />
        </div>
      )}
      <div>
        {age.due_us === null ? (
          say(TEXTS, "noTestOwed")
        ) : (
          <>
            {say(TEXTS, "nextDue")} <Since atUs={age.due_us} nowUs={nowUs} />
          </>
        )}
      </div>
      {age.missed > 0 && <div class="line-warn">{say(TEXTS, "missed", { count: age.missed })}</div>}
    </>
  );
}
