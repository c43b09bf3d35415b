// Which alert is chosen: the selection of the whole screen, the row that the keyboard stands on, and
// what is shown below the list.
import { signal } from "@preact/signals";
import type { AlertView } from "../api/types";
import { selection } from "../shell/state";
import { isOf } from "./identity";

/** The row on which the keyboard stands, by its name; null before it was entered. */
export const entered = signal<string | null>(null);

/** Selects an alert for the whole screen. */
export function select(alert: AlertView): void {
  selection.value = { kind: "alert", log: alert.key[0], index: alert.key[1] };
}

/** Whether an alert is the selected one. */
export function isSelected(alert: AlertView): boolean {
  const now = selection.value;
  return now?.kind === "alert" && isOf(alert, now.log, now.index);
}

/**
 * Returns the alert that is shown below the list: the selected one, else that of the keyboard, else
 * the first.
 *
 * Null with `gone`: one is selected that is not open any more. Another pair must not take its place
 * without a sign.
 */
export function shownOf(
  alerts: readonly AlertView[],
  keyboard?: AlertView,
): { alert: AlertView | null; gone: boolean } {
  const now = selection.value;
  if (now?.kind !== "alert") return { alert: keyboard ?? alerts[0] ?? null, gone: false };
  const found = alerts.find((each) => isOf(each, now.log, now.index));
  return { alert: found ?? null, gone: found === undefined };
}
