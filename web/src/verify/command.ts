// The same verifier at a terminal, for tests/against: a line of JSON asks, a line answers.

import { createInterface } from "node:readline";
import { badgeOf } from "./badge";
import { fromBase64, fromHex } from "./bytes";
import { chooseCheck, nobleCheck, type SignatureCheck } from "./ed25519";
import { attempt } from "./fault";
import { checkPoint } from "./keys";

interface Question {
  readonly pack?: string;
  readonly given?: readonly string[];
  /** Key, signature and message in hexadecimal. */
  readonly signatures?: readonly (readonly [string, string, string])[];
  readonly noble?: boolean;
}

async function accepts(
  [key, signature, message]: readonly [string, string, string],
  check: SignatureCheck,
): Promise<boolean> {
  const point = fromHex(key);
  const good = attempt(() => {
    checkPoint(point);
    return true;
  });
  return good === true && (await check.verify(point, fromHex(signature), fromHex(message)));
}

async function answer(line: string): Promise<object> {
  const asked = JSON.parse(line) as Question;
  const check = asked.noble ? nobleCheck() : await chooseCheck();
  if (asked.signatures) {
    const accepted = [];
    for (const one of asked.signatures) accepted.push(await accepts(one, check));
    return { accepted };
  }
  const verdict = await badgeOf(fromBase64(asked.pack ?? ""), asked.given ?? [], check);
  return { ...verdict, by: check.name };
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = await answer(line).catch((error: unknown) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
