// Which rows are the same alert in two views: the log and index of a conflict change when our own
// node raises what another party had raised first, and neither a row nor a voice may take it for new.
import type { AlertView } from "../api/types";

/** Returns a name for each alert that stays while what it is about does. */
export function named(alerts: readonly AlertView[]): Map<string, AlertView> {
  const found = new Map<string, AlertView>();
  for (const alert of alerts) {
    const about = [alert.agreement, alert.what, ...[...alert.aircraft].sort(), alert.object ?? ""];
    const name = about.join("\n");
    // Two of the same aircraft at once: an old one that nobody ended, and a new one.
    found.set(found.has(name) ? `${name}\n${alert.key[0]} ${alert.key[1]}` : name, alert);
  }
  return found;
}

/** Whether an alert is the one of a log and index, by its own entry or by another party's. */
export function isOf(alert: AlertView, log: string, index: number): boolean {
  return [alert.key, ...alert.others.map((each) => each.key)].some(
    (key) => key[0] === log && key[1] === index,
  );
}

/** Returns the newest form of an alert: what is before a person who looks at it now. */
export function newestForm(alert: AlertView): [string, number] {
  return alert.forms[0]?.key ?? alert.key;
}
