// What stands below the list: what ended lately, notices, own plans against others and in the air, and
// the times by which the classes are told apart.
import type { ComponentChildren } from "preact";
import type { AlertsView, EndedView, ScreenView } from "../api/types";
import { clockText, instantText, spanText } from "../look/units";
import { say } from "../text/language";
import { chainSource } from "./AlertDetails";
import { NodeWords } from "./NodeWords";
import { TEXTS } from "./texts";
import { endWords, heldWords, pairWord } from "./words";

/** The foldable parts; one without content is not there. */
export function Below({ view }: { view: ScreenView }) {
  return (
    <>
      <Ended ended={view.alerts.ended} />
      <Notices alerts={view.alerts} />
      <PlanConflicts view={view} />
      <Conformance view={view} />
      <Chains alerts={view.alerts} />
    </>
  );
}

interface FoldProps {
  title: string;
  open?: boolean;
  children: ComponentChildren;
}

function Fold({ title, open = false, children }: FoldProps) {
  return (
    <details class="alerts-fold" open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

function Ended({ ended }: { ended: readonly EndedView[] }) {
  if (ended.length === 0) return null;
  return (
    <Fold title={say(TEXTS, "endedLately", { count: ended.length })} open>
      <ul class="alerts-ended">
        {ended.map((each) => (
          <EndedRow key={`${each.key.join(" ")} ${each.raised_by}`} ended={each} />
        ))}
      </ul>
    </Fold>
  );
}

function EndedRow({ ended }: { ended: EndedView }) {
  const { why, ours, came } = endWords(ended);
  const when = say(TEXTS, "endedRow", {
    clock: clockText(ended.ended_us),
    party: ended.raised_by,
  });
  return (
    <li>
      <bdi dir="ltr">{pairWord(ended.aircraft)}</bdi>
      {` · ${when}: `}
      {ours ? why : <NodeWords text={why} />}
      {came !== "" && <strong class="alerts-came">{` ${came}`}</strong>}
    </li>
  );
}

function Notices({ alerts }: { alerts: AlertsView }) {
  if (alerts.notices.length === 0) return null;
  return (
    <Fold title={say(TEXTS, "notices", { count: alerts.notices.length })}>
      <ul>
        {alerts.notices.map((notice) => (
          <li key={notice.key.join(" ")}>
            <NodeWords text={notice.text || pairWord(notice.aircraft)} />
            {` · ${say(TEXTS, "raisedBy", {
              instant: instantText(notice.raised_us),
              parties: notice.raised_by,
            })} · ${heldWords(notice, alerts.links).join("; ")}`}
          </li>
        ))}
      </ul>
    </Fold>
  );
}

function PlanConflicts({ view }: { view: ScreenView }) {
  const count = view.conflicts.reduce((sum, each) => sum + each.conflicts.length, 0);
  const waiting = view.conflicts.reduce((sum, each) => sum + each.waiting, 0);
  const ignored = view.conflicts.reduce((sum, each) => sum + each.ignored, 0);
  if (count + waiting + ignored === 0) return null;
  return (
    <Fold title={say(TEXTS, "planConflicts", { count })}>
      <ul>
        {view.conflicts.flatMap((each) =>
          each.conflicts.map(({ conflict, text }) => (
            <li key={`${each.agreement} ${conflict.first} ${conflict.second}`}>
              <NodeWords text={text} />
            </li>
          )),
        )}
        {waiting > 0 && <li>{say(TEXTS, "planWaiting", { count: waiting })}</li>}
        {ignored > 0 && <li>{say(TEXTS, "planIgnored", { count: ignored })}</li>}
      </ul>
    </Fold>
  );
}

function Conformance({ view }: { view: ScreenView }) {
  const told = view.intents.intents.filter((each) => each.conformance !== "");
  if (told.length === 0) return null;
  return (
    <Fold title={say(TEXTS, "conformance", { count: told.length })}>
      <ul>
        {told.map((each) => (
          <li key={`${each.agreement} ${each.party} ${each.intent}`}>
            <bdi dir="ltr">{each.flight}</bdi>
            {" · "}
            <NodeWords text={`${each.intent}: ${each.conformance}`} />
          </li>
        ))}
      </ul>
    </Fold>
  );
}

function Chains({ alerts }: { alerts: AlertsView }) {
  const all = Object.entries(alerts.chains);
  if (all.length === 0) return null;
  return (
    <Fold title={say(TEXTS, "chains")}>
      <ul>
        {all.flatMap(([agreement, chains]) =>
          chains.map((each) => (
            <li key={`${agreement} ${each.party}`}>
              <bdi dir="ltr">{agreement}</bdi>
              {` · ${say(TEXTS, "chainOf", { party: each.party, span: spanText(each.chain_s) })}: `}
              {chainSource(each.measured, each.samples)}
              {each.unclosed > 0 && `, ${say(TEXTS, "unclosed", { count: each.unclosed })}`}
            </li>
          )),
        )}
      </ul>
    </Fold>
  );
}
