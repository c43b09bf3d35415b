/** Not built yet. */
export function SignInPane() {
  return <div>sign-in</div>;
}
