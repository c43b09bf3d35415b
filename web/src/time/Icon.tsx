// The signs on the bar's buttons, drawn: no font has all of them.

const PATHS = {
  back: "M11 2 L3 8 L11 14 Z",
  forward: "M5 2 L13 8 L5 14 Z",
  pause: "M4 2 H7 V14 H4 Z M9 2 H12 V14 H9 Z",
  "tick-back": "M13 2 L6 8 L13 14 Z M3 2 H5 V14 H3 Z",
  "tick-on": "M3 2 L10 8 L3 14 Z M11 2 H13 V14 H11 Z",
} as const;

export type IconName = keyof typeof PATHS;

/** One sign; what it means is the button's name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="time-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} fill="currentColor" />
    </svg>
  );
}
