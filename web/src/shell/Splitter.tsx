// A bar between two panes: dragged, or moved by arrows, Home and End.
import { useRef } from "preact/hooks";

const STEPS = 20;

export interface SplitterProps {
  label: string;
  /** The id of the pane whose size it sets. */
  controls: string;
  /** How the bar lies: "vertical" stands between two panes beside each other. */
  lies: "vertical" | "horizontal";
  value: number;
  min: number;
  max: () => number;
  /** What the pane's size becomes where the bar is put at a place of the window. */
  sizeAt: (event: PointerEvent) => number;
  /** The sign by which an arrow to the right, or down, changes the size. */
  forward: 1 | -1;
  onSize: (size: number) => void;
}

/** The bar. */
export function Splitter(props: SplitterProps) {
  const { label, controls, lies, value, min, max, sizeAt, forward, onSize } = props;
  const dragged = useRef(false);
  const set = (size: number) => onSize(Math.min(Math.max(size, min), Math.max(min, max())));
  const [back, on] = lies === "vertical" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  const move = (event: KeyboardEvent) => {
    const step = ((max() - min) / STEPS) * forward;
    const to =
      event.key === on
        ? value + step
        : event.key === back
          ? value - step
          : event.key === "Home"
            ? min
            : event.key === "End"
              ? max()
              : null;
    if (to === null) return;
    event.preventDefault();
    set(to);
  };
  const whole = (size: number) => Math.round(lies === "vertical" ? size : size * 100);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a bar that moves is a separator with a value
    <div
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-controls={controls}
      aria-orientation={lies}
      aria-valuenow={whole(value)}
      aria-valuemin={whole(min)}
      aria-valuemax={whole(Math.max(min, max()))}
      onKeyDown={move}
      onPointerDown={(event) => {
        dragged.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (dragged.current) set(sizeAt(event));
      }}
      onPointerUp={() => {
        dragged.current = false;
      }}
      onPointerCancel={() => {
        dragged.current = false;
      }}
    />
  );
}
