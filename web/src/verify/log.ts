// A log of a pack as far as the steps have come: its keys, heads, entries and what they say.

import { type Bytes, checkName, hex } from "./bytes";
import type { Checkpoint } from "./checkpoint";
import { attempt, broken } from "./fault";
import type { VerifierKey } from "./keys";
import { hashAt, Tree } from "./merkle";
import type { Note } from "./note";
import type { PackLog } from "./pack";
import type { Policy } from "./policy";

/** A verified cosignature: by whom, and when they say they made it, seconds since 1970. */
export interface Cosigned {
  readonly cosigner: string;
  readonly timeS: bigint;
}

/** A signed head: what it says, and who cosigned it when. */
export interface CheckedHead {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  readonly noteBytes: Bytes;
  cosigned: readonly Cosigned[];
}

/** Entries [start, end) that are under a signed root, with their leaf hashes in a row. */
export interface CheckedRange {
  readonly start: number;
  readonly end: number;
  readonly entries: readonly Bytes[];
  readonly leaves: Bytes;
}

/** A head that entries name, with the first entry that does. */
export interface SeenHead {
  readonly origin: string;
  readonly size: number;
  /** The size as it stands in the entry; `size` is rounded beyond 2^53. */
  readonly told: string;
  readonly root: string;
  readonly index: number;
}

export interface LogName {
  readonly agreement: string;
  readonly party: string;
  readonly kind: string;
}

export class CheckedLog {
  readonly shown: PackLog;
  readonly keys: readonly VerifierKey[];
  /** Whether its keys are among those that the verifying person gave. */
  readonly given: boolean;
  readonly policy: Policy;
  readonly name: LogName | null;
  heads: CheckedHead[] = [];
  ranges: CheckedRange[] = [];
  tree = new Tree();
  /** How many entries hold a commitment in place of their payload. */
  sealed = 0;
  /** How many entries no release at hand can read. */
  unreadable = 0;
  /** Heads that its entries name. */
  readonly seen = new Map<string, SeenHead>();
  /** Indices of entries that say something about the record itself, by type. */
  readonly plain = new Map<string, number[]>();
  private roots: Map<number, Bytes> | null = null;
  private largest: Map<string, number> | null = null;

  constructor(shown: PackLog, keys: readonly VerifierKey[], given: boolean, policy: Policy) {
    this.shown = shown;
    this.keys = keys;
    this.given = given;
    this.policy = policy;
    this.name = logName(shown.origin);
  }

  get origin(): string {
    return this.shown.origin;
  }

  /** The log as faults name it. */
  get what(): string {
    return `log ${this.shown.origin}`;
  }

  /** Whose log it is, or "" for an origin of another profile. */
  get party(): string {
    return this.name?.party ?? "";
  }

  get newest(): Checkpoint {
    return this.newestHead.checkpoint;
  }

  get newestHead(): CheckedHead {
    return this.heads[this.heads.length - 1] ?? broken("a log without a head");
  }

  get firstKey(): VerifierKey {
    return this.keys[0] ?? broken("a log without a key");
  }

  /** Returns the key in force at a size. */
  keyAt(size: number): VerifierKey {
    let found = this.firstKey;
    for (const [n, listed] of this.shown.keys.entries()) {
      if (listed.from <= size) found = this.keys[n] ?? found;
    }
    return found;
  }

  private rangeOf(index: number): CheckedRange | null {
    let [low, high] = [0, this.ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ranges[middle]?.end ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    const found = this.ranges[low];
    return found && found.start <= index ? found : null;
  }

  /** Returns the exact bytes of an entry, or null where it is not shown. */
  entry(index: number): Bytes | null {
    const range = this.rangeOf(index);
    return range?.entries[index - range.start] ?? null;
  }

  /** Returns the leaf hash of an entry, or null where it is not shown. */
  leaf(index: number): Bytes | null {
    const range = this.rangeOf(index);
    return range && hashAt(range.leaves, index - range.start);
  }

  /** Returns the root at a size, as entries or a signed head give it; null if neither does. */
  rootAt(size: number): Bytes | null {
    if (size <= this.tree.size) return this.tree.root(size);
    this.roots ??= new Map(this.heads.map((head) => [head.checkpoint.size, head.checkpoint.root]));
    return this.roots.get(size) ?? null;
  }

  /** Returns whether a root in hexadecimal is the one at a size; null where none can be computed. */
  isRoot(size: number, rootHex: string): boolean | null {
    const known = this.rootAt(size);
    return known && hex(known) === rootHex;
  }

  /** Returns the size of the largest head that a party cosigned; 0 for none. */
  cosignedBy(party: string): number {
    this.largest ??= new Map(
      this.heads.flatMap((head) =>
        head.cosigned.map((one) => [cosignerWords(one.cosigner), head.checkpoint.size] as const),
      ),
    );
    return this.largest.get(party) ?? 0;
  }

  /** Returns whose cosignatures stand on any of its heads. */
  get cosigners(): ReadonlySet<string> {
    return new Set(
      this.heads.flatMap((head) => head.cosigned.map((one) => cosignerWords(one.cosigner))),
    );
  }
}

/** Returns the party behind a mirror or witness key, as people say it. */
export function cosignerWords(name: string): string {
  const parts = name.split("/");
  return parts.length === 3 && parts[0] === "parley" ? (parts[1] ?? name) : name;
}

/** Returns the parts of an origin `parley.example/AGREEMENT/PARTY/KIND/YEAR`, or null. */
export function logName(origin: string): LogName | null {
  const [prefix, agreement = "", party = "", kind = "", year = "", ...more] = origin.split("/");
  const good =
    prefix === "parley.example" &&
    more.length === 0 &&
    ["line", "ops", "private"].includes(kind) &&
    /^[0-9]{4}(?:\.(?:[2-9]|[1-9][0-9]{1,3}))?$/.test(year);
  if (!good) return null;
  const named = attempt(() => {
    checkName(agreement, "agreement");
    checkName(party, "party");
    return true;
  });
  return named ? { agreement, party, kind } : null;
}
