// Clicks, drags and the keyboard on the map itself: selecting, measuring, choosing for a form.
import type { MapMouseEvent } from "maplibre-gl";
import { selection } from "../shell/state";
import { type Block, LINE_PX, PAD_PX } from "./blocks";
import type { Board } from "./board";
import { partsOf } from "./features";
import { screenToDegrees } from "./fixed";
import type { LonLat } from "./geodesy";
import { measured } from "./mapstate";
import { answerPicking, giveUpPicking, type Picked, picking } from "./picking";
import { CLICKED } from "./style";

const HOVER_EVERY_MS = 60;

/** Binds pointer and keyboard until the returned function is called. */
export function bindPointer(board: Board, ground: HTMLElement): () => void {
  const drag = new BlockDrag(board, ground);
  const click = (event: MapMouseEvent): void => {
    if (drag.ended()) return;
    clicked(board, event.point.x, event.point.y);
  };
  let hoveredMs = 0;
  const hover = (event: MapMouseEvent): void => {
    if (isAiming()) {
      board.crosshair = [event.point.x, event.point.y];
      board.ask();
      return;
    }
    if (performance.now() - hoveredMs < HOVER_EVERY_MS) return;
    hoveredMs = performance.now();
    const { x, y } = event.point;
    const over = blockAt(board, x, y) !== null || board.aircraftAt(x, y) !== null;
    board.map.getCanvas().style.cursor = over ? "pointer" : "";
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && isAiming()) {
      event.preventDefault();
      event.stopPropagation();
      stopAiming(board);
    }
    if (event.key !== "Enter" || !isAiming() || event.target !== board.map.getCanvas()) return;
    event.preventDefault();
    const { widthPx, heightPx } = board.camera.view();
    board.crosshair = [widthPx / 2, heightPx / 2];
    aimed(board, widthPx / 2, heightPx / 2);
  };
  board.map.on("click", click);
  board.map.on("mousemove", hover);
  addEventListener("keydown", pressed, true);
  return () => {
    drag.end();
    board.map.off("click", click);
    board.map.off("mousemove", hover);
    removeEventListener("keydown", pressed, true);
  };
}

/** Says whether a click means a place, not a selection. */
export function isAiming(): boolean {
  return measured.peek() !== null || picking.peek() !== null;
}

/** Ends measuring, or gives up what was to be chosen. */
export function stopAiming(board: Board): void {
  if (picking.peek() !== null) giveUpPicking();
  else measured.value = null;
  board.crosshair = null;
  board.ask();
}

function clicked(board: Board, x: number, y: number): void {
  if (isAiming()) aimed(board, x, y);
  else choose(board, x, y);
}

function aimed(board: Board, x: number, y: number): void {
  const place = screenToDegrees(board.camera.view(), x, y);
  if (picking.peek() !== null) {
    const found = pickedAt(board, x, y, place);
    if (found !== null && answerPicking(found)) board.crosshair = null;
    return;
  }
  const before = measured.peek() ?? [];
  measured.value = before.length === 1 ? [...before, place] : [place];
}

/** Returns what lies there of the kind that is wanted. */
function pickedAt(board: Board, x: number, y: number, place: LonLat): Picked | null {
  const wanted = picking.peek()?.wanted;
  if (wanted === "position") return { kind: "position", ...place };
  if (wanted === "aircraft") {
    const aircraft = aircraftAt(board, x, y);
    return aircraft === null ? null : { kind: "aircraft", aircraft };
  }
  const layer = wanted === "zone" ? "zone-hit" : "boundary-hit";
  const found = stillAt(board, x, y).find((each) => each.layer === layer);
  if (found === undefined) return null;
  const [agreement = "", object = ""] = partsOf(found.key);
  return wanted === "zone"
    ? { kind: "zone", agreement, zone: object }
    : { kind: "boundary", agreement, boundary: object };
}

function aircraftAt(board: Board, x: number, y: number): string | null {
  const block = blockAt(board, x, y);
  if (block !== null) return board.looks.named(block.number)?.aircraft ?? null;
  return board.aircraftAt(x, y);
}

interface Still {
  layer: string;
  key: string;
}

function stillAt(board: Board, x: number, y: number): Still[] {
  const found: Still[] = [];
  for (const each of board.map.queryRenderedFeatures([x, y], { layers: [...CLICKED] })) {
    const key: unknown = each.properties["key"];
    const layer = each.layer.id;
    if (typeof key !== "string") continue;
    if (!found.some((known) => known.key === key && known.layer === layer))
      found.push({ layer, key });
  }
  return found;
}

/** Selects what lies there; clicked again, the next of what lies below one another. */
function choose(board: Board, x: number, y: number): void {
  const aircraft = aircraftAt(board, x, y);
  if (aircraft !== null) {
    selection.value = { kind: "aircraft", aircraft };
    return;
  }
  const all = stillAt(board, x, y);
  const chosen = selection.peek();
  const at = all.findIndex((each) => isChosen(each, chosen));
  const next = all[at + 1] ?? (all.length > 1 ? all[0] : undefined) ?? all[at];
  if (next !== undefined) selection.value = selectionOf(next);
  else if (chosen !== null && chosen.kind !== "message" && chosen.kind !== "line") {
    selection.value = null;
  }
}

function selectionOf({ layer, key }: Still): typeof selection.value {
  const [agreement = "", second = "", third = ""] = partsOf(key);
  if (layer === "zone-hit") return { kind: "zone", agreement, zone: second };
  if (layer === "boundary-hit") return { kind: "boundary", agreement, boundary: second };
  return { kind: "intent", agreement, party: second, intent: third };
}

function isChosen(still: Still, chosen: typeof selection.value): boolean {
  return chosen !== null && JSON.stringify(selectionOf(still)) === JSON.stringify(chosen);
}

/** Returns the block at a point, the one on top first. */
export function blockAt(board: Board, x: number, y: number): Block | null {
  const view = board.camera.view();
  for (const block of [...board.layout.blocks].reverse()) {
    const [anchorX, anchorY] = board.anchor(block.index, view);
    const [left, top] = [anchorX + block.dx, anchorY + block.dy];
    const height = block.lines.length * LINE_PX + 2 * PAD_PX;
    if (x >= left && y >= top && x <= left + block.width && y <= top + height) return block;
  }
  return null;
}

/** Drags the block of the selected aircraft; everything else is the map's. */
class BlockDrag {
  private held: { block: Block; fromX: number; fromY: number; moved: boolean } | null = null;
  private justEnded = false;

  constructor(
    private readonly board: Board,
    private readonly ground: HTMLElement,
  ) {
    ground.addEventListener("pointerdown", this.down, true);
    ground.addEventListener("pointermove", this.move, true);
    ground.addEventListener("pointerup", this.up, true);
    ground.addEventListener("pointercancel", this.up, true);
  }

  end(): void {
    this.ground.removeEventListener("pointerdown", this.down, true);
    this.ground.removeEventListener("pointermove", this.move, true);
    this.ground.removeEventListener("pointerup", this.up, true);
    this.ground.removeEventListener("pointercancel", this.up, true);
  }

  /** Says once whether the click that comes now belongs to a drag. */
  ended(): boolean {
    const was = this.justEnded;
    this.justEnded = false;
    return was;
  }

  private down = (event: PointerEvent): void => {
    this.justEnded = false;
    const { left, top } = this.ground.getBoundingClientRect();
    const block = blockAt(this.board, event.clientX - left, event.clientY - top);
    if (block === null || !block.selected || event.button !== 0 || isAiming()) return;
    this.held = { block, fromX: event.clientX, fromY: event.clientY, moved: false };
    this.board.map.dragPan.disable();
  };

  private move = (event: PointerEvent): void => {
    if (this.held === null) return;
    const { block, fromX, fromY } = this.held;
    const [x, y] = [event.clientX - fromX, event.clientY - fromY];
    if (!this.held.moved && Math.hypot(x, y) < 4) return;
    this.held.moved = true;
    this.board.blocks.pin(block.number, [block.dx + x, block.dy + y]);
    this.board.relay();
  };

  private up = (): void => {
    if (this.held === null) return;
    this.justEnded = this.held.moved;
    this.held = null;
    this.board.map.dragPan.enable();
  };
}
