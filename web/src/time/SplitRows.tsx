// The rows of the comparison: a thing as the left party knew it, the mark of a difference, the right.
import type { ComponentChildren } from "preact";
import type {
  AlertView,
  KnowledgeView,
  Ladder,
  LineVector,
  MessageView,
  ZoneShown,
} from "../api/types";
import { GlanceMark } from "../line/GlanceMark";
import { missingText } from "../line/glance";
import { clockText, instantText } from "../look/units";
import { language, say } from "../text/language";
import { type Compared, type Pair, wordsShown } from "./split";
import { TEXTS, type TextKey } from "./texts";
import { classText, phrase } from "./words";

interface Sides {
  left: string;
  right: string;
  only: boolean;
}

/** All rows, by what they are about. */
export function Rows({ compared, ...sides }: { compared: Compared } & Sides) {
  return (
    <table class="time-split-table">
      <thead>
        <tr>
          <th scope="col">
            <bdi dir="ltr">{sides.left}</bdi>
          </th>
          <th scope="col" class="time-split-mark" />
          <th scope="col">
            <bdi dir="ltr">{sides.right}</bdi>
          </th>
        </tr>
      </thead>
      <Group name="splitLines" pairs={compared.lines} shown={lineShown} {...sides} />
      <Group name="splitMessages" pairs={compared.messages} shown={messageShown} {...sides} />
      <Group name="splitZones" pairs={compared.zones} shown={zoneShown} {...sides} />
      <Group name="splitAlerts" pairs={compared.alerts} shown={alertShown} {...sides} />
    </table>
  );
}

interface GroupProps<Thing> extends Sides {
  name: TextKey;
  pairs: Pair<Thing>[];
  shown: (thing: Thing) => ComponentChildren;
}

function Group<Thing>({ name, pairs, shown, left, right, only }: GroupProps<Thing>) {
  const rows = only ? pairs.filter((each) => each.differs) : pairs;
  return (
    <tbody>
      <tr>
        <th colSpan={3} scope="rowgroup" class="time-split-group">
          {say(TEXTS, name)}
        </th>
      </tr>
      {rows.length === 0 && (
        <tr>
          <td colSpan={3}>{say(TEXTS, "none")}</td>
        </tr>
      )}
      {rows.map((pair) => (
        <tr key={pair.key} data-differs={pair.differs} data-key={pair.key}>
          <td data-known={pair.left !== null}>
            {pair.left === null ? <NotKnown party={left} /> : shown(pair.left)}
          </td>
          <td class="time-split-mark">
            <span class="time-differs" aria-hidden="true">
              {pair.differs ? "≠" : "="}
            </span>
            <span>{say(TEXTS, pair.differs ? "differs" : "same")}</span>
          </td>
          <td data-known={pair.right !== null}>
            {pair.right === null ? <NotKnown party={right} /> : shown(pair.right)}
          </td>
        </tr>
      ))}
    </tbody>
  );
}

function NotKnown({ party }: { party: string }) {
  return <em class="time-not-known">{say(TEXTS, "notKnown", { party })}</em>;
}

function lineShown(each: LineVector): ComponentChildren {
  const missing = each.missing.map((one) => missingText(one, language.value));
  return (
    <span class="time-split-line">
      <GlanceMark word={each.glance} />
      <span>
        <bdi dir="ltr">{each.line}</bdi> <strong>{phrase("glance", each.glance)}</strong>
        {missing.length > 0 && (
          <small> {say(TEXTS, "missing", { what: missing.join("; ") })}</small>
        )}
      </span>
    </span>
  );
}

function messageShown(each: MessageView): ComponentChildren {
  const cls = phrase("class", each.message_class);
  return (
    <>
      <strong>
        {say(TEXTS, "sentBy", {
          cls,
          type: each.message_type,
          party: each.party,
          instant: clockText(each.sent_us),
        })}
      </strong>
      , {say(TEXTS, each.open ? "messageOpen" : "messageClosed")}
      <p dir="auto">{wordsShown(each) ? each.text : say(TEXTS, "sealedWords")}</p>
      <ul>
        {each.ladder.map((one) => (
          <li key={one.party}>
            <bdi dir="ltr">{one.party}</bdi>: {ladderText(one)}
          </li>
        ))}
      </ul>
    </>
  );
}

const READ_BACK: Record<Ladder["read_back"], TextKey | null> = {
  "not asked": null,
  waiting: "readWaiting",
  matched: "matched",
  differs: "readDiffers",
  "not given": "notGiven",
};
const OUTCOMES: Record<Ladder["outcome"], TextKey> = {
  waiting: "waiting",
  unanswered: "unanswered",
  "technical failure": "failed",
  refused: "refused",
  over: "over",
  "no duty": "noDuty",
  answered: "answeredWord",
};
const LIVES: Record<string, TextKey> = {
  new: "lifeNew",
  seen: "lifeSeen",
  called: "lifeCalled",
  resolved: "lifeResolved",
};

function ladderText(one: Ladder): string {
  const parts = [
    one.displayed_us === null
      ? say(TEXTS, "notDisplayed")
      : say(TEXTS, "displayedAt", { instant: clockText(one.displayed_us) }),
    one.answer === null
      ? say(TEXTS, "notAnswered")
      : say(TEXTS, "answered", {
          word: phrase("answer", one.answer.answer),
          instant: clockText(one.answer.at_us),
        }),
  ];
  const readBack = READ_BACK[one.read_back];
  if (readBack) parts.push(say(TEXTS, readBack));
  parts.push(say(TEXTS, OUTCOMES[one.outcome]));
  return parts.join(", ");
}

function zoneShown({ view, name }: ZoneShown): ComponentChildren {
  return (
    <>
      <strong>
        <bdi>{name}</bdi> <bdi dir="ltr">{view.zone}</bdi>
      </strong>{" "}
      {say(TEXTS, "shownAs", { word: phrase("value", view.shown) })};{" "}
      {say(TEXTS, "activity", { word: phrase("value", view.activity) })};{" "}
      {say(TEXTS, "promulgation", { word: phrase("value", view.promulgation) })}
      {(view.from_us !== null || view.to_us !== null) && `, ${spanOf(view.from_us, view.to_us)}`}
    </>
  );
}

function spanOf(fromUs: number | null, toUs: number | null): string {
  const open = say(TEXTS, "open");
  const from = fromUs === null ? open : instantText(fromUs);
  return say(TEXTS, "holdsFor", { from, to: toUs === null ? open : instantText(toUs) });
}

function alertShown(each: AlertView): ComponentChildren {
  return (
    <>
      <strong>
        <bdi dir="ltr">{each.aircraft.join(" × ")}</bdi>
      </strong>{" "}
      {classText(each.alert_class)}
      {each.loss_us !== null && `, ${say(TEXTS, "loss", { instant: clockText(each.loss_us) })}`}
      {each.life !== null && `, ${lifeText(each.life.word)}`}
    </>
  );
}

function lifeText(word: string): string {
  const key = LIVES[word];
  return key ? say(TEXTS, key) : word;
}

/** What a party may have known besides what it surely knew, each with since when it surely did. */
export function Besides({ knowledge, own }: { knowledge: KnowledgeView; own: string }) {
  const party = knowledge.viewer;
  const count = knowledge.besides.length + knowledge.besides_more;
  return (
    <section data-party={party}>
      <p>
        {say(TEXTS, "surely", { party })}{" "}
        {knowledge.certain ? say(TEXTS, "surelyAll") : say(TEXTS, "besides", { party, count })}
      </p>
      <ul>
        {knowledge.besides.map((each) => (
          <li key={`${each.key[0]}|${each.key[1]}`}>
            <bdi dir="ltr">
              {each.party} {each.type}
            </bdi>{" "}
            {instantText(each.written_us)},{" "}
            {each.known_us === null
              ? say(TEXTS, "neverProved")
              : say(TEXTS, "knownAt", { instant: clockText(each.known_us) })}
          </li>
        ))}
      </ul>
      {party !== own && (
        <p class="time-quiet">
          {say(TEXTS, "ownKept")} {say(TEXTS, "guardedHidden")}
        </p>
      )}
    </section>
  );
}
