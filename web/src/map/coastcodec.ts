// The arcs of the base map as bytes: a third less to carry than as JSON, and no other meaning.
//
// Lengths of all arcs, then all steps in x, then all in y; numbers of seven bits to a byte, the
// lowest first (LEB128), steps folded so that small ones of either sign are short (zigzag).

export type Point = [number, number];

/** Returns arcs as bytes: the first point of each, then the steps from point to point. */
export function packArcs(arcs: readonly (readonly Point[])[]): Uint8Array {
  const made: number[] = [];
  const put = (value: number) => {
    let rest = value;
    while (rest > 127) {
      made.push((rest & 127) | 128);
      rest >>>= 7;
    }
    made.push(rest);
  };
  put(arcs.length);
  for (const arc of arcs) put(arc.length);
  for (const part of [0, 1] as const) {
    for (const arc of arcs) for (const point of arc) put(zigzag(point[part]));
  }
  return Uint8Array.from(made);
}

/** Returns the arcs of `packArcs`; throws where the bytes end too soon or go on after the last. */
export function unpackArcs(bytes: Uint8Array): Point[][] {
  let at = 0;
  const take = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new Error(`the coast is damaged at byte ${at}, wanted a number`);
  };
  const count = take();
  if (count > bytes.length) throw new Error(`the coast has ${count} arcs, wanted fewer`);
  const lengths = Array.from({ length: count }, take);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > bytes.length) throw new Error(`the coast has ${total} points, wanted fewer`);
  const x = Array.from({ length: total }, () => unfolded(take()));
  const y = Array.from({ length: total }, () => unfolded(take()));
  if (at !== bytes.length) throw new Error("the coast goes on after its last point");
  let first = 0;
  return lengths.map((length) => {
    const arc = Array.from({ length }, (_, place): Point => {
      return [x[first + place] ?? 0, y[first + place] ?? 0];
    });
    first += length;
    return arc;
  });
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function unfolded(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
