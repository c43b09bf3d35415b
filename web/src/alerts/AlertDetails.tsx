// All inputs of an alert, as its entry has them: nothing here was computed by this browser.
import type { ComponentChildren } from "preact";
import type { AlertsView, AlertView, StateShown } from "../api/types";
import {
  bearingText,
  climbText,
  clockText,
  coordinateText,
  distanceText,
  heightText,
  instantText,
  levelText,
  spanText,
  speedText,
} from "../look/units";
import { say } from "../text/language";
import { NodeWords } from "./NodeWords";
import { TEXTS } from "./texts";
import { classWord, closestWord, heldWords, partsText, STATUS_WORDS, wordOf } from "./words";

const US_PER_S = 1_000_000;

/** The inputs, closed until somebody asks for them. */
export function AlertDetails({ alert, view }: { alert: AlertView; view: AlertsView }) {
  return (
    <details class="alerts-fold">
      <summary>{say(TEXTS, "inputs")}</summary>
      <dl class="alerts-inputs">
        <Item name={say(TEXTS, "raised")}>{raisedText(alert)}</Item>
        <Item name={say(TEXTS, "told")}>
          {say(TEXTS, "toldAs", {
            instant: instantText(alert.told_us),
            word: classWord(alert.told_class),
          })}
        </Item>
        <Conflict alert={alert} />
        {alert.states.map((state) => (
          <Flight key={state.aircraft} state={state} />
        ))}
        <Chains alert={alert} view={view} />
        {alert.evaluator !== "" && (
          <Item name={say(TEXTS, "evaluator")}>
            <bdi dir="ltr">{alert.evaluator}</bdi>
          </Item>
        )}
        <Forms alert={alert} view={view} />
        <Remarks alert={alert} />
        <Item name={say(TEXTS, "entry")}>
          <bdi dir="ltr" class="alerts-entry">
            {`${alert.key[0]} ${alert.key[1]}`}
          </bdi>
        </Item>
      </dl>
      <EachWord alert={alert} />
    </details>
  );
}

function Item({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function raisedText(alert: AlertView): string {
  const parties = [alert.raised_by, ...alert.others.map((each) => each.raised_by)].join(", ");
  return say(TEXTS, "raisedBy", { instant: instantText(alert.raised_us), parties });
}

function Conflict({ alert }: { alert: AlertView }) {
  if (alert.horizontal_mm === null || alert.vertical_mm === null) return null;
  const horizontal = distanceText(alert.horizontal_mm / 1000);
  const vertical = heightText(alert.vertical_mm / 1000);
  const joined = say(TEXTS, alert.both_needed ? "minimaAnd" : "minimaOr", { horizontal, vertical });
  const off = heightText(alert.quantisation_mm / 1000);
  return (
    <>
      <Item name={say(TEXTS, "minima")}>
        {alert.quantisation_mm > 0
          ? partsText([joined, say(TEXTS, "stepsOff", { height: off })])
          : joined}
      </Item>
      {alert.loss_us !== null && (
        <Item name={say(TEXTS, "lossUntil")}>
          {say(TEXTS, "from", {
            from: clockText(alert.loss_us),
            to: alert.end_us === null ? say(TEXTS, "beyond") : clockText(alert.end_us),
          })}
        </Item>
      )}
    </>
  );
}

function Flight({ state }: { state: StateShown }) {
  const age = spanText(state.age_us / US_PER_S);
  const status = wordOf(STATUS_WORDS, state.status);
  const feed = state.feed === "" ? say(TEXTS, "notSaid") : state.feed;
  return (
    <Item name={state.aircraft}>
      {coordinateText(state.lat_e9 / 1e9, state.lon_e9 / 1e9)}
      {", "}
      {levelText(state.altitude_mm / 1000, state.altitude_reference)}
      {`, ${motionText(state)}; ${clockText(state.at_us)}`}
      <br />
      {`${status}, ${say(TEXTS, "ageWhen", { span: age })}; ${say(TEXTS, "feed")} `}
      <bdi dir="ltr">{feed}</bdi>
      <br />
      {`${say(TEXTS, "sigma")}: ${sigmaText(state)}`}
      {state.members.length > 0 && <br />}
      {state.members.length > 0 &&
        say(TEXTS, "members", {
          list: state.members.join(", "),
          distance: distanceText(state.radius_mm / 1000),
        })}
    </Item>
  );
}

/** Returns course, speed and climb; who stands has no course. */
function motionText(state: StateShown): string {
  const speedMps = Math.hypot(state.east_mmps, state.north_mmps) / 1000;
  const courseDeg = (Math.atan2(state.east_mmps, state.north_mmps) * 180) / Math.PI;
  const course = speedMps > 0 ? courseDeg : null;
  return [bearingText(course), speedText(speedMps), climbText(state.up_mmps / 1000)].join(" ");
}

function sigmaText(state: StateShown): string {
  const known = (mm: number | null, text: (metres: number) => string): string =>
    mm === null ? say(TEXTS, "notKnown") : text(mm / 1000);
  return say(TEXTS, "sigmaOf", {
    horizontal: known(state.horizontal_sigma_mm, distanceText),
    vertical: known(state.vertical_sigma_mm, heightText),
    speed: known(state.velocity_sigma_mmps, speedText),
  });
}

function Chains({ alert, view }: { alert: AlertView; view: AlertsView }) {
  const known = view.chains[alert.agreement] ?? [];
  const parties = Object.entries(alert.chain_s).sort(([one], [two]) => (one < two ? -1 : 1));
  if (parties.length === 0) return null;
  return (
    <Item name={say(TEXTS, "chain")}>
      {parties.map(([party, spanS]) => {
        const now = known.find((each) => each.party === party);
        const from = now ? `: ${chainSource(now.measured, now.samples)}` : "";
        const told = say(TEXTS, "chainOf", { party, span: spanText(spanS) });
        return <p key={party}>{`${told}${from}`}</p>;
      })}
    </Item>
  );
}

/** Returns where a time to act comes from. */
export function chainSource(measured: boolean, samples: number): string {
  return say(TEXTS, measured ? "measured" : "byDefault", { samples });
}

function Forms({ alert, view }: { alert: AlertView; view: AlertsView }) {
  if (alert.forms.length === 0) return null;
  return (
    <Item name={say(TEXTS, "forms")}>
      {alert.forms.map((form) => {
        const told = say(TEXTS, "formOf", {
          clock: clockText(form.at_us),
          word: classWord(form.alert_class),
          loss: clockText(form.loss_us),
        });
        const one = { ...alert, held_by: form.held_by, forms: [form] };
        return <p key={form.key.join(" ")}>{partsText([told, ...heldWords(one, view.links)])}</p>;
      })}
    </Item>
  );
}

function Remarks({ alert }: { alert: AlertView }) {
  const remarks = alert.life?.remarks ?? [];
  if (remarks.length === 0) return null;
  return (
    <Item name={say(TEXTS, "remarks")}>
      {remarks.map((text) => (
        <p key={text}>
          <NodeWords text={text} />
        </p>
      ))}
    </Item>
  );
}

/** Our numbers and those of every other party that raised the same conflict, side by side. */
function EachWord({ alert }: { alert: AlertView }) {
  if (alert.others.length === 0) return null;
  return (
    <table class="alerts-words">
      <caption>{say(TEXTS, "words")}</caption>
      <thead>
        <tr>
          <th scope="col">{say(TEXTS, "party")}</th>
          <th scope="col">{say(TEXTS, "class")}</th>
          <th scope="col">{say(TEXTS, "loss")}</th>
          <th scope="col">{say(TEXTS, "closestHead")}</th>
        </tr>
      </thead>
      <tbody>
        <WordRow
          party={alert.own ? say(TEXTS, "ours", { party: alert.raised_by }) : alert.raised_by}
          word={alert.alert_class}
          lossUs={alert.loss_us}
          least={[alert.least_horizontal_mm, alert.vertical_then_mm]}
        />
        {alert.others.map((each) => (
          <WordRow
            key={each.key.join(" ")}
            party={each.raised_by}
            word={each.alert_class}
            lossUs={each.loss_us}
            least={[each.least_horizontal_mm, each.vertical_then_mm]}
          />
        ))}
      </tbody>
    </table>
  );
}

interface WordProps {
  party: string;
  word: string;
  lossUs: number | null;
  least: readonly [number | null, number | null];
}

function WordRow({ party, word, lossUs, least }: WordProps) {
  return (
    <tr>
      <th scope="row">{party}</th>
      <td>{classWord(word)}</td>
      <td>{lossUs !== null && <bdi dir="ltr">{clockText(lossUs)}</bdi>}</td>
      <td>{closestWord(least[0], least[1])}</td>
    </tr>
  );
}
