// The class of an alert as a shape: it says with its form and its filling what the colour repeats.
import { classOf } from "./urgency";

/** A filled triangle with a double bar, a half diamond with a bar, a hollow circle. */
export function ClassMark({ word }: { word: string }) {
  return (
    <svg class="alerts-mark" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {shapeOf(classOf(word))}
    </svg>
  );
}

function shapeOf(word: ReturnType<typeof classOf>) {
  switch (word) {
    case "short-term":
      return <path d="M10 2 L19 18 H1 Z" fill="currentColor" stroke="currentColor" />;
    case "own move only":
      return (
        <g stroke="currentColor" stroke-width="1.8">
          <path d="M10 1.5 L18.5 10 L10 18.5 L1.5 10 Z" fill="none" />
          <path d="M10 1.5 L10 18.5 L1.5 10 Z" fill="currentColor" />
        </g>
      );
    default:
      return <circle cx="10" cy="10" r="7.5" fill="none" stroke="currentColor" stroke-width="2" />;
  }
}
