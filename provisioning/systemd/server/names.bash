# Read by the scripts beside it: accounts, folders, and how to act as an account. The names can be given for tests.

etc=${CLASSROOM_ETC:-/etc}
var=${CLASSROOM_VAR:-/var/lib}
link=${CLASSROOM_LINK:-/usr/local/lib/classroom-server}
answers=$etc/classroom-server.conf
authority=$var/classroom-authority
broker=$var/classroom-broker
central=$var/classroom-central
python=$link/.venv/bin/python

stop_with() {
  printf '\n%s\n' "$@" >&2
  exit 1
}

as() {  # account, words of a command
  local account=$1
  shift
  if [ -n "${CLASSROOM_ACCOUNT:-}" ]; then "$@"; else setpriv --reuid="$account" --regid="$account" --init-groups -- "$@"; fi
}

owner_of() {  # the account that is asked for, or the one that tests give
  printf '%s' "${CLASSROOM_ACCOUNT:-$1}"
}
