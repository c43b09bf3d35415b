// What must be seen over an open dialog: that the screen is not live, and the most urgent conflict.
// Of now also in REPLAY; what counts down is for the eye alone.
import { computed } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { ClassMark } from "../alerts/ClassMark";
import { MARGIN_US } from "../alerts/order";
import { TEXTS as ALERTS } from "../alerts/texts";
import { statusOf, urgencyOf } from "../alerts/urgency";
import { classWord, kindWord, pairWord } from "../alerts/words";
import type { AlertView } from "../api/types";
import { Ltr } from "../look/kit";
import { nowUs } from "../look/tick";
import { spanFloorText } from "../look/units";
import { say } from "../text/language";
import { TEXTS as TIME } from "../time/texts";
import { lastingFault } from "./StaleBanner";
import { liveScreen, mode } from "./state";

// What is under way has no time left to count: it counts as now, as in the list (`alerts/order`).
const lossOf = (alert: AlertView) =>
  alert.loss_us ??
  (alert.alert_class === "short-term" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
const isActual = (alert: AlertView) => Number(statusOf(alert.text) === null);

/** Names what an alert is about: its key changes when another party tells it. */
export const aboutOf = (alert: AlertView) =>
  `${alert.what} ${alert.alert_class} ${pairWord(alert.aircraft)} ${alert.object ?? ""}`;

/**
 * Returns the open alert that leaves the least time: actual ones first, then by class and loss.
 *
 * @param before what was shown: it stays while no other of its class is sooner by the margin.
 */
export function mostPressing(alerts: readonly AlertView[], before = ""): AlertView | undefined {
  const all = alerts
    .filter((each) => urgencyOf(each.alert_class) > 0 && each.life?.word !== "resolved")
    .sort((one, two) => rank(one, two) || lossOf(one) - lossOf(two) || 0);
  const [first] = all;
  const stays = all.find(
    (each) =>
      first !== undefined &&
      aboutOf(each) === before &&
      rank(each, first) === 0 &&
      !(lossOf(each) - lossOf(first) > MARGIN_US),
  );
  return stays ?? first;
}

function rank(one: AlertView, two: AlertView): number {
  return isActual(two) - isActual(one) || urgencyOf(two.alert_class) - urgencyOf(one.alert_class);
}

/** One line for what is wrong with the screen, one for the alert; nothing where nothing presses. */
export function Pressing() {
  const fault = lastingFault.value;
  const before = useRef("");
  const alert = mostPressing(liveScreen.value?.alerts.alerts ?? [], before.current);
  before.current = alert ? aboutOf(alert) : "";
  return (
    <>
      {fault !== "" && (
        <p>
          <strong>{fault}</strong>
        </p>
      )}
      {alert && <Alert alert={alert} />}
    </>
  );
}

function Alert({ alert }: { alert: AlertView }) {
  const status = statusOf(alert.text);
  return (
    <p data-class={alert.alert_class}>
      {mode.value === "REPLAY" && `${say(TIME, "LIVE")}: `}
      <ClassMark word={alert.alert_class} />
      <strong>{classWord(alert.alert_class)}</strong>
      <Ltr>{pairWord(alert.aircraft)}</Ltr>
      {alert.what !== "separation" && (
        <span>
          {kindWord(alert)} <bdi>{alert.object}</bdi>
        </span>
      )}
      {status && <strong>{say(ALERTS, status === "EXERCISE" ? "exercise" : "test")}</strong>}
      {alert.loss_us !== null && <Left lossUs={alert.loss_us} />}
    </p>
  );
}

function Left({ lossUs }: { lossUs: number }) {
  const leftS = useMemo(
    () => computed(() => Math.floor((lossUs - nowUs.value) / 1_000_000)),
    [lossUs],
  ).value;
  return (
    <span aria-hidden="true">
      {leftS < 0
        ? say(ALERTS, "lossPassed", { span: spanFloorText(-leftS) })
        : `${say(ALERTS, "lossIn")} ${spanFloorText(leftS)}`}
    </span>
  );
}
