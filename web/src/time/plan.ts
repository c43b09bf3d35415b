// What is planned at an instant ahead: intents whose time it is, and where plans are in each other's
// way. Only what was filed is told: nothing here is a prediction of what will be.
import type { ConflictsView, IntentShown, MapIntent, MapView, MapVolume } from "../api/types";

/** An intent whose time holds an instant. */
export interface Planned {
  intent: string;
  agreement: string;
  party: string;
  flight: string;
  state: string;
  fromUs: number | null;
  toUs: number | null;
}

/** A time on the bar in which plans are in each other's way. */
export interface Clash {
  /** Null: without a beginning, or without an end. */
  fromUs: number | null;
  toUs: number | null;
  /** In the node's words, the same at both parties. */
  text: string;
  flights: [string, string];
  /** False: they may overlap, and it is not decided. */
  sure: boolean;
  agreement: string;
}

/** Whether a time holds an instant; a time without an end is open there. */
export function holds(fromUs: number | null, toUs: number | null, atUs: number): boolean {
  return (fromUs === null || fromUs <= atUs) && (toUs === null || atUs < toUs);
}

/** Returns the intents of which a volume holds an instant: those of the map, then all others. */
export function plannedAt(
  intents: readonly IntentShown[],
  map: MapView | null,
  atUs: number,
): Planned[] {
  const drawn = map?.intents ?? [];
  const known = new Set(drawn.map(nameOf));
  const found: Planned[] = [];
  for (const each of drawn) {
    const now = each.volumes.filter((volume) => holds(volume.from_us, volume.to_us, atUs));
    if (now.length === 0 || each.state === "Ended") continue;
    const { intent, agreement, party, flight, state } = each;
    const [fromUs, toUs] = [earliest(now), latest(now)];
    found.push({ intent, agreement, party, flight, state, fromUs, toUs });
  }
  for (const each of intents) {
    if (each.over || each.state === "Ended" || known.has(nameOf(each))) continue;
    if (!holds(each.from_us, each.to_us, atUs)) continue;
    const { intent, agreement, party, flight, state } = each;
    found.push({ intent, agreement, party, flight, state, fromUs: each.from_us, toUs: each.to_us });
  }
  return found;
}

/** Returns how many intents stand that neither the map nor the list has: they may be active too. */
export function plansLeftOut(total: number, listed: number, map: MapView | null): number {
  return Math.max(0, total - Math.max(listed, map?.intents.length ?? 0));
}

function nameOf(each: MapIntent | IntentShown): string {
  return `${each.agreement}|${each.party}|${each.intent}`;
}

function earliest(volumes: readonly MapVolume[]): number | null {
  const all = volumes.map((each) => each.from_us);
  return all.some((us) => us === null) ? null : Math.min(...all.filter((us) => us !== null));
}

function latest(volumes: readonly MapVolume[]): number | null {
  const all = volumes.map((each) => each.to_us);
  return all.some((us) => us === null) ? null : Math.max(...all.filter((us) => us !== null));
}

/** Returns the times in which plans are in each other's way, or may be. */
export function clashesOf(conflicts: readonly ConflictsView[]): Clash[] {
  return conflicts.flatMap((under) =>
    under.conflicts.flatMap(({ conflict, text }) =>
      conflict.commons.map((common) => ({
        fromUs: common.from_us,
        toUs: common.to_us,
        text,
        flights: conflict.flights,
        sure: conflict.decided === "overlap",
        agreement: under.agreement,
      })),
    ),
  );
}
