import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { EntryView } from "../api/types";
import { agreementOf, shownEntry } from "./shown";

const LOG = "parley.example/AGR-1/COAL/line/2026";
const SALT = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const PAYLOAD = '{"line":"L1"}';

function hash(...parts: (string | Buffer)[]): string {
  const made = createHash("sha256");
  for (const each of parts) made.update(each);
  return made.digest("hex");
}

const COMMIT = hash("parley/commit/v1", Buffer.from(SALT, "hex"), PAYLOAD);

function view(text: string, changes: Partial<EntryView> = {}): EntryView {
  const leaf = hash(Buffer.of(0), text);
  return { index: 3, leaf, text, reading: "plain", salt: null, payload: null, ...changes };
}

it("shows what the bytes say", async () => {
  const shown = await shownEntry(LOG, view('{"body":{}}'));
  expect(shown).toMatchObject({ log: LOG, index: 3, payload: null, text: '{"body":{}}' });
});

it("shows a sealed payload that is the one committed to", async () => {
  const text = `{"commit":"${COMMIT}"}`;
  const found = await shownEntry(LOG, view(text, { salt: SALT, payload: PAYLOAD }));
  expect(found).toMatchObject({ payload: PAYLOAD });
});

it.each([
  ["otherHash", view('{"body":{}}', { leaf: "00".repeat(32) })],
  ["unseen", view(`{"commit":"${COMMIT}"}`, { reading: "guarded" })],
  ["otherPayload", view(`{"commit":"${COMMIT}"}`, { salt: SALT, payload: '{"line":"L2"}' })],
  ["otherPayload", view(`{"commit":"${COMMIT}"}`, { salt: "zz", payload: PAYLOAD })],
  ["unreadable", view(`{"commit":"${COMMIT}","commit":null}`)],
  ["unreadable", view("not JSON")],
])("does not put before a person: %s", async (why, given) => {
  expect(await shownEntry(LOG, given)).toBe(why);
});

it("knows under which agreement a log is", () => {
  expect([agreementOf(LOG), agreementOf("nonsense")]).toEqual(["AGR-1", ""]);
});
