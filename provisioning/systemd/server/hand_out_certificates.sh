#!/usr/bin/env bash
# Has the programs' certificates renewed where that is due, and gives each program its own. Nightly, and at the start.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=provisioning/systemd/server/names.bash
. "$here/names.bash"
# shellcheck source=/dev/null
. "$answers"
umask 077

issue() {  # errand, folder, further words
  local errand=$1 folder=$2
  shift 2
  as classroom-authority "$python" -m provisioning authority "$errand" --settings "$authority/authority.toml" \
    "$authority/$folder" "$@" >/dev/null
}

hand_out() {  # folder at the authority, folder of the program, account; says in `changed` whether it is something new
  local from=$authority/$1 to=$2 account file
  account=$(owner_of "$3")
  changed=
  install --directory --owner="$account" --group="$account" --mode=0700 "$to"
  for file in key.pem authorities.pem certificate.pem; do
    if cmp --quiet "$from/$file" "$to/$file"; then continue; fi
    install --owner="$account" --group="$account" --mode=0600 "$from/$file" "$to/$file.new"
    sync "$to/$file.new"
    mv "$to/$file.new" "$to/$file"
    changed=yes
  done
}

tell() {  # systemctl's words; nothing where systemd does not run
  [ ! -d /run/systemd/system ] || systemctl "$@"
}

issue issue-central central
issue issue-keeper broker-keeper
issue issue-measurements central-measurements
issue issue-server broker --name "$BROKER_HOST" --host "$BROKER_HOST"
issue issue-server pages --name "$PAGES_HOST" --host "$PAGES_HOST"

# Central's two programs and the keeper read theirs at each connection.
hand_out central "$central/identity" classroom-central
hand_out central-measurements "$central/measuring-identity" classroom-central
hand_out broker-keeper "$broker/keeper-identity" classroom-broker
hand_out broker "$broker/served" classroom-broker
[ -z "$changed" ] || tell try-reload-or-restart classroom-central-broker.service
hand_out pages "$central/pages" classroom-central
[ -z "$changed" ] || tell try-restart classroom-central.service
