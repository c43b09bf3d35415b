// Asking the map for an object on behalf of a field.
import { picking } from "../map/picking";
import { type Pickable, positionText } from "./objects";

/** Asks the map; `take` gets what the field is to hold. */
export function pickFor(wanted: Pickable, take: (value: string) => void): void {
  picking.value = {
    wanted,
    done: (picked) => {
      switch (picked.kind) {
        case "position":
          take(positionText(picked.latDeg, picked.lonDeg));
          break;
        case "zone":
          take(picked.zone);
          break;
        case "boundary":
          take(picked.boundary);
          break;
        case "aircraft":
          take(picked.aircraft);
      }
    },
  };
}
