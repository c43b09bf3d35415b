/** Not built yet. */
export function LineBar() {
  return <div>lines</div>;
}
