// One alert as a row: class, who, when, how near, who has it, whose people have come how far.
import type { AlertView, LinkShown } from "../api/types";
import { marginText, spanText } from "../look/units";
import { say } from "../text/language";
import { ClassMark } from "./ClassMark";
import { NodeWords } from "./NodeWords";
import { TimeLeft } from "./TimeLeft";
import { TEXTS } from "./texts";
import { statusOf, textOf } from "./urgency";
import {
  actionWord,
  cautionWords,
  classWord,
  clauseWord,
  kindWord,
  lifeWord,
  partyOf,
  peopleWords,
  probabilityWord,
} from "./words";

interface RowProps {
  alert: AlertView;
  id: string;
  atUs: number;
  counts: boolean;
  links: readonly LinkShown[];
  selected: boolean;
  entered: boolean;
  onSelect: () => void;
  onFocus: () => void;
}

/** A row of the list. */
export function AlertRow(props: RowProps) {
  const { alert, atUs, counts } = props;
  const life = alert.life?.word ?? "open";
  return (
    <tr
      class="alerts-row"
      data-id={props.id}
      data-class={alert.alert_class}
      data-life={life}
      data-counts={counts}
      aria-selected={props.selected}
      tabIndex={props.entered ? 0 : -1}
      onClick={props.onSelect}
      onFocus={props.onFocus}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        props.onSelect();
      }}
    >
      <td class="alerts-class">
        <ClassMark word={alert.alert_class} />
      </td>
      <td class="alerts-what">
        <Who alert={alert} />
        <p class="alerts-action">
          <strong>{classWord(alert.alert_class)}</strong> {actionWord(alert) || kindWord(alert)}
        </p>
        <People alert={alert} links={props.links} />
        <Cautions alert={alert} />
        <p class="alerts-quiet">{quietWords(alert, atUs).join(" · ")}</p>
      </td>
      <td class="alerts-when">
        <When alert={alert} counts={counts} />
        <Closest alert={alert} />
      </td>
    </tr>
  );
}

function Who({ alert }: { alert: AlertView }) {
  const status = statusOf(alert.text);
  return (
    <p class="alerts-who">
      {alert.aircraft.map((name, place) => (
        <span key={name} class="alerts-flight">
          {place > 0 && <span class="alerts-cross"> × </span>}
          <bdi dir="ltr">{name}</bdi> <span class="alerts-party">{partyOf(alert, place)}</span>
        </span>
      ))}
      <span class="alerts-life">{lifeWord(alert)}</span>
      {status !== null && (
        <span class="alerts-status">{say(TEXTS, status === "EXERCISE" ? "exercise" : "test")}</span>
      )}
    </p>
  );
}

function People({ alert, links }: { alert: AlertView; links: readonly LinkShown[] }) {
  return (
    <p class="alerts-people">
      {peopleWords(alert, links).map((text) => (
        <span key={text} class="alerts-person">
          {text}
        </span>
      ))}
    </p>
  );
}

function Cautions({ alert }: { alert: AlertView }) {
  return (
    <>
      {textOf(alert.text) !== "" && (
        <p class="alerts-text">
          <NodeWords text={textOf(alert.text)} />
        </p>
      )}
      {cautionWords(alert).map((text) => (
        <p key={text} class="alerts-caution">
          {text}
        </p>
      ))}
      {alert.doubts.map((text) => (
        <p key={text} class="alerts-caution">
          <NodeWords text={text} />
        </p>
      ))}
    </>
  );
}

function quietWords(alert: AlertView, atUs: number): string[] {
  const ago = spanText((atUs - alert.told_us) / 1_000_000);
  const told = alert.told_us > 0 ? say(TEXTS, "toldAgo", { span: ago }) : "";
  const clause = alert.what === "intent overlap" ? "" : clauseWord(alert);
  return [clause, probabilityWord(alert), told].filter((text) => text !== "");
}

function When({ alert, counts }: { alert: AlertView; counts: boolean }) {
  if (alert.what === "intent overlap") return <span>{say(TEXTS, "plans")}</span>;
  if (alert.loss_us === null) return <span>{say(TEXTS, "timeless")}</span>;
  return <TimeLeft lossUs={alert.loss_us} counts={counts} />;
}

function Closest({ alert }: { alert: AlertView }) {
  if (alert.least_horizontal_mm === null) return null;
  return (
    <span class="alerts-closest">
      <bdi dir="ltr">{marginText(alert.least_horizontal_mm / 1000, "distance")}</bdi>
      {alert.vertical_then_mm !== null && (
        <bdi dir="ltr">{marginText(alert.vertical_then_mm / 1000, "height")}</bdi>
      )}
    </span>
  );
}
