/** Not built yet. */
export function HotlinePane() {
  return <div>messages</div>;
}
