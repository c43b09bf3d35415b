// What else is known of a message: where it stands, who signed, places, units, what was seen instead.
import type { DistributionView, MessageView, PlaceCheck } from "../api/types";
import { EntryLink } from "../line/EntryLink";
import { Ltr } from "../look/kit";
import { distanceText, instantText } from "../look/units";
import { say } from "../text/language";
import { TEXTS } from "./texts";

/** The details of a message that is selected. */
export function Details({ view }: { view: MessageView }) {
  return (
    <dl class="hot-details">
      <dt>{say(TEXTS, "entry")}</dt>
      <dd>
        <EntryLink at={view.key} /> <Ltr class="hot-quiet">{instantText(view.sent_us)}</Ltr>{" "}
        <Ltr>{view.post}</Ltr> · <Ltr>{view.line}</Ltr>
      </dd>
      {view.about !== null && (
        <>
          <dt>{say(TEXTS, "aboutEntry")}</dt>
          <dd>
            <EntryLink at={view.about} />
          </dd>
        </>
      )}
      {(view.corrected_by ?? view.cancelled_by) !== null && (
        <>
          <dt>{say(TEXTS, view.corrected_by !== null ? "corrected" : "cancelled")}</dt>
          <dd>
            <EntryLink at={view.corrected_by ?? view.cancelled_by} />
          </dd>
        </>
      )}
      {view.valid_until_us !== null && (
        <>
          <dt>{say(TEXTS, "validUntil")}</dt>
          <dd>
            <Ltr>{instantText(view.valid_until_us)}</Ltr>
          </dd>
        </>
      )}
      <dt>{say(TEXTS, "signatures")}</dt>
      <dd>{say(TEXTS, `signed ${view.signed}`)}</dd>
      {view.places.map((each) => (
        <Place key={each.field} check={each} />
      ))}
      {view.units.map((each) => (
        <Units key={each.party} units={each} />
      ))}
      {view.lead_text !== "" && (
        <>
          <dt>{say(TEXTS, "leadTime")}</dt>
          <dd lang="en" dir="ltr" class="hot-node">
            {view.lead_text}
          </dd>
        </>
      )}
      {view.differs.length > 0 && (
        <>
          <dt>{say(TEXTS, "seenOtherwise")}</dt>
          {view.differs.map((each) => (
            <dd key={each} lang="en" dir="ltr" class="hot-node hot-warn">
              {each}
            </dd>
          ))}
        </>
      )}
    </dl>
  );
}

function Place({ check }: { check: PlaceCheck }) {
  return (
    <>
      <dt>{say(TEXTS, "placeCheck")}</dt>
      <dd class={check.word === "differs" ? "hot-warn" : ""}>
        <bdi dir="auto">{check.place}</bdi>: {say(TEXTS, `place ${check.word}`)}
        {check.apart_m !== null && ` (${distanceText(check.apart_m)})`}
      </dd>
    </>
  );
}

function Units({ units }: { units: DistributionView }) {
  const missing = [...units.not_told, ...units.stale, ...units.not_loaded];
  return (
    <>
      <dt>{say(TEXTS, "unitsOf", { party: units.party })}</dt>
      <dd class={missing.length > 0 && units.over === "" ? "hot-warn" : ""}>
        {say(TEXTS, "unitsTold", { told: units.told.length, required: units.required.length })}
        {missing.length > 0 && (
          <>
            {" · "}
            {say(TEXTS, "unitsMissing")} <Ltr>{[...new Set(missing)].join(", ")}</Ltr>
          </>
        )}
      </dd>
    </>
  );
}
