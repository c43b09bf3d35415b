// What is spoken of the alerts: a new one, one that became more urgent, one that ended. Never the
// seconds, never all at once when the screen opens, and in a flood one sentence for all (NORMS 6).
import type { AlertsView, AlertView } from "../api/types";
import { NORMS } from "../terms/norms";
import { named } from "./identity";
import { urgencyOf } from "./urgency";

const US_PER_S = 1_000_000;
/** More of one kind in one view than this are told as a number. */
const TOLD_MAX = 3;
/** In a flood so long between two sentences about it. */
const FLOOD_AGAIN_US = 60 * US_PER_S;

/** One thing to say. */
export type Spoken =
  | { kind: "standing"; count: number }
  | { kind: "new" | "worse"; alert: AlertView }
  | { kind: "ended"; aircraft: readonly string[]; why: string; cameUs: number | null }
  | { kind: "endedMany"; count: number }
  | { kind: "flood"; count: number; shortTerm: number };

interface Known {
  urgency: number;
  alert: AlertView;
}

/** Remembers what was spoken of; one for the whole session. */
export class Announcer {
  #known: Map<string, Known> | null = null;
  #told: number[] = [];
  #floodUs = Number.NEGATIVE_INFINITY;

  /** Returns what is to be said of a view, and which alerts are newly short-term. */
  take(view: AlertsView, atUs: number): { said: Spoken[]; shortTerm: AlertView[] } {
    const now = named(view.alerts);
    const before = this.#known;
    this.#known = new Map(
      [...now].map(([id, alert]) => [id, { urgency: worst(before?.get(id), alert), alert }]),
    );
    if (before === null) return { said: standing(view), shortTerm: [] };
    const risen: Spoken[] = [];
    for (const [id, alert] of now) {
      const known = before.get(id);
      if (known === undefined) risen.push({ kind: "new", alert });
      else if (urgencyOf(alert.alert_class) > known.urgency) risen.push({ kind: "worse", alert });
    }
    const shortTerm = risen.flatMap((each) =>
      "alert" in each && each.alert.alert_class === "short-term" ? [each.alert] : [],
    );
    const gone = [...before].filter(([id]) => !now.has(id)).map(([, known]) => known.alert);
    return { said: [...this.#risen(risen, view, atUs), ...ends(gone, view)], shortTerm };
  }

  #risen(risen: Spoken[], view: AlertsView, atUs: number): Spoken[] {
    const { flood_count: count, flood_s: spanS } = floodNorms();
    this.#told = this.#told.filter((each) => atUs - each < spanS * US_PER_S);
    this.#told.push(...risen.map(() => atUs));
    if (risen.length === 0) return [];
    if (this.#told.length <= count) return risen;
    if (atUs - this.#floodUs < FLOOD_AGAIN_US) return [];
    this.#floodUs = atUs;
    const shortTerm = view.alerts.filter((each) => each.alert_class === "short-term").length;
    return [{ kind: "flood", count: this.#told.length, shortTerm }];
  }
}

/** Less urgent and again more calls nobody twice: the node's own rule for alarms. */
function worst(known: Known | undefined, alert: AlertView): number {
  return Math.max(known?.urgency ?? 0, urgencyOf(alert.alert_class));
}

function standing(view: AlertsView): Spoken[] {
  return view.total > 0 ? [{ kind: "standing", count: view.total }] : [];
}

function ends(gone: readonly AlertView[], view: AlertsView): Spoken[] {
  const told = gone.flatMap((alert): Spoken[] => {
    const keys = [alert.key, ...alert.others.map((each) => each.key)];
    const end = view.ended.find((each) =>
      keys.some((key) => key[0] === each.key[0] && key[1] === each.key[1]),
    );
    // One that fell out of a list that is cut short has not ended.
    if (end === undefined && view.left_out > 0) return [];
    const aircraft = alert.aircraft;
    return [{ kind: "ended", aircraft, why: end?.why ?? "", cameUs: end?.came_us ?? null }];
  });
  return told.length > TOLD_MAX ? [{ kind: "endedMany", count: told.length }] : told;
}

function floodNorms(): { flood_count: number; flood_s: number } {
  const { flood_count: count, flood_s: span } = NORMS.alert;
  if (typeof count !== "number" || typeof span !== "number") throw new Error("norms without flood");
  return { flood_count: count, flood_s: span };
}
