// Verifies one entry with its C2SP tlog-proof by what every browser has: WebCrypto. Nothing of Parley.
// Usage: node webcrypto.mjs GIVEN.json, with the entry in base64, the proof file and the log's vkey.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const utf8 = (text) => new TextEncoder().encode(text);
const same = (a, b) => a.length === b.length && a.every((value, at) => value === b[at]);
const sha256 = async (...parts) =>
  new Uint8Array(await webcrypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));

// C2SP signed-note: the log's own line must be there, and be right.
async function open(note, vkey) {
  const [name, id, key] = vkey.match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/).slice(1);
  const material = bytes(key);
  const digest = await sha256(utf8(`${name}\n`), material);
  if (material[0] !== 1 || Buffer.from(digest.slice(0, 4)).toString("hex") !== id) throw "no key";
  const point = await webcrypto.subtle.importKey("raw", material.slice(1), "Ed25519", false, ["verify"]);
  const [text, lines] = note.split("\n\n");
  for (const line of lines.trimEnd().split("\n")) {
    const [, signer, signature] = line.split(" ");
    const data = bytes(signature);
    if (signer !== name || !same(data.slice(0, 4), digest.slice(0, 4))) continue;
    if (!(await webcrypto.subtle.verify("Ed25519", point, data.slice(4), utf8(`${text}\n`)))) throw "bad signature";
    const [origin, size, root] = text.split("\n");
    return { origin, size: BigInt(size), root: bytes(root) };
  }
  throw "not signed by this key";
}

// RFC 9162, section 2.1.3.2.
async function verify(entry, index, head, path) {
  let [fn, sn] = [index, head.size - 1n];
  let root = await sha256(Uint8Array.of(0), entry);
  for (const hash of path) {
    if (sn === 0n) throw "a hash too many";
    if (fn & 1n || fn === sn) {
      root = await sha256(Uint8Array.of(1), hash, root);
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      root = await sha256(Uint8Array.of(1), root, hash);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n || !same(root, head.root)) throw "not the root of the head";
}

try {
  const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
  const at = given.proof.indexOf("\n\n");
  const [form, index, ...path] = given.proof.slice(0, at).split("\n");
  if (form !== "c2sp.org/tlog-proof@v1" || !index.startsWith("index ")) throw "no proof";
  const head = await open(given.proof.slice(at + 2), given.vkey);
  await verify(bytes(given.entry), BigInt(index.slice(6)), head, path.map(bytes));
  console.log(`intact: entry ${index.slice(6)} of ${head.size}`);
} catch (why) {
  console.log(`not intact: ${why}`);
  process.exitCode = 1;
}
