/** Not built yet. */
export function TimeBar() {
  return <div>time</div>;
}
