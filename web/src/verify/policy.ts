// Whose word counts: C2SP tlog-policy, read strictly. Names in it are octets without a meaning.

import { type Bytes, fromOctets, octets, textOf } from "./bytes";
import { broken } from "./fault";
import { ALGORITHM_COSIGNATURE, ALGORITHM_ED25519, parseVkey, type VerifierKey } from "./keys";

const POLICY_BYTES_MAX = 200_000;
const LINES_MAX = 256;
const NONE = "none";

interface Witness {
  /** Its name within the policy. */
  readonly name: string;
  readonly key: VerifierKey;
}

interface Group {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

/** Which logs count, and who must have cosigned their heads. */
export interface Policy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly Witness[];
  readonly groups: readonly Group[];
  readonly quorum: string;
}

/** Returns whether the witnesses of these names in the policy are a quorum (C2SP tlog-policy). */
export function isMetBy(policy: Policy, cosigned: Iterable<string>): boolean {
  if (policy.quorum === NONE) return true;
  const there = new Set(cosigned);
  const found = new Set(policy.witnesses.map((each) => each.name).filter((one) => there.has(one)));
  for (const group of policy.groups) {
    const count = group.members.filter((member) => found.has(member)).length;
    if (count >= group.threshold) found.add(group.name);
  }
  return found.has(policy.quorum);
}

/** Returns the policy of a file (C2SP tlog-policy). */
export function parsePolicy(data: Bytes): Policy {
  if (data.length > POLICY_BYTES_MAX) broken(`a policy of ${data.length} bytes`);
  const text = octets(data);
  if (!/^[\t\n\x20-\x7e\x80-\xff]*\n$/.test(text)) broken("not whole lines without controls");
  const reader = new PolicyReader();
  for (const line of text.split("\n")) {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words[0] !== undefined && !words[0].startsWith("#")) reader.take(words);
  }
  return reader.policy();
}

/** Takes one line after the other: a name must have been defined on a line before. */
class PolicyReader {
  private readonly logs: VerifierKey[] = [];
  private readonly witnesses: Witness[] = [];
  private readonly groups: Group[] = [];
  private readonly names = new Set<string>();
  private readonly members = new Set<string>();
  private quorum: string | null = null;

  take(words: readonly string[]): void {
    const [kind, name = "", third = "", ...rest] = words;
    const count = words.length;
    if (kind === "log" && (count === 2 || count === 3)) {
      this.logs.push(keyOf(name, ALGORITHM_ED25519));
    } else if (kind === "witness" && (count === 3 || count === 4)) {
      const key = keyOf(third, ALGORITHM_COSIGNATURE);
      this.define(name);
      this.witnesses.push({ name, key });
    } else if (kind === "group" && count >= 4) {
      this.group(name, third, rest);
    } else if (kind === "quorum" && count === 2 && this.quorum === null) {
      if (name !== NONE && !this.names.has(name)) broken(`quorum ${name} is not defined before`);
      this.quorum = name;
    } else broken("a line that is no log, witness, group or quorum");
  }

  private define(name: string): void {
    if (name === NONE || this.names.has(name)) broken(`policy name ${name} is taken`);
    this.names.add(name);
  }

  private group(name: string, word: string, members: readonly string[]): void {
    for (const member of members) {
      if (!this.names.has(member)) broken(`member ${member} is not defined before`);
      if (this.members.has(member)) broken(`member ${member} is there twice`);
      this.members.add(member);
    }
    if (word !== "all" && word !== "any" && !/^[1-9][0-9]{0,3}$/.test(word)) {
      broken("a group without a threshold");
    }
    const threshold = word === "all" ? members.length : word === "any" ? 1 : Number(word);
    if (threshold > members.length) broken(`group ${name} asks for more than it has`);
    this.define(name);
    this.groups.push({ name, threshold, members });
  }

  policy(): Policy {
    const { logs, witnesses, groups, quorum } = this;
    if (quorum === null) broken("a policy without a quorum line");
    if ([logs, witnesses, groups].some((one) => one.length > LINES_MAX)) broken("too many lines");
    const points = [logs, witnesses.map((each) => each.key)];
    if (points.some((keys) => new Set(keys.map((key) => key.point)).size !== keys.length)) {
      broken("a key there twice");
    }
    return { logs, witnesses, groups, quorum };
  }
}

function keyOf(word: string, algorithm: number): VerifierKey {
  const key = parseVkey(textOf(fromOctets(word)) ?? broken("a key that is not UTF-8"));
  if (key.algorithm !== algorithm) broken(`key ${key.name} is of algorithm ${key.algorithm}`);
  return key;
}
