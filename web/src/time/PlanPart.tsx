// In PLAN: which filed intents the handle's instant is in, and where plans are in each other's way.
import { clockText, instantText } from "../look/units";
import { cursorUs, liveMap, liveScreen, mode, selection } from "../shell/state";
import { say } from "../text/language";
import { type Clash, clashesOf, type Planned, plannedAt, plansLeftOut } from "./plan";
import { TEXTS } from "./texts";

/** The list, opened above the bar. */
export function PlanPart() {
  const view = liveScreen.value;
  if (mode.value !== "PLAN" || view === null) return null;
  const atUs = cursorUs.value;
  const active = plannedAt(view.intents.intents, liveMap.value, atUs);
  const clashes = clashesOf(view.conflicts);
  const left = plansLeftOut(view.intents.total, view.intents.intents.length, liveMap.value);
  return (
    <details class="time-plan">
      <summary>{say(TEXTS, "planned", { instant: clockText(atUs), count: active.length })}</summary>
      <div class="time-plan-panel">
        {active.length === 0 && <p>{say(TEXTS, "plannedNone")}</p>}
        <ul>
          {active.map((each) => (
            <Intent key={`${each.agreement}|${each.party}|${each.intent}`} each={each} />
          ))}
        </ul>
        {left > 0 && <p>{say(TEXTS, "plannedMore", { count: left })}</p>}
        <h3>{say(TEXTS, "clashes")}</h3>
        {clashes.length === 0 && <p>{say(TEXTS, "clashesNone")}</p>}
        <ul>
          {clashes.map((each) => (
            <ClashRow key={`${each.text}|${each.fromUs}`} each={each} />
          ))}
        </ul>
        <p>{say(TEXTS, "nothingKnown")}</p>
      </div>
    </details>
  );
}

function spanOf(fromUs: number | null, toUs: number | null): string {
  const open = say(TEXTS, "open");
  const from = fromUs === null ? open : instantText(fromUs);
  return `${from} – ${toUs === null ? open : clockText(toUs)}`;
}

function Intent({ each }: { each: Planned }) {
  const { agreement, party, intent } = each;
  return (
    <li>
      <button
        type="button"
        onClick={() => {
          selection.value = { kind: "intent", agreement, party, intent };
        }}
      >
        <bdi dir="ltr">
          {each.flight} {each.intent}
        </bdi>
      </button>{" "}
      <bdi dir="ltr">{each.party}</bdi> · <bdi>{each.state}</bdi> · {spanOf(each.fromUs, each.toUs)}
    </li>
  );
}

function ClashRow({ each }: { each: Clash }) {
  return (
    <li>
      <span class="time-hatch" data-sure={each.sure} aria-hidden="true" />
      <strong>
        <bdi dir="ltr">{each.flights.join(" × ")}</bdi>
      </strong>{" "}
      {!each.sure && <em>{say(TEXTS, "maybe")}</em>} {spanOf(each.fromUs, each.toUs)}
      <p dir="ltr" class="time-quiet">
        {each.text}
      </p>
    </li>
  );
}
