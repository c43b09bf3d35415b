# Sourced by ./run and ./test: makes .venv from the hashed requirements and builds the console, once;
# later calls need no network.
# Wants $top (the repository's folder). Talks on stderr.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Print the first Python that is new enough, or nothing.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$name"
      return
    fi
  done
}

# Install Debian packages as root; otherwise print the one line that does it, and fail.
apt_install() {
  local line="apt-get update && apt-get install -y --no-install-recommends $*"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "missing: $*; as root run: $line"
    return 1
  fi
  say "installing $* (we are root)"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null </dev/null &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null </dev/null
}

make_venv() {
  local python
  python=$(find_python)
  if [ -z "$python" ]; then
    apt_install python3 python3-venv || die "Parley needs Python 3.11 or newer"
    python=$(find_python)
    [ -n "$python" ] || die "Parley needs Python 3.11 or newer; python3 here is $(python3 --version 2>&1)"
  fi
  if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    apt_install python3-venv || die "$python has no venv module"
  fi
  say "making .venv with $("$python" --version)"
  "$python" -m venv --clear "$top/.venv" >&2
}

# uv at the version and hashes of requirements-test.txt, by pip; uv then installs everything else.
install_uv() {
  local wanted
  wanted=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' "$top/requirements-test.txt")
  case "$("$top/.venv/bin/uv" --version 2>/dev/null || true)" in "uv $wanted"*) return ;; esac
  say "installing uv $wanted"
  sed -n '/^uv==/,/[^\\]$/p' "$top/requirements-test.txt" >"$top/.venv/uv.txt"
  "$top/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --require-hashes -r "$top/.venv/uv.txt" >&2
}

# Make the package importable and `.venv/bin/parley` runnable; both relative, so the folder may be moved.
link_package() {
  local site
  site=$("$top/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  "$top/.venv/bin/python" -c 'import os, sys; print(os.path.relpath(sys.argv[2], sys.argv[1]))' \
    "$site" "$top/src" >"$site/parley.pth"
  cat >"$top/.venv/bin/parley" <<'SCRIPT'
#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"
' '''
import sys

from parley.app.cli.main import main

sys.exit(main())
SCRIPT
  chmod +x "$top/.venv/bin/parley"
}

# Build the console if it is missing or its sources changed, by Node.js of this machine or of PyPI.
# Ends with the builder's code: 0 it is there, 1 it could not be built, 3 there is no Node.js to be had.
have_console() {
  [ "${PARLEY_NO_CONSOLE:-}" != 1 ] || return 3
  "$top/.venv/bin/python" "$top/builders/build_console.py" --get-node "$@"
}

# set_up LEVEL: "run" installs what the product needs, "test" also what the checks need.
set_up() {
  local level=$1 stamp="$top/.venv/parley.stamp" wanted started=$SECONDS file=requirements.txt
  [ "$level" = run ] || file=requirements-test.txt
  wanted=$(cat "$top/requirements.txt" "$top/requirements-test.txt" "$top/builders/environment.sh" | sha256sum | cut -d' ' -f1)
  if "$top/.venv/bin/python" -c '' 2>/dev/null && [ -f "$stamp" ]; then
    case "$(cat "$stamp")" in
      "$wanted test" | "$wanted $level") return ;;
    esac
  fi
  say "setting up (once; needs the package index, later calls do not)"
  "$top/.venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
  install_uv || die "set-up failed: uv could not be installed; is the package index reachable?"
  say "installing $file"
  "$top/.venv/bin/uv" pip install --quiet --compile-bytecode --python "$top/.venv/bin/python" --require-hashes -r "$top/$file" >&2 ||
    die "set-up failed: $file could not be installed; is the package index reachable?"
  link_package
  printf '%s %s\n' "$wanted" "$level" >"$stamp"
  say "set-up took $((SECONDS - started)) s"
}
