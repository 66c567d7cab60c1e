#!/usr/bin/env bash
# Keys, certificates and settings of a new server. What is there stays, so it may be run again after a failure.
#
#   prepare_server.sh CA_HOST BROKER_HOST PAGES_HOST      names under which boxes and people find this machine

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=provisioning/systemd/server/names.bash
. "$here/names.bash"

[ "$(id -u)" -eq 0 ] || stop_with "Cần quyền quản trị: dùng sudo. This needs an administrator: use sudo."
if [ $# -ne 3 ]; then
  echo "usage: prepare_server.sh CA_HOST BROKER_HOST PAGES_HOST" >&2
  exit 64
fi
for host in "$@"; do
  [[ $host =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$ ]] || stop_with "$host không phải là tên máy · is no host name"
done

if [ ! -e "$answers" ]; then
  printf 'CA_HOST=%s\nBROKER_HOST=%s\nPAGES_HOST=%s\n' "$@" >"$answers"
elif [ "$(cat "$answers")" != "$(printf 'CA_HOST=%s\nBROKER_HOST=%s\nPAGES_HOST=%s' "$@")" ]; then
  stop_with "Máy này đã có tên khác trong $answers. Hộp và chứng thư dùng các tên ấy." \
    "This machine has other names in $answers already; boxes and certificates use them."
fi
umask 077

write_once() {  # file, account; the content comes on the standard input
  [ ! -e "$1" ] || return 0
  cat >"$1.new"
  chown "$(owner_of "$2"):$(owner_of "$2")" "$1.new"
  mv "$1.new" "$1"
}

# ---- Keys of central; the authority, which founds itself around its public one ----

as classroom-central "$python" -m central make-keys "$central/keys"
install --owner="$(owner_of classroom-authority)" --group="$(owner_of classroom-authority)" --mode=0644 \
  "$central/keys/central-signing.public.pem" "$authority/"
as classroom-authority "$python" -m provisioning authority prepare "$authority" --address "$1:8443" \
  --broker "$2:8883" --receipt-key "$authority/central-signing.public.pem" >/dev/null
[ -e "$authority/state/releases" ] || [ -L "$authority/state/releases" ] ||
  as classroom-authority ln --symbolic ../release-desk/repository "$authority/state/releases"

"$here/hand_out_certificates.sh"

# ---- Settings ----

write_once "$broker/broker.toml" classroom-broker <<TOML
# Settings of the central broker and its keeper. Every setting: provisioning/brokers/README.md.
[authority]
address = "$1:8443"
authorities = "keeper-identity/authorities.pem"
certificate = "keeper-identity/certificate.pem"
key = "keeper-identity/key.pem"

[broker]
host = "$2"
authorities = "served/authorities.pem"
certificate = "served/certificate.pem"
key = "served/key.pem"
pid_file = "broker/mosquitto.pid"
TOML
as classroom-broker "$python" -m provisioning broker write --settings "$broker/broker.toml"

write_once "$central/settings.toml" classroom-central <<TOML
# Settings of central. Every setting: central/README.md.
[keys]
signing = "keys/central-signing.key"
evidence = "keys/central-evidence.key"

[broker]
host = "$2"
authority = "identity/authorities.pem"
certificate = "identity/certificate.pem"
key = "identity/key.pem"

[measurements]
certificate = "measuring-identity/certificate.pem"
key = "measuring-identity/key.pem"

[http]
host = "0.0.0.0"
certificate = "pages/certificate.pem"
key = "pages/key.pem"

[authority]
address = "$1:8443"
authorities = "identity/authorities.pem"
certificate = "identity/certificate.pem"
key = "identity/key.pem"
TOML

printf '%s\n' "" \
  "Khoá gốc nằm ở $authority/root. Chép ra hai USB, cất vào két, rồi xoá khỏi máy này." \
  "The root key lies in $authority/root. Copy it to two USB sticks, lock them away, then delete it here."
