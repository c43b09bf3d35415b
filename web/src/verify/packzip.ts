// The zip of an evidence pack (docs/pack.md, "The file"): stored members in one form. Nothing is
// ever inflated, so no member is larger than its share of the file.

import { type Bytes, octets, same, utf8, viewOf } from "./bytes";
import { refuse } from "./fault";

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const FLAGS = 0x0800;
const DATE = 0x0021;
export const MEMBERS_MAX = 65_535;
/** The plain zip form ends here. */
export const PACK_BYTES_MAX = 2 ** 32 - 1;

export type Member = readonly [name: string, data: Bytes];

/** Returns the members of a zip by name, one after the other from the start; nothing is copied. */
export function zipMembers(data: Bytes): Map<string, Bytes> {
  if (data.length > PACK_BYTES_MAX) refuse(0, `pack is ${data.length} bytes`, { file: "pack" });
  const found = new Map<string, Bytes>();
  const view = viewOf(data);
  let [at, count] = [0, 0];
  while (at + LOCAL_BYTES <= data.length && view.getUint32(at, true) === LOCAL) {
    const size = view.getUint32(at + 22, true);
    const nameEnd = at + LOCAL_BYTES + view.getUint16(at + 26, true);
    const start = nameEnd + view.getUint16(at + 28, true);
    // What is not ASCII is no name of ours, and must not become one.
    const name = octets(data.subarray(at + LOCAL_BYTES, nameEnd)).replace(/[\x80-\xff]/g, "\ufffd");
    if (start + size > data.length) refuse(0, `pack: ${name} is cut off`, { file: name });
    if (++count > MEMBERS_MAX) refuse(0, "pack has too many members", { file: "pack" });
    found.set(name, data.subarray(start, start + size));
    at = start + size;
  }
  return found;
}

const TABLE = new Uint32Array(256).map((_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Returns the CRC-32 of bytes (PKWARE APPNOTE 4.4.7). */
export function crc32(data: Bytes): number {
  let value = 0xffffffff;
  for (let at = 0; at < data.length; at++) {
    value = (value >>> 8) ^ (TABLE[(value ^ (data[at] ?? 0)) & 0xff] ?? 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** Writes what local header and directory say alike of a member, from the version on. */
function writeForm(view: DataView, at: number, name: Bytes, data: Bytes, crc: number): void {
  view.setUint16(at, VERSION, true);
  view.setUint16(at + 2, FLAGS, true);
  view.setUint16(at + 8, DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, data.length, true);
  view.setUint32(at + 18, data.length, true);
  view.setUint16(at + 22, name.length, true);
}

/** Yields the pieces of the one zip of these members (PKWARE APPNOTE 4.3.7, 4.3.12, 4.3.16). */
export function* zipPieces(members: Iterable<Member>): Generator<Bytes> {
  const central: Bytes[] = [];
  let at = 0;
  for (const [text, data] of members) {
    const name = utf8(text);
    const crc = crc32(data);
    const local = new Uint8Array(LOCAL_BYTES + name.length);
    viewOf(local).setUint32(0, LOCAL, true);
    writeForm(viewOf(local), 4, name, data, crc);
    local.set(name, LOCAL_BYTES);
    const listed = new Uint8Array(CENTRAL_BYTES + name.length);
    const view = viewOf(listed);
    view.setUint32(0, CENTRAL, true);
    view.setUint16(4, VERSION, true);
    writeForm(view, 6, name, data, crc);
    view.setUint32(42, at, true);
    listed.set(name, CENTRAL_BYTES);
    central.push(listed);
    yield local;
    yield data;
    at += local.length + data.length;
  }
  yield* central;
  yield endOf(central, at);
}

function endOf(central: readonly Bytes[], at: number): Bytes {
  const end = new Uint8Array(END_BYTES);
  const view = viewOf(end);
  view.setUint32(0, END, true);
  view.setUint16(8, central.length, true);
  view.setUint16(10, central.length, true);
  view.setUint32(
    12,
    central.reduce((sum, one) => sum + one.length, 0),
    true,
  );
  view.setUint32(16, at, true);
  return end;
}

/** Refuses a file that is another, by a single byte, than the one zip of these members. */
export function checkZip(data: Bytes, members: Iterable<Member>): void {
  let at = 0;
  for (const piece of zipPieces(members)) {
    const found = data.subarray(at, at + piece.length);
    // A member that was read at this very place is what it is.
    const here = piece.buffer === data.buffer && piece.byteOffset === data.byteOffset + at;
    if (!here && !same(found, piece)) {
      let n = 0;
      while (n < found.length && found[n] === piece[n]) n++;
      refuse(0, `pack is changed near byte ${at + n}, wanted the canonical form`, {
        file: `byte ${at + n}`,
      });
    }
    at += piece.length;
  }
  if (at !== data.length) {
    const more = `pack has ${data.length - at} bytes more than the canonical form`;
    refuse(0, more, { file: `byte ${at}` });
  }
}
