// Where data blocks go: in order of importance, beside their aircraft, over nothing that matters more.
//
// Blocks of aircraft in an alert are always placed, however far out they have to go, and no two of
// them overlap; any other block is left out where there is no room beside its aircraft. Names of
// what lies still are covered only where there is no room beside them.

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A block that wants a place; lower ranks first. */
export interface Wish {
  key: string;
  rank: number;
  /** Its aircraft on the screen. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** It is never left out: its aircraft is in an alert, or selected. */
  must: boolean;
  /** Where it was before, from its aircraft: it stays there if it can. */
  before: readonly [number, number] | null;
  /** Which way it flies on the screen: its block goes elsewhere if it can; null: not known. */
  ahead: readonly [number, number] | null;
  /** Where the reader dragged it: it stays there whatever is below. */
  pinned: readonly [number, number] | null;
}

/** Where a block was put: the offset of its upper left corner from its aircraft. */
export interface Placed {
  key: string;
  dx: number;
  dy: number;
}

const CELL = 64;
const GAP = 10;
const SYMBOL = 7;
const FAR_ROUNDS_MAX = 60;
const FREE_ROUNDS_MAX = 8;
const DIRECTIONS = 16;

/** Boxes already taken, found again by cells of the screen. */
export class Taken {
  private readonly cells = new Map<number, Box[]>();

  add(box: Box): void {
    this.each(box, (key) => {
      const there = this.cells.get(key);
      if (there === undefined) this.cells.set(key, [box]);
      else there.push(box);
      return false;
    });
  }

  meets(box: Box): boolean {
    return this.each(
      box,
      (key) => this.cells.get(key)?.some((each) => overlap(each, box)) ?? false,
    );
  }

  private each(box: Box, look: (key: number) => boolean): boolean {
    const lastX = Math.floor((box.left + box.width) / CELL);
    const lastY = Math.floor((box.top + box.height) / CELL);
    for (let x = Math.floor(box.left / CELL); x <= lastX; x += 1) {
      for (let y = Math.floor(box.top / CELL); y <= lastY; y += 1) {
        if (look(x * 65_536 + y)) return true;
      }
    }
    return false;
  }
}

export function overlap(one: Box, two: Box): boolean {
  return (
    one.left < two.left + two.width &&
    two.left < one.left + one.width &&
    one.top < two.top + two.height &&
    two.top < one.top + one.height
  );
}

/** Returns where the blocks go; a block that found no place is not in it. */
export function declutter(
  wishes: readonly Wish[],
  screen: { width: number; height: number },
  kept: readonly Box[] = [],
  names: readonly Box[] = [],
): Placed[] {
  const blocks = new Taken();
  const symbols = new Taken();
  const still = new Taken();
  for (const box of names) still.add(box);
  for (const box of kept) blocks.add(box);
  const order = [...wishes].sort((one, two) => one.rank - two.rank || (one.key < two.key ? -1 : 1));
  for (const wish of order) symbols.add(symbolBox(wish));
  const placed: Placed[] = [];
  // What the reader put somewhere is there before anything else.
  for (const wish of order) {
    if (wish.pinned === null) continue;
    blocks.add(boxAt(wish, wish.pinned));
    placed.push({ key: wish.key, dx: wish.pinned[0], dy: wish.pinned[1] });
  }
  for (const wish of order) {
    if (wish.pinned !== null) continue;
    const at =
      beside(wish, blocks, symbols, screen, still) ??
      beside(wish, blocks, symbols, screen) ??
      (wish.must ? far(wish, blocks, symbols, screen) : null);
    if (at === null) continue;
    blocks.add(boxAt(wish, at));
    placed.push({ key: wish.key, dx: at[0], dy: at[1] });
  }
  return placed;
}

function beside(
  wish: Wish,
  blocks: Taken,
  symbols: Taken,
  screen: { width: number; height: number },
  still?: Taken,
): [number, number] | null {
  const { width, height } = wish;
  const tries: (readonly [number, number])[] = [
    [GAP, -height - GAP],
    [GAP, GAP],
    [-width - GAP, -height - GAP],
    [-width - GAP, GAP],
    [GAP + 6, -height / 2],
    [-width - GAP - 6, -height / 2],
    [-width / 2, -height - GAP - 6],
    [-width / 2, GAP + 6],
    [GAP + 18, -height - GAP - 18],
    [GAP + 18, GAP + 18],
  ];
  if (wish.ahead !== null) putAheadLast(tries, wish, wish.ahead);
  if (wish.before !== null) tries.unshift(wish.before);
  for (const at of tries) {
    const box = boxAt(wish, at);
    if (!inside(box, screen) || blocks.meets(box) || symbols.meets(box)) continue;
    if (still?.meets(box)) continue;
    return [at[0], at[1]];
  }
  return null;
}

/** Puts last what would lie over the aircraft's own speed vector. */
function putAheadLast(
  tries: (readonly [number, number])[],
  { width, height }: Wish,
  [aheadX, aheadY]: readonly [number, number],
): void {
  const over = ([dx, dy]: readonly [number, number]): number => {
    const [x, y] = [dx + width / 2, dy + height / 2];
    return (x * aheadX + y * aheadY) / Math.hypot(x, y) > 0.5 ? 1 : 0;
  };
  tries.sort((one, two) => over(one) - over(two));
}

/**
 * Goes round its aircraft further and further out.
 *
 * Over another block never; over the symbol of another aircraft rather than very far away, and
 * beyond the edge of the screen rather than nowhere.
 */
function far(
  wish: Wish,
  blocks: Taken,
  symbols: Taken,
  screen: { width: number; height: number },
): [number, number] | null {
  let overSymbol: [number, number] | null = null;
  let outside: [number, number] | null = null;
  for (let round = 1; round <= FAR_ROUNDS_MAX; round += 1) {
    if (overSymbol !== null && round > FREE_ROUNDS_MAX) return overSymbol;
    for (const at of around(wish, GAP + round * 18)) {
      const box = boxAt(wish, at);
      if (blocks.meets(box)) continue;
      if (!inside(box, screen)) outside ??= at;
      else if (symbols.meets(box)) overSymbol ??= at;
      else return at;
    }
  }
  return overSymbol ?? outside;
}

function around(wish: Wish, reach: number): [number, number][] {
  return Array.from({ length: DIRECTIONS }, (_, step) => {
    const turn = (2 * Math.PI * step) / DIRECTIONS - Math.PI / 4;
    return [
      Math.round(Math.cos(turn) * reach - (Math.cos(turn) < 0 ? wish.width : 0)),
      Math.round(Math.sin(turn) * reach - (Math.sin(turn) < 0 ? wish.height : 0)),
    ];
  });
}

function boxAt(wish: Wish, at: readonly [number, number]): Box {
  return { left: wish.x + at[0], top: wish.y + at[1], width: wish.width, height: wish.height };
}

function symbolBox(wish: Wish): Box {
  return { left: wish.x - SYMBOL, top: wish.y - SYMBOL, width: 2 * SYMBOL, height: 2 * SYMBOL };
}

function inside(box: Box, screen: { width: number; height: number }): boolean {
  return (
    box.left >= 0 &&
    box.top >= 0 &&
    box.left + box.width <= screen.width &&
    box.top + box.height <= screen.height
  );
}
