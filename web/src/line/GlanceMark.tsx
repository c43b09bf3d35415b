// The shape of a line's word: no two alike without colour.

/** A whole disc, a disc with a gap and a notch, two bars in a square, a cross; else a ring. */
export function GlanceMark({ word }: { word: string }) {
  return (
    <svg class="line-mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      {shapeOf(word)}
    </svg>
  );
}

function shapeOf(word: string) {
  switch (word) {
    case "OPEN":
      return <circle cx="10" cy="10" r="8" fill="currentColor" />;
    case "DEGRADED":
      return (
        <>
          <path d="M10 1.5 L19 17.5 H1 Z" fill="none" stroke="currentColor" stroke-width="2" />
          <path d="M10 7 V12 M10 13.6 V15.6" stroke="currentColor" stroke-width="2" />
        </>
      );
    case "SUSPENDED":
      return (
        <>
          <rect
            x="1.5"
            y="1.5"
            width="17"
            height="17"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
          />
          <path d="M7 5.5 V14.5 M13 5.5 V14.5" stroke="currentColor" stroke-width="3" />
        </>
      );
    case "DOWN":
      return <path d="M3 3 L17 17 M17 3 L3 17" stroke="currentColor" stroke-width="3.5" />;
    default:
      return <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="2" />;
  }
}
