/** Not built yet. */
export function MapPane() {
  return <div>map</div>;
}
