import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Bytes, fromBase64, hex, joined, utf8 } from "./bytes";
import { PackFault } from "./fault";
import {
  EMPTY_ROOT,
  hashAt,
  leafHash,
  leftCount,
  nodeHash,
  rangeRoot,
  Tree,
  verifyConsistency,
  verifyInclusion,
} from "./merkle";

const VECTORS = join(import.meta.dirname, "../../../../shared/vectors/merkle-testdata");
const there = existsSync(VECTORS);

function files(kind: string): string[] {
  const folder = join(VECTORS, kind);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name));
}

interface Vector {
  leafIdx?: number;
  treeSize?: number;
  size1?: number;
  size2?: number;
  root?: string;
  root1?: string;
  root2?: string;
  leafHash?: string;
  proof: string[] | null;
  wantErr: boolean;
}

function refuses(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(PackFault);
    return true;
  }
}

/** Returns the hash of the vector, of whatever length it is there. */
function hash(text: string | undefined): Bytes {
  return fromBase64(text ?? "");
}

describe.skipIf(!there)(
  "vectors of transparency-dev/merkle (../shared/vectors, if it is here)",
  () => {
    test("inclusion proofs", () => {
      const all = files("inclusion");
      for (const path of all) {
        const one: Vector = JSON.parse(readFileSync(path, "utf8"));
        const proof = (one.proof ?? []).map(fromBase64);
        const leaf = hash(one.leafHash);
        const wrong = refuses(() =>
          verifyInclusion(leaf, one.leafIdx ?? 0, one.treeSize ?? 0, proof, hash(one.root)),
        );
        expect(wrong, path).toBe(one.wantErr);
      }
      expect(all.length).toBeGreaterThan(50);
    });

    test("consistency proofs", () => {
      const all = files("consistency");
      for (const path of all) {
        const one: Vector = JSON.parse(readFileSync(path, "utf8"));
        const [root1, root2] = [hash(one.root1), hash(one.root2)];
        // As in Python, what is no hash is no root of a checkpoint, so it never comes here.
        if (root1.length !== 32 || root2.length !== 32) continue;
        const proof = (one.proof ?? []).map(fromBase64);
        const wrong = refuses(() =>
          verifyConsistency(one.size1 ?? 0, one.size2 ?? 0, proof, root1, root2),
        );
        // From size 0 nothing needs a proof here.
        expect(wrong, path).toBe(one.wantErr || one.size1 === 0);
      }
      expect(all.length).toBeGreaterThan(50);
    });
  },
);

/** RFC 6962, 2.1, written down plainly. */
function plainRoot(leaves: readonly Bytes[]): Bytes {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0] ?? EMPTY_ROOT;
  const left = leftCount(leaves.length);
  return nodeHash(plainRoot(leaves.slice(0, left)), plainRoot(leaves.slice(left)));
}

function plainProof(start: number, end: number, leaves: readonly Bytes[], lo = 0): Bytes[] {
  const hi = lo + leaves.length;
  if (leaves.length === 0) return [];
  if (hi <= start || end <= lo) return [plainRoot(leaves)];
  if (start <= lo && hi <= end) return [];
  const left = leftCount(leaves.length);
  return [
    ...plainProof(start, end, leaves.slice(0, left), lo),
    ...plainProof(start, end, leaves.slice(left), lo + left),
  ];
}

describe("a tree", () => {
  const leaves = Array.from({ length: 21 }, (_, n) => leafHash(utf8(`entry ${n}`)));

  test("has the root of RFC 6962 at every size", () => {
    const tree = new Tree(joined(leaves));
    for (let size = 0; size <= leaves.length; size++) {
      expect(hex(tree.root(size) ?? EMPTY_ROOT)).toBe(hex(plainRoot(leaves.slice(0, size))));
    }
    for (const size of [-1, 22, 1.5, Number.NaN]) expect(tree.root(size)).toBeNull();
  });

  test("is given by every range of it and what is outside", () => {
    for (let size = 1; size <= 12; size++) {
      for (let start = 0; start <= size; start++) {
        for (let end = start; end <= size; end++) {
          const some = leaves.slice(0, size);
          const proof = plainProof(start, end, some);
          const inside = joined(some.slice(start, end));
          expect(hex(rangeRoot(inside, start, size, proof))).toBe(hex(plainRoot(some)));
          expect(() => rangeRoot(inside, start, size, [...proof, EMPTY_ROOT])).toThrow(PackFault);
          if (proof.length) {
            expect(() => rangeRoot(inside, start, size, proof.slice(1))).toThrow(PackFault);
          }
        }
      }
    }
  });

  test("of the leaf of nothing is the known vector", () => {
    expect(hex(leafHash(utf8("")))).toBe(
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    );
    expect(hex(hashAt(joined([EMPTY_ROOT, EMPTY_ROOT]), 1))).toBe(hex(EMPTY_ROOT));
  });
});
