// What baseMapPlugin.ts gives: Natural Earth's 1:50 m countries on a coarser grid.
declare module "virtual:coarse-countries" {
  import type { GeometryCollection, Topology } from "topojson-specification";

  /** Where its arcs lie, as `unpackArcs` reads them. */
  export const arcsUrl: string;
  /** Everything else of the topology. */
  export const rest: Omit<
    Topology<{ land: GeometryCollection; countries: GeometryCollection }>,
    "arcs"
  >;
}
