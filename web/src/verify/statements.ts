// What keys sign apart from heads: changes of key, statements of root keys, receipts of entries.
// The first line of each names its kind (docs/pack.md; src/parley/trust/statements.py).

import {
  type Bytes,
  characters,
  checkName,
  fromHex,
  instantOf,
  instantText,
  isPrintable,
  US_MAX,
  US_MIN,
  utf8,
} from "./bytes";
import type { SignatureCheck } from "./ed25519";
import type { KeyRotated } from "./entry";
import { broken } from "./fault";
import {
  ALGORITHM_COSIGNATURE,
  ALGORITHM_ED25519,
  parseVkey,
  type VerifierKey,
  vkeyDigest,
  vkeyOf,
} from "./keys";
import { linesOf, parseNote, verifyNote } from "./note";

const TEXT_CHARACTERS_MAX = 4000;
const DIGEST = /^[0-9a-f]{64}$/;
const ROLES = ["log", "mirror", "witness", "link", "seal", "operator"];

function message(domain: string, lines: readonly (readonly [string, string])[]): Bytes {
  for (const [name, value] of lines) {
    if (value === "" || !isPrintable(value)) broken(`${domain} ${name} is no printable line`);
  }
  return utf8([domain, ...lines.map(([name, value]) => `${name} ${value}`), ""].join("\n"));
}

async function verify(
  key: VerifierKey,
  signature: string,
  signed: Bytes,
  check: SignatureCheck,
): Promise<void> {
  if (key.algorithm !== ALGORITHM_ED25519) broken(`${key.name} is the key of a cosigner`);
  const good = /^[0-9a-f]{128}$/.test(signature);
  if (!good || !(await check.verify(key.publicKey, fromHex(signature), signed))) {
    broken(`not a signature by ${key.name} over this very statement`);
  }
}

/** Refuses a change of key that does not hold; docs/pack.md, step 4, "Rotation". */
export async function verifyRotation(
  party: string,
  body: KeyRotated,
  present: VerifierKey,
  promised: string,
  check: SignatureCheck,
): Promise<void> {
  checkName(party, "party");
  if (!DIGEST.test(body.nextSha256)) broken("next_sha256 is no digest");
  const old = vkeyOf(present);
  if (body.old !== old) broken(`a change from ${body.old}, wanted from ${old}`);
  const key = parseVkey(body.new);
  const signed = message("parley/rotate/v1", [
    ["party", party],
    ["role", "log"],
    ["old", body.old],
    ["new", body.new],
    ["next", body.nextSha256],
  ]);
  const name = `parley/${party}/log`;
  for (const each of [present, key]) {
    if (each.name !== name || each.algorithm !== ALGORITHM_ED25519) broken(`no key named ${name}`);
  }
  if (key.point === present.point) broken("a change to the same key");
  if (vkeyDigest(body.new) !== promised) broken(`a change to ${body.new}, which was not promised`);
  if (body.nextSha256 === promised || body.nextSha256 === vkeyDigest(body.old)) {
    broken("a change that promises a key that was used");
  }
  await verify(key, body.possession, signed, check);
}

/** What the offline root of a party says about one key of it. */
export interface RootStatement {
  readonly party: string;
  readonly action: "revoke" | "appoint" | "takeover";
  readonly role: string;
  readonly key: string;
  readonly atUs: bigint;
}

const LINES = ["party", "action", "role", "key", "at", "reason"] as const;

/** Returns the statement of a text, which nobody need have signed. */
export function parseStatement(text: string): RootStatement {
  const lines = text.split("\n");
  if (lines[0] !== "parley/key-statement/v1" || lines.length !== 8 || lines[7] !== "") {
    broken("no key statement");
  }
  const [party = "", action = "", role = "", key = "", at = "", reason = ""] = LINES.map(
    (name, n) => {
      const line = lines[n + 1] ?? "";
      return line.startsWith(`${name} `) ? line.slice(name.length + 1) : broken(`no line ${name}`);
    },
  );
  checkName(party, "statement party");
  if (action !== "revoke" && action !== "appoint" && action !== "takeover") broken("no action");
  if (!ROLES.includes(role) || (action === "takeover" && role !== "log")) broken("no role");
  if (!reason || characters(reason) > TEXT_CHARACTERS_MAX || !isPrintable(reason)) {
    broken("no reason");
  }
  checkStatedKey(party, role, key);
  return { party, action, role, key, atUs: instantOf(at) };
}

function checkStatedKey(party: string, role: string, text: string): void {
  if (role === "seal") {
    if (!DIGEST.test(text)) broken("a seal key that is no digest");
    return;
  }
  const key = parseVkey(text);
  const name = `parley/${party}/${role}`;
  const good = role === "operator" ? key.name.startsWith(`${name}/`) : key.name === name;
  const cosigns = role === "mirror" || role === "witness";
  const algorithm = cosigns ? ALGORITHM_COSIGNATURE : ALGORITHM_ED25519;
  if (!good || key.algorithm !== algorithm) broken(`not the ${role} key of ${party}`);
}

/** Returns the statement of a note that most of a party's root keys among these signed. */
export async function openRootStatement(
  text: string,
  keys: ReadonlyMap<string, VerifierKey>,
  check: SignatureCheck,
): Promise<RootStatement> {
  const note = parseNote(utf8(text));
  const statement = parseStatement(note.text);
  const prefix = `parley/${statement.party}/root-`;
  const roots = [...keys.values()].filter((key) => key.name.startsWith(prefix));
  if (roots.some((key) => key.algorithm !== ALGORITHM_ED25519)) broken("no root key");
  const threshold = Math.floor(roots.length / 2) + 1;
  const signed = new Set<string>();
  for (const root of roots) {
    if (linesOf(note, root).length === 0) continue;
    await verifyNote(note, root, check);
    signed.add(root.point);
  }
  if (roots.length === 0 || signed.size < threshold) broken("too few root keys signed it");
  return statement;
}

/** Refuses a receipt that the holder's link key did not sign; docs/pack.md, step 7. */
export async function verifyReceipt(
  key: VerifierKey,
  receipt: { holder: string; origin: string; index: number; leaf: string; atUs: bigint },
  signature: Bytes,
  check: SignatureCheck,
): Promise<void> {
  checkName(receipt.holder, "receipt holder");
  if (receipt.atUs < BigInt(US_MIN) || receipt.atUs > BigInt(US_MAX))
    broken("no time of a receipt");
  if (key.algorithm !== ALGORITHM_ED25519) broken(`${key.name} is the key of a cosigner`);
  const signed = message("parley/receipt/v1", [
    ["holder", receipt.holder],
    ["log", receipt.origin],
    ["index", String(receipt.index)],
    ["leaf", receipt.leaf],
    ["at", instantText(receipt.atUs)],
  ]);
  if (!(await check.verify(key.publicKey, signature, signed))) {
    broken(`receipt by ${key.name} is not its own`);
  }
}
