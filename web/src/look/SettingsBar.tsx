/** Not built yet. */
export function SettingsBar() {
  return <div>settings</div>;
}
