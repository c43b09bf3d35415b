// What our units saw: each waits until a post has said it, or has put it aside with a reason.
import { useState } from "preact/hooks";
import { act } from "../api/client";
import type { MessageView, UnitReport } from "../api/types";
import { postShown } from "../line/posts";
import { refreshSoon } from "../live/link";
import { Chip, Field, Ltr } from "../look/kit";
import { clockText, instantText } from "../look/units";
import { liveScreen, mayAct, session } from "../shell/state";
import { say } from "../text/language";
import { Outcome } from "./Outcome";
import { compose, saidFor } from "./reports";
import { open, type Tried, tried, waitingReports } from "./room";
import { TEXTS, type TextKey } from "./texts";

/** What stands in the dialog of reports. */
export function ReportsPart() {
  const waiting = waitingReports();
  const ended = (liveScreen.value?.unit_reports ?? []).filter((each) => each.state !== "waits");
  return (
    <>
      <p>{say(TEXTS, waiting.length > 0 ? "reportsNowhere" : "noReports")}</p>
      {waiting.map((each) => (
        <Waiting key={each.id} report={each} />
      ))}
      {ended.length > 0 && <h3>{say(TEXTS, "endedReports")}</h3>}
      {ended.map((each) => (
        <Ended key={each.id} report={each} />
      ))}
    </>
  );
}

function Saw({ report }: { report: UnitReport }) {
  const { saw } = report;
  const parts: [TextKey, string | undefined][] = [
    ["sawFlight", saw.flight],
    ["sawSeen", saw.seen],
    ["sawWhere", saw.where],
    ["sawZone", saw.zone],
    ["sawWhen", saw.when_us ? instantText(saw.when_us) : undefined],
    ["sawNotice", saw.notice ? `${saw.notice[0]} ${saw.notice[1]}` : undefined],
  ];
  return (
    <>
      <h3>
        <bdi>{report.unit}</bdi>, <Ltr>{instantText(report.told_us)}</Ltr>
      </h3>
      <dl class="sign-saw">
        {parts.map(
          ([key, text]) =>
            text && (
              <div key={key}>
                <dt>{say(TEXTS, key)}</dt>
                <dd>
                  <bdi>{text}</bdi>
                </dd>
              </div>
            ),
        )}
      </dl>
    </>
  );
}

function Waiting({ report }: { report: UnitReport }) {
  const [became, setBecame] = useState<Tried>({ at: "ready" });
  const [busy, setBusy] = useState(false);
  const run = async (path: string, body: object): Promise<void> => {
    if (became.at === "under way") return;
    setBecame({ at: "under way" });
    setBecame(await tried(() => act(path, { id: report.id, post: postShown.value, ...body })));
    refreshSoon();
  };
  const write = (): void => {
    const opened = compose(report);
    setBusy(!opened);
    if (opened) open.value = null;
  };
  const messages = liveScreen.value?.messages ?? [];
  const said = saidFor(report, messages, session.value?.party ?? "");
  return (
    <article class="sign-report">
      <Saw report={report} />
      {mayAct.value ? (
        <>
          <div class="kit-buttons">
            <button type="button" class="kit-do" onClick={write}>
              {say(TEXTS, "writeIncursion")}
            </button>
          </div>
          {busy && (
            <p class="kit-fault" role="alert">
              {say(TEXTS, "draftBusy")}
            </p>
          )}
          {said.map((view) => (
            <SaidAs
              key={`${view.key[0]} ${view.key[1]}`}
              view={view}
              onSaid={() => void run("/api/units/reports/said", { message: view.key })}
            />
          ))}
          <Aside onAside={(reason) => void run("/api/units/reports/aside", { reason })} />
          <Outcome of={became} done={say(TEXTS, "reportEnded")} />
        </>
      ) : (
        <p>{say(TEXTS, "actorsOnly")}</p>
      )}
    </article>
  );
}

function SaidAs({ view, onSaid }: { view: MessageView; onSaid: () => void }) {
  const fields = Object.entries(view.fields).map(([name, value]) => `${name} ${value}`);
  return (
    <p class="sign-said">
      <Ltr>
        {clockText(view.sent_us)} → {view.to.join(", ")}: {fields.join(", ")}
      </Ltr>{" "}
      <bdi>{view.text}</bdi>{" "}
      <button type="button" onClick={onSaid}>
        {say(TEXTS, "saidAsThis")}
      </button>
    </p>
  );
}

function Aside({ onAside }: { onAside: (reason: string) => void }) {
  const [reason, setReason] = useState("");
  const good = reason.trim() !== "";
  return (
    <details>
      <summary>{say(TEXTS, "asideOpen")}</summary>
      <form
        class="sign-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (good) onAside(reason.trim());
        }}
      >
        <Field label={say(TEXTS, "asideReason")} hint={say(TEXTS, "asideHint")}>
          {(carried) => (
            <input
              {...carried}
              dir="auto"
              maxLength={300}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" disabled={!good}>
          {say(TEXTS, "asideDo")}
        </button>
      </form>
    </details>
  );
}

function Ended({ report }: { report: UnitReport }) {
  const said = report.state === "said";
  return (
    <article class="sign-report">
      <Saw report={report} />
      <p>
        <Chip tone={said ? "good" : "off"}>
          {say(TEXTS, said ? "endedSaid" : "endedAside", { post: report.by })}
        </Chip>{" "}
        {said && report.said_as ? (
          <Ltr>
            {report.said_as[0]} {report.said_as[1]}
          </Ltr>
        ) : (
          <bdi>{report.reason}</bdi>
        )}
      </p>
    </article>
  );
}
