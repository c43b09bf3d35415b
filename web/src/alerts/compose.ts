// "Write to them about it": what the message room opens its composer with. It is written and sent
// there, by a person; nothing is sent from here.
import { signal } from "@preact/signals";
import type { AlertView, StateShown } from "../api/types";
import { bare, clockText, levelText } from "../look/units";

/** A message about an alert, prefilled; `log` and `index` name the alert, for its reference. */
export interface ComposeAbout {
  agreement: string;
  log: string;
  index: number;
  messageType: "conflict.alert";
  to: string[];
  fields: Record<string, string>;
}

/** Set here, taken by the message room, which sets it back to null. */
export const composeAbout = signal<ComposeAbout | null>(null);

/** Whether a message can be written about an alert: a conflict, with somebody else to write to. */
export function canCompose(alert: AlertView, ownParty: string): boolean {
  return alert.what === "separation" && addressees(alert, ownParty).length > 0;
}

/**
 * Returns the prefilled message; its texts are sent, so they carry no marks of direction.
 *
 * Each aircraft has its own level: one number for two would be read as of either.
 */
export function aboutAlert(alert: AlertView, ownParty: string): ComposeAbout {
  const fields: Record<string, string> = {
    level: bare(alert.states.map(levelOf).join(", ")),
  };
  if (alert.loss_us !== null) fields["time"] = bare(clockText(alert.loss_us));
  return {
    agreement: alert.agreement,
    log: alert.key[0],
    index: alert.key[1],
    messageType: "conflict.alert",
    to: addressees(alert, ownParty),
    fields,
  };
}

function addressees(alert: AlertView, ownParty: string): string[] {
  const concerned = alert.life?.parties.map((each) => each.party) ?? alert.parties;
  return [...new Set(concerned)].filter((party) => party !== "" && party !== ownParty).sort();
}

function levelOf(state: StateShown): string {
  return `${state.aircraft} ${levelText(state.altitude_mm / 1000, state.altitude_reference)}`;
}
