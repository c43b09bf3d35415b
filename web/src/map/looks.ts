// How each aircraft looks: its shape by whose it is, its ring by the alert it is in. Tables by the
// number that an aircraft has in frames, so that a frame of many is dressed in one pass.
import type { AlertView, ScreenView } from "../api/types";
import type { Named } from "../shell/state";

export const OWN = 0;
export const OTHER = 1;
export const THIRD = 2;
export type Side = 0 | 1 | 2;
/** No ring; one thin ring; a double ring; a thick double ring. */
export const NO_RING = 0;
export const COORDINATE = 1;
export const OWN_MOVE = 2;
export const SHORT_TERM = 3;
export type RingClass = 0 | 1 | 2 | 3;
export const SELECTED_BIT = 1 << 4;
export const HIDDEN_BIT = 1 << 5;

/** Returns whose a party's aircraft are: our own, another party's of an agreement, or a third's. */
export function sideOf(party: string | null, own: string, parties: ReadonlySet<string>): Side {
  if (party !== null && party !== "" && party === own) return OWN;
  return party !== null && parties.has(party) ? OTHER : THIRD;
}

/** Returns the ring of an alert class; a class that is not known here is shown as the gravest. */
export function ringOf(alertClass: string): RingClass {
  if (alertClass === "coordinate") return COORDINATE;
  return alertClass === "own move only" ? OWN_MOVE : SHORT_TERM;
}

/** Returns the parties of all agreements. */
export function partiesOf(screen: ScreenView | null): ReadonlySet<string> {
  const found = new Set<string>();
  for (const agreement of screen?.agreements ?? []) {
    for (const { party } of agreement.parties) found.add(party);
  }
  return found;
}

/** Returns the gravest ring of each aircraft by name. */
export function ringsOf(alerts: readonly AlertView[]): ReadonlyMap<string, RingClass> {
  const rings = new Map<string, RingClass>();
  for (const alert of alerts) {
    const ring = ringOf(alert.alert_class);
    for (const aircraft of alert.aircraft) {
      if (ring > (rings.get(aircraft) ?? NO_RING)) rings.set(aircraft, ring);
    }
  }
  return rings;
}

/** The tables; grown with the names, dressed anew when parties, alerts or the selection change. */
export class Looks {
  /** By number: shape in two bits, ring in two, selected in one. */
  look = new Uint8Array(1024).fill(THIRD);
  private numbers = new Map<string, number[]>();
  private seen: ReadonlyMap<number, Named> = new Map();
  private seenCount = 0;
  private own = "";
  private parties: ReadonlySet<string> = new Set();
  private partiesKey = "";
  private special: number[] = [];
  private rings: ReadonlyMap<string, RingClass> = new Map();
  private selected: ReadonlySet<string> = new Set();

  /** Takes the names that came; a shorter list is another numbering and begins anew. */
  takeNames(names: ReadonlyMap<number, Named>): void {
    if (names === this.seen) return;
    if (!this.goesOn(names)) this.clear();
    this.seen = names;
    let index = 0;
    for (const [number, named] of names) {
      if (index >= this.seenCount) this.add(number, named);
      index += 1;
    }
    this.seenCount = names.size;
    this.dressSpecial();
  }

  private goesOn(names: ReadonlyMap<number, Named>): boolean {
    const after = names.entries();
    for (const [number, before] of this.seen) {
      const next = after.next().value;
      if (next === undefined || next[0] !== number) return false;
      if (next[1].aircraft !== before.aircraft || next[1].party !== before.party) return false;
    }
    return true;
  }

  private clear(): void {
    this.numbers = new Map();
    this.special = [];
    this.seenCount = 0;
    this.look.fill(THIRD);
  }

  private add(number: number, named: Named): void {
    if (number >= this.look.length) {
      const grown = new Uint8Array(Math.max(number + 1, 2 * this.look.length)).fill(THIRD);
      grown.set(this.look);
      this.look = grown;
    }
    this.look[number] = sideOf(named.party, this.own, this.parties);
    const known = this.numbers.get(named.aircraft);
    if (known === undefined) this.numbers.set(named.aircraft, [number]);
    else known.push(number);
  }

  /** Takes whose node this is and the parties; dresses all anew only where they changed. */
  takeParties(own: string, parties: ReadonlySet<string>): void {
    const key = [own, ...[...parties].sort()].join("\n");
    if (key === this.partiesKey) return;
    this.partiesKey = key;
    this.own = own;
    this.parties = parties;
    for (const [number, named] of this.seen) this.look[number] = sideOf(named.party, own, parties);
    this.dressSpecial();
  }

  /** Takes who is in an alert and who is selected. */
  takeSpecial(rings: ReadonlyMap<string, RingClass>, selected: ReadonlySet<string>): void {
    this.rings = rings;
    this.selected = selected;
    this.dressSpecial();
  }

  private dressSpecial(): void {
    for (const number of this.special) this.look[number] = (this.look[number] ?? THIRD) & 3;
    this.special = [];
    for (const [aircraft, ring] of this.rings) this.mark(aircraft, ring << 2);
    for (const aircraft of this.selected) this.mark(aircraft, SELECTED_BIT);
  }

  private mark(aircraft: string, bits: number): void {
    for (const number of this.numbers.get(aircraft) ?? []) {
      this.look[number] = (this.look[number] ?? THIRD) | bits;
      this.special.push(number);
    }
  }

  /** Returns the numbers of an aircraft: one for each party that reports one of this name. */
  numbersOf(aircraft: string): readonly number[] {
    return this.numbers.get(aircraft) ?? [];
  }

  named(number: number): Named | undefined {
    return this.seen.get(number);
  }

  /** Returns the numbers that the node is to send wherever they are: in alerts, selected. */
  always(most: number): number[] {
    return [...new Set(this.special)].slice(0, most);
  }

  side(number: number): Side {
    return ((this.look[number] ?? THIRD) & 3) as Side;
  }

  ring(number: number): RingClass {
    return (((this.look[number] ?? 0) >> 2) & 3) as RingClass;
  }

  isSelected(number: number): boolean {
    return ((this.look[number] ?? 0) & SELECTED_BIT) !== 0;
  }
}
