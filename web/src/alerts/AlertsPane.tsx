/** Not built yet. */
export function AlertsPane() {
  return <div>alerts</div>;
}
