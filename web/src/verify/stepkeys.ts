// Step 1 of docs/pack.md: whose keys. Keys that the verifying person has outrank those of the pack.

import { attempt, GivenFault, refuse, within } from "./fault";
import { ALGORITHM_ED25519, makeKey, parseVkey, sameKey, type VerifierKey, vkeyOf } from "./keys";
import { CheckedLog, logName } from "./log";
import type { Pack, PackLog } from "./pack";
import { type Policy, parsePolicy } from "./policy";

/** Keys that the verifying person has from their owners, by name. */
export type Given = ReadonlyMap<string, readonly VerifierKey[]>;

/** Returns the given keys by name; a text that is no vkey is the person's fault, not the pack's. */
export function readGiven(vkeys: readonly string[]): Given {
  const found = new Map<string, VerifierKey[]>();
  for (const text of vkeys) {
    const key = attempt(() => parseVkey(text));
    if (!key) throw new GivenFault(`given key is ${text}, wanted a vkey`);
    found.set(key.name, [...(found.get(key.name) ?? []), key]);
  }
  return found;
}

/** Returns the logs with their keys, each read and compared with the given ones. */
export function checkKeys(pack: Pack, given: Given): CheckedLog[] {
  const own = new Map(pack.logs.map((log) => [log, ownKeys(log)] as const));
  const byParty = new Map<string, Set<string>>();
  for (const [log, keys] of own) {
    const party = logName(log.origin)?.party ?? log.origin;
    const points = byParty.get(party) ?? new Set<string>();
    for (const key of keys) points.add(key.point);
    byParty.set(party, points);
  }
  return [...own].map(([log, keys]) => checkedLog(log, keys, byParty, given));
}

/** Returns a key of the pack that signs messages (algorithm 1). */
function keyOf(what: string, vkey: string, log: string): VerifierKey {
  const place = { log, file: "MANIFEST.json" };
  const key = within(1, what, place, () => parseVkey(vkey));
  if (key.algorithm !== ALGORITHM_ED25519) {
    refuse(1, `${what} ${key.name} is of algorithm ${key.algorithm}, wanted 1`, place);
  }
  return key;
}

function ownKeys(log: PackLog): VerifierKey[] {
  const { origin } = log;
  const keys = log.keys.map((each) => keyOf(`log ${origin} key`, each.vkey, origin));
  if (keys.some((key) => key.name !== origin)) {
    refuse(1, `log ${origin} key is not named by the origin`, { log: origin });
  }
  if (new Set(keys.map((key) => key.point)).size !== keys.length) {
    refuse(1, `log ${origin} has a key twice`, { log: origin });
  }
  return keys;
}

function checkedLog(
  log: PackLog,
  keys: readonly VerifierKey[],
  byParty: ReadonlyMap<string, ReadonlySet<string>>,
  given: Given,
): CheckedLog {
  const { origin } = log;
  const party = logName(origin)?.party ?? "";
  const policy = policyOf(log, keys);
  const known = knownKeys(given, origin, party);
  const points = byParty.get(party || origin);
  if (known.length > 0 && !known.some((key) => points?.has(key.point))) {
    const shown = keys.map(vkeyOf)[0];
    refuse(1, `log ${origin} key is ${shown}: another key than the given one signed this pack`, {
      log: origin,
    });
  }
  if (known.length === 0 && given.size > 0) {
    throw new GivenFault(`no key was given for log ${origin}: wanted the log key of ${party}`);
  }
  const checked = new CheckedLog(log, keys, known.length > 0, policy);
  checkWitnesses(checked, given);
  return checked;
}

function knownKeys(given: Given, origin: string, party: string): VerifierKey[] {
  return [...(given.get(origin) ?? []), ...(given.get(`parley/${party}/log`) ?? [])];
}

/** Returns the pack's own policy for a log, which must be for its keys in their order. */
function policyOf(log: PackLog, keys: readonly VerifierKey[]): Policy {
  const { origin } = log;
  const policy = within(1, `log ${origin} policy`, { log: origin }, () => parsePolicy(log.policy));
  const alike =
    policy.logs.length === keys.length &&
    policy.logs.every((key, n) => {
      const own = keys[n];
      return own !== undefined && sameKey(key, own);
    });
  if (!alike) refuse(1, `log ${origin} policy is of other keys`, { log: origin });
  return policy;
}

function checkWitnesses(log: CheckedLog, given: Given): void {
  for (const { key } of log.policy.witnesses) {
    const known = given.get(key.name);
    if (known && !known.some((one) => sameKey(one, key))) {
      refuse(1, `${log.what} mirror key ${key.name} is not the given one`, { log: log.origin });
    }
  }
}

/** Returns the link and root keys by name: those given, else those of the pack. */
export function otherKeys(pack: Pack, given: Given): ReadonlyMap<string, VerifierKey> {
  const found = new Map<string, VerifierKey>();
  for (const vkey of pack.manifest.keys) {
    const key = keyOf("pack key", vkey, "");
    const known = given.get(key.name);
    if (found.has(key.name) || (known && !known.some((one) => sameKey(one, key)))) {
      refuse(1, `pack key ${key.name} is there twice, or not the given one`, {
        file: "MANIFEST.json",
      });
    }
    found.set(key.name, key);
  }
  for (const [name, keys] of given) {
    const first = keys[0];
    if (first && !found.has(name)) found.set(name, first);
  }
  return found;
}

/** Returns a log key under the name by which its party's statements call it. */
export function partyKey(log: CheckedLog, key: VerifierKey): VerifierKey {
  return makeKey(`parley/${log.party}/log`, key.algorithm, key.publicKey);
}
