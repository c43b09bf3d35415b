// Asking the node: one way for what is read, one for what is done. A fault keeps the node's words.
import type { FaultView, SessionView } from "./types";

/** What the node refused, in its own words: what, which value, what was wanted, how to repair it. */
export class NodeFault extends Error {
  readonly status: number;
  readonly view: FaultView;

  constructor(status: number, view: FaultView) {
    super(view.fault);
    this.status = status;
    this.view = view;
  }
}

/** The node did not answer at all: nothing is known to have been done. */
export class NoAnswer extends Error {}

let formNumber: string | null = null;

/** Takes the number that every act carries; null: this session may only look. */
export function useSession(session: SessionView): void {
  formNumber = session.form_number;
}

/** Returns what the node answers to a question. */
export async function ask<Reply>(path: string, signal?: AbortSignal): Promise<Reply> {
  const reply = await sent(path, { method: "GET", ...(signal ? { signal } : {}) });
  return (await reply.json()) as Reply;
}

/** Returns the bytes of a file that the node serves. */
export async function askBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const reply = await sent(path, { method: "GET", ...(signal ? { signal } : {}) });
  return new Uint8Array(await reply.arrayBuffer());
}

/** Does an act, and returns what the node says once it is on its disk. */
export async function act<Reply>(path: string, body: unknown): Promise<Reply> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (formNumber !== null) headers["X-Parley-Form"] = formNumber;
  const reply = await sent(path, { method: "POST", headers, body: JSON.stringify(body) });
  return (await reply.json()) as Reply;
}

async function sent(path: string, how: RequestInit): Promise<Response> {
  let reply: Response;
  try {
    reply = await fetch(path, { cache: "no-store", credentials: "same-origin", ...how });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new NoAnswer(`no answer from the node to ${path}`);
  }
  if (reply.ok) return reply;
  throw new NodeFault(reply.status, await faultOf(reply));
}

async function faultOf(reply: Response): Promise<FaultView> {
  const text = await reply.text();
  try {
    const view = JSON.parse(text) as FaultView;
    if (typeof view.fault === "string") return view;
  } catch {
    // Not JSON: told as it is below.
  }
  const fault = `the node answered ${reply.status}: ${text.slice(0, 200)}`;
  return { fault, what: "answer", value: String(reply.status), wanted: "a reply", repair: "" };
}
