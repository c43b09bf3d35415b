// The end of the header: who sits here, what a unit reported, and the way to sign.
//
// Always there: a screen that looks only must never look like one that acts, nor the other way.
import { useEffect } from "preact/hooks";
import { refreshSession } from "../live/link";
import { Dialog, Unseen } from "../look/kit";
import { bindKeys } from "../shell/keys";
import { session } from "../shell/state";
import { say } from "../text/language";
import { EnrolPart } from "./EnrolPart";
import { ReportsPart } from "./ReportsPart";
import { askPeople, type Open, open, tried, waitingReports } from "./room";
import { SessionPart } from "./SessionPart";
import { SignPart } from "./SignPart";
import "./sign.css";
import { TEXTS, type TextKey } from "./texts";

const ASK_AGAIN_MS = 60_000;

/** The part of the header about people. */
export function SignInPane() {
  useEffect(() => begin(), []);
  return (
    <div class="sign">
      <ReportsButton />
      <WhoButton />
      <RoomDialog />
    </div>
  );
}

function begin(): () => void {
  // A session ends by itself, and with the node: the screen must not go on believing in it.
  const timer = setInterval(() => void tried(refreshSession), ASK_AGAIN_MS);
  const unbind = bindKeys("sign", [
    { key: "p", told: () => say(TEXTS, "keyPeople"), does: () => show("session") },
    { key: "u", told: () => say(TEXTS, "keyReports"), does: () => show("reports") },
  ]);
  return () => {
    clearInterval(timer);
    unbind();
  };
}

function show(what: Open): void {
  open.value = what;
  if (what === "sign" || what === "enrol") void tried(askPeople);
}

/** Which of the four this browser is: the demonstration, an operator, an observer, nobody. */
function whoKey(): "whoDemo" | "whoOperator" | "whoObserver" | "whoNobody" | "whoUnknown" {
  const who = session.value;
  if (who === null) return "whoUnknown";
  if (who.role === "operator") return who.signed_in ? "whoOperator" : "whoDemo";
  return who.signed_in ? "whoObserver" : "whoNobody";
}

const MARKS = { whoDemo: "◇", whoOperator: "◆", whoObserver: "○", whoNobody: "○", whoUnknown: "?" };

function WhoButton() {
  const key = whoKey();
  const left = session.value?.ends_in_s ?? null;
  const soon = left !== null && left < 3600;
  return (
    <button type="button" class="sign-who" data-who={key} onClick={() => show("session")}>
      <span aria-hidden="true">{MARKS[key]}</span> {say(TEXTS, key)}
      {soon && <span class="sign-soon"> {say(TEXTS, "endsSoon")}</span>}
    </button>
  );
}

function ReportsButton() {
  const waiting = waitingReports();
  const newest = waiting.at(-1);
  return (
    <>
      <span class="unseen" role="alert">
        {newest ? say(TEXTS, "reportSpoken", { unit: newest.unit }) : ""}
      </span>
      {waiting.length > 0 && (
        <button type="button" class="sign-reports" onClick={() => show("reports")}>
          <span aria-hidden="true">⚑</span> {say(TEXTS, "reportsWait", { count: waiting.length })}
          <Unseen> {say(TEXTS, "reportsNowhere")}</Unseen>
        </button>
      )}
    </>
  );
}

const TITLES: Record<NonNullable<Open>, TextKey> = {
  session: "sessionTitle",
  sign: "signTitle",
  enrol: "enrolTitle",
  reports: "reportsTitle",
};

function RoomDialog() {
  const what = open.value;
  return (
    <Dialog
      open={what !== null}
      title={what === null ? "" : say(TEXTS, TITLES[what])}
      onClose={() => {
        open.value = null;
      }}
      class="sign-dialog"
    >
      {what === "session" && <SessionPart onShow={show} />}
      {what === "sign" && <SignPart onShow={show} />}
      {what === "enrol" && <EnrolPart onShow={show} />}
      {what === "reports" && <ReportsPart />}
    </Dialog>
  );
}
