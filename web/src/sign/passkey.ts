// Passkeys: the authenticator's own secret gives the seed of a person's operator key, and signs a
// challenge that is the very act. The seed lives as long as one call here, and is stored nowhere.
import type { EnrolOperator, PasskeyBegun, PasskeyShown, SignAct } from "../api/types";
import { type Bytes, fromHex, utf8 } from "../verify/bytes";
import { enrolmentMessage, type PersonSeed, personKey, sha256 } from "./person";

/** Why no passkey can be used here; the texts say it. */
export type PasskeyHere = "usable" | "noPasskeys" | "notAtAnAddress";

/** What a ceremony came to when there is no result. */
export class PasskeyFault extends Error {
  readonly kind: "cancelled" | "noSecret";

  constructor(kind: "cancelled" | "noSecret") {
    super(kind);
    this.kind = kind;
  }
}

const ES256 = -7;
const ED25519 = -8;
const WAIT_MS = 120_000;

interface PrfResults {
  prf?: { enabled?: boolean; results?: { first?: ArrayBuffer } };
}

/** Returns whether this page may use passkeys: browsers know none for an address such as 127.0.0.1. */
export function passkeyHere(host: string = location.hostname): PasskeyHere {
  if (/^[\d.]+$/.test(host) || host.startsWith("[")) return "notAtAnAddress";
  return typeof PublicKeyCredential === "undefined" ? "noPasskeys" : "usable";
}

/** Returns where the same page has a name, for a node on this machine. */
export function namedAddress(here: Location | URL = location): string {
  return `${here.protocol}//localhost${here.port === "" ? "" : `:${here.port}`}${here.pathname}`;
}

/** Returns bytes as WebAuthn writes them. */
export function unpadded(data: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(data)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Who is enrolled, at which posts, and by which post that is written down. */
export interface Enrolling {
  party: string;
  agreement: string;
  operator: string;
  post: string;
  posts: string[];
}

/** Makes a passkey, and returns the body that enrols the operator key that it gives. */
export async function makePasskey(begun: PasskeyBegun, who: Enrolling): Promise<unknown> {
  const salt = fromHex(begun.salt);
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: begun.rp_id, name: `Parley ${who.party}` },
        user: {
          id: utf8(begun.key_name).slice(0, 64),
          name: `${who.operator} (${who.party})`,
          displayName: who.operator,
        },
        challenge: fromHex(begun.challenge),
        pubKeyCredParams: [
          { type: "public-key", alg: ES256 },
          { type: "public-key", alg: ED25519 },
        ],
        excludeCredentials: begun.taken.map((id) => ({ type: "public-key", id: fromHex(id) })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
        timeout: WAIT_MS,
        extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
      },
    }),
  );
  const response = made.response as AuthenticatorAttestationResponse;
  const told = made.getClientExtensionResults() as PrfResults;
  if (told.prf?.enabled !== true) throw new PasskeyFault("noSecret");
  const first = told.prf.results?.first;
  // Most authenticators tell their secret only when they sign: then the person touches it twice.
  const seed = first
    ? new Uint8Array(first)
    : (await used(begun.rp_id, [made.rawId], salt, fromHex(begun.challenge))).seed;
  const key = await personKey({ operator: who.operator, name: begun.key_name, seed });
  const message = enrolmentMessage(who.party, who.operator, key.vkey, who.posts);
  const enrolment: Omit<EnrolOperator, "type"> = {
    agreement: who.agreement,
    post: who.post,
    operator: who.operator,
    key: key.vkey,
    possession: await key.sign(message),
    posts: who.posts,
  };
  return {
    challenge: begun.challenge,
    client_data: unpadded(response.clientDataJSON),
    attestation: unpadded(response.attestationObject),
    enrolment: { type: "enrol_operator", ...enrolment },
  };
}

/** Signs an act by one of a person's passkeys, and returns the body that gives both to the node. */
export async function signByPasskey(
  passkeys: readonly PasskeyShown[],
  message: Bytes,
  act: Omit<SignAct, "type" | "signature">,
): Promise<unknown> {
  const first = passkeys[0];
  if (!first) throw new PasskeyFault("noSecret");
  const ids = passkeys.map((each) => fromHex(each.id).buffer);
  const found = await used(first.rp_id, ids, fromHex(first.salt), await sha256(message));
  const name = first.key.split("+")[0] ?? "";
  const seed: PersonSeed = { operator: act.operator, name, seed: found.seed };
  const key = await personKey(seed);
  return {
    act: { type: "sign_act", ...act, signature: await key.sign(message) },
    id: found.id,
    client_data: unpadded(found.response.clientDataJSON),
    authenticator_data: unpadded(found.response.authenticatorData),
    assertion: unpadded(found.response.signature),
  };
}

interface Used {
  id: string;
  seed: Bytes;
  response: AuthenticatorAssertionResponse;
}

async function used(
  rpId: string,
  ids: readonly ArrayBuffer[],
  salt: Bytes,
  challenge: Bytes,
): Promise<Used> {
  const found = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        rpId,
        challenge,
        allowCredentials: ids.map((id) => ({ type: "public-key", id })),
        userVerification: "required",
        timeout: WAIT_MS,
        extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
      },
    }),
  );
  const first = (found.getClientExtensionResults() as PrfResults).prf?.results?.first;
  if (!first) throw new PasskeyFault("noSecret");
  const id = Array.from(new Uint8Array(found.rawId), (byte) => byte.toString(16).padStart(2, "0"));
  return {
    id: id.join(""),
    seed: new Uint8Array(first),
    response: found.response as AuthenticatorAssertionResponse,
  };
}

/** Returns what an authenticator gave; whoever says no, or waits too long, has cancelled. */
async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let found: Credential | null;
  try {
    found = await ask();
  } catch (error) {
    if (error instanceof DOMException) throw new PasskeyFault("cancelled");
    throw error;
  }
  if (!(found instanceof PublicKeyCredential)) throw new PasskeyFault("cancelled");
  return found;
}
