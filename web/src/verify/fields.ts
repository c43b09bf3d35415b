// The fields of a JSON object by their types; whatever is of another type is a broken form.

import { broken } from "./fault";
import { JsonObject, type JsonValue, OddNumber } from "./json";

/** Takes the fields of one object; `end` refuses those that nobody asked for. */
export class Fields {
  private readonly what: string;
  private readonly object: JsonObject;
  private readonly asked = new Set<string>();

  constructor(value: JsonValue, what: string) {
    this.what = what;
    this.object = value instanceof JsonObject ? value : broken(`${what} is no object`);
  }

  has(name: string): boolean {
    return this.object.fields.has(name);
  }

  value(name: string): JsonValue {
    this.asked.add(name);
    const found = this.object.fields.get(name);
    return found === undefined ? broken(`${this.what} is without ${name}`) : found;
  }

  text(name: string): string {
    return asText(this.value(name), `${this.what} ${name}`);
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T {
    const found = this.text(name);
    return words.find((word) => word === found) ?? broken(`${this.what} ${name} is ${found}`);
  }

  integer(name: string): number {
    return asInteger(this.value(name), `${this.what} ${name}`);
  }

  /** An instant as somebody claims it: any integer. */
  instant(name: string): bigint {
    const found = this.value(name);
    if (found instanceof OddNumber && found.isInteger) return BigInt(found.text);
    return BigInt(asInteger(found, `${this.what} ${name}`));
  }

  list<T>(name: string, read: (value: JsonValue, what: string) => T): readonly T[] {
    const what = `${this.what} ${name}`;
    return asList(this.value(name), what).map((each) => read(each, what));
  }

  texts(name: string): ReadonlyMap<string, string> {
    const what = `${this.what} ${name}`;
    const value = this.value(name);
    if (!(value instanceof JsonObject)) broken(`${what} is no object`);
    return new Map([...value.fields].map(([key, each]) => [key, asText(each, what)]));
  }

  /** Returns a field that may be left out or, where `nullable`, be null. */
  maybe<T>(name: string, otherwise: T, read: () => T, nullable = false): T {
    this.asked.add(name);
    const found = this.object.fields.get(name);
    return found === undefined || (nullable && found === null) ? otherwise : read();
  }

  end(): void {
    for (const name of this.object.fields.keys()) {
      if (!this.asked.has(name)) broken(`${this.what} has an unknown field ${name}`);
    }
  }
}

export function asText(value: JsonValue, what: string): string {
  return typeof value === "string" ? value : broken(`${what} is no text`);
}

/** Returns an integer; one that JavaScript would round is refused, as nobody has so many of it. */
export function asInteger(value: JsonValue, what: string): number {
  if (value instanceof OddNumber && value.isInteger) broken(`${what} is beyond 2^53`);
  return typeof value === "number" ? value : broken(`${what} is no integer`);
}

export function asList(value: JsonValue, what: string): readonly JsonValue[] {
  return Array.isArray(value) ? value : broken(`${what} is no list`);
}

/** Returns a pair of integers. */
export function asPair(value: JsonValue, what: string): readonly [number, number] {
  const [one, other, ...more] = asList(value, what);
  if (one === undefined || other === undefined || more.length > 0) broken(`${what} is no pair`);
  return [asInteger(one, what), asInteger(other, what)];
}
