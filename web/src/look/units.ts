// Numbers as people read them. Stored values are never converted: only what is shown is.
// Every text from here is left-to-right by itself: a level read backwards is a hazard.
import { units } from "../shell/state";

const METRES_PER_NM = 1852;
const METRES_PER_FOOT = 0.3048;
const KNOTS_PER_MPS = 3600 / METRES_PER_NM;

/** Returns a distance: NM, or km and m. */
export function distanceText(metres: number): string {
  if (units.value === "aviation") {
    const nm = metres / METRES_PER_NM;
    return `${nm < 10 ? nm.toFixed(1) : Math.round(nm)} NM`;
  }
  if (metres < 1000) return `${Math.round(metres)} m`;
  const km = metres / 1000;
  return `${km < 10 ? km.toFixed(1) : Math.round(km)} km`;
}

/** Returns a height or a difference of heights: ft, or m. */
export function heightText(metres: number): string {
  if (units.value === "metric") return `${Math.round(metres)} m`;
  const feet = metres / METRES_PER_FOOT;
  return `${Math.abs(feet) >= 1000 ? Math.round(feet / 100) * 100 : Math.round(feet)} ft`;
}

/** Returns a height with its reference: a level on the standard pressure, else feet or metres. */
export function levelText(metres: number, reference: string): string {
  if (reference === "SFC" || reference === "UNL") return reference;
  if (reference === "STD" && units.value === "aviation") {
    return `FL${String(Math.round(metres / METRES_PER_FOOT / 100)).padStart(3, "0")}`;
  }
  return `${heightText(metres)} ${reference}`;
}

/** Returns a speed: kt, or km/h. */
export function speedText(mps: number): string {
  if (units.value === "aviation") return `${Math.round(mps * KNOTS_PER_MPS)} kt`;
  return `${Math.round(mps * 3.6)} km/h`;
}

/** Returns a span of time: "1:24", "2 h 05 min", "3 d". */
export function spanText(seconds: number): string {
  const whole = Math.max(0, Math.round(Math.abs(seconds)));
  if (whole < 3600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  if (whole < 86_400) {
    return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
  }
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** Returns the time of day of an instant, UTC: "12:41:07Z". */
export function clockText(instantUs: number): string {
  return `${new Date(instantUs / 1000).toISOString().slice(11, 19)}Z`;
}

/** Returns an instant with its day, UTC: "2017-06-20 12:41:07Z". */
export function instantText(instantUs: number): string {
  const iso = new Date(instantUs / 1000).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}
