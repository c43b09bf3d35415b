// A person's operator key in the browser: made from a seed, used for one signature, never kept.
//
// The same derivation and the same messages as the node's (trust/keys.py, trust/statements.py): what
// is signed here is what `parley key operator sign` would sign, and others check it the same way.
import { getPublicKeyAsync, signAsync } from "@noble/ed25519";
import { type Bytes, hex, joined, textOf, utf8 } from "../verify/bytes";

export const SEED_BYTES = 32;
const ALGORITHM_ED25519 = 1;
const KEY_FORM = "parley-seed/1";
/** What a person may type into the name of a pseudonym. */
const PSEUDONYM = /^[^\s+/]{1,64}$/u;

/** Why a file is no operator's key; its contents are never told. */
export type KeyFileFault = "notAKeyFile" | "notAnOperators" | "otherParty";

/** A person's key as a file or a passkey gave it: a name and a seed. */
export interface PersonSeed {
  operator: string;
  name: string;
  seed: Bytes;
}

/** A key that signs, made for one use. */
export interface PersonKey {
  vkey: string;
  sign: (message: Bytes) => Promise<string>;
}

/** Returns the name of a person's key, as it stands in the log. */
export function keyName(party: string, operator: string): string {
  return `parley/${party}/operator/${operator}`;
}

/** Returns whether a text can be a pseudonym; the node looks again. */
export function isPseudonym(text: string): boolean {
  return PSEUDONYM.test(text);
}

/** Returns the SHA-256 of bytes. */
export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

/** Returns the person's key of a seed: HKDF-SHA-256 over role and name, so that no key has two jobs. */
export async function personKey({ name, seed }: PersonSeed): Promise<PersonKey> {
  const secret = await derived(name, seed);
  const publicKey = new Uint8Array(await getPublicKeyAsync(secret));
  return {
    vkey: await vkeyOf(name, publicKey),
    sign: async (message) => hex(new Uint8Array(await signAsync(message, secret))),
  };
}

async function derived(name: string, seed: Bytes): Promise<Bytes> {
  if (seed.length !== SEED_BYTES) throw new Error("a seed is 32 bytes");
  const base = await crypto.subtle.importKey("raw", seed, "HKDF", false, ["deriveBits"]);
  const info = utf8(`parley/key/v1\noperator\n${name}`);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(SEED_BYTES), info };
  return new Uint8Array(await crypto.subtle.deriveBits(how, base, 8 * SEED_BYTES));
}

async function vkeyOf(name: string, publicKey: Bytes): Promise<string> {
  const kind = Uint8Array.of(ALGORITHM_ED25519);
  const digest = await sha256(joined([utf8(`${name}\n`), kind, publicKey]));
  const material = btoa(String.fromCharCode(ALGORITHM_ED25519, ...publicKey));
  return `${name}+${hex(digest.subarray(0, 4))}+${material}`;
}

/** Returns the person and the seed of a key file, or why it is none for this party. */
export function readKeyFile(data: Bytes, party: string): PersonSeed | KeyFileFault {
  const words = (textOf(data) ?? "").trim().split(/\s+/);
  const [form, whose, job, digits] = words;
  if (words.length !== 4 || form !== KEY_FORM || !/^[0-9a-f]{64}$/.test(digits ?? "")) {
    return "notAKeyFile";
  }
  if (!job?.startsWith("operator/")) return "notAnOperators";
  if (whose !== party) return "otherParty";
  const operator = job.slice("operator/".length);
  const seed = Uint8Array.from((digits ?? "").match(/../g) ?? [], (two) =>
    Number.parseInt(two, 16),
  );
  return { operator, name: keyName(party, operator), seed };
}

// ---- what is signed -----------------------------------------------------------------------------

/** A place in a log with the hash of what stands there. */
export interface Place {
  log: string;
  index: number;
  leaf: string;
}

/** Returns what a person signs to stand behind an entry. */
export function actMessage({ log, index, leaf }: Place): Bytes {
  return utf8(`parley/act/v1\nlog ${log}\nindex ${index}\nleaf ${leaf}\n`);
}

/** Returns what a person signs to agree to posts, until removed. */
export function enrolmentMessage(
  party: string,
  operator: string,
  vkey: string,
  posts: readonly string[],
): Bytes {
  const lines = [
    `party ${party}`,
    `operator ${operator}`,
    `key ${vkey}`,
    "until removed",
    ...posts.map((post) => `post ${post}`),
  ];
  return utf8(`parley/operator/v1\n${lines.map((line) => `${line}\n`).join("")}`);
}
