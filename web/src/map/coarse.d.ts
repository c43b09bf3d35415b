// What baseMapPlugin.ts gives: Natural Earth's 1:50 m countries on a coarser grid.
declare module "virtual:coarse-countries" {
  import type { GeometryCollection, Topology } from "topojson-specification";

  const topology: Topology<{ land: GeometryCollection; countries: GeometryCollection }>;
  export default topology;
}
