// Predicted closest approaches as an alert states them: both straight tracks and where they end.
import type { AlertView, StateShown } from "../api/types";
import { type LonLat, nearLon, placeAt } from "./geodesy";
import { type RingClass, ringOf } from "./looks";

/** A closest approach to draw, from the two states that the alert's own entry holds. */
export interface Encounter {
  key: string;
  log: string;
  index: number;
  ring: RingClass;
  aircraft: readonly [string, string];
  /** Where both are at the instant of the view, straight on from their states. */
  from: readonly [LonLat, LonLat];
  /** Where both are at the closest approach. */
  at: readonly [LonLat, LonLat];
  leastUs: number;
  /** When separation is lost, as the list counts; null: not told. */
  lossUs: number | null;
  horizontalM: number;
  verticalM: number;
}

/** Returns the closest approaches that are still ahead at an instant, the soonest first. */
export function encountersOf(alerts: readonly AlertView[], atUs: number): Encounter[] {
  const found: Encounter[] = [];
  for (const alert of alerts) {
    const made = encounterOf(alert, atUs);
    if (made !== null) found.push(made);
  }
  return found.sort((one, two) => one.leastUs - two.leastUs || one.key.localeCompare(two.key));
}

function encounterOf(alert: AlertView, atUs: number): Encounter | null {
  const [first, second] = alert.states;
  if (first === undefined || second === undefined || alert.states.length !== 2) return null;
  const { least_us: leastUs, least_horizontal_mm: least, vertical_then_mm: vertical } = alert;
  if (leastUs === null || least === null || vertical === null || leastUs < atUs) return null;
  const [log, index] = alert.key;
  return {
    key: `${log} ${index}`,
    log,
    index,
    ring: ringOf(alert.alert_class),
    aircraft: [first.aircraft, second.aircraft],
    from: [straightOn(first, atUs), straightOn(second, atUs)],
    at: [straightOn(first, leastUs), straightOn(second, leastUs)],
    leastUs,
    lossUs: alert.loss_us,
    horizontalM: least / 1000,
    verticalM: vertical / 1000,
  };
}

/** Returns where a state says that an aircraft is at another instant, flying straight on. */
export function straightOn(state: StateShown, atUs: number): LonLat {
  const here = { lonDeg: state.lon_e9 / 1e9, latDeg: state.lat_e9 / 1e9 };
  const seconds = (atUs - state.at_us) / 1e6;
  const [east, north] = [state.east_mmps / 1000, state.north_mmps / 1000];
  const metres = Math.hypot(east, north) * seconds;
  if (metres === 0) return here;
  const bearing = (Math.atan2(east, north) * 180) / Math.PI;
  const there = placeAt(here, metres < 0 ? bearing + 180 : bearing, Math.abs(metres));
  return { lonDeg: nearLon(there.lonDeg, here.lonDeg), latDeg: there.latDeg };
}
