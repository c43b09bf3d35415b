// Verifies one entry with its C2SP tlog-proof by the code of npm's @sigstore/verify. Nothing of Parley.
// Usage: node sigstore.cjs GIVEN.json NODE_MODULES; GIVEN as in webcrypto.mjs.
const { readFileSync } = require("node:fs");
const { createHash, createPublicKey } = require("node:crypto");
const { join } = require("node:path");

const [given, modules] = [JSON.parse(readFileSync(process.argv[2], "utf8")), process.argv[3]];
// The package exports only whole bundles of Sigstore; its parts are reached by their files.
const tlog = join(modules, "@sigstore/verify/dist/tlog");
const { verifyCheckpoint } = require(join(tlog, "checkpoint.js"));
const { verifyMerkleInclusion } = require(join(tlog, "merkle.js"));

const [name, , key] = given.vkey.match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/).slice(1);
const material = Buffer.from(key, "base64");
const log = {
  logID: createHash("sha256").update(`${name}\n`).update(material).digest(),
  baseURL: name,
  publicKey: createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: material.subarray(1).toString("base64url") },
    format: "jwk",
  }),
};
const at = given.proof.indexOf("\n\n");
const [, index, ...path] = given.proof.slice(0, at).split("\n");
const entry = {
  canonicalizedBody: Buffer.from(given.entry, "base64"),
  inclusionProof: {
    logIndex: index.slice("index ".length),
    hashes: path.map((hash) => Buffer.from(hash, "base64")),
    checkpoint: { envelope: given.proof.slice(at + 2) },
  },
};
try {
  const head = verifyCheckpoint(entry, [log]);
  verifyMerkleInclusion(entry, head);
  console.log(`intact: entry ${entry.inclusionProof.logIndex} of ${head.logSize}`);
} catch (why) {
  console.log(`not intact: ${why.message}`);
  process.exitCode = 1;
}
