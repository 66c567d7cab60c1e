#!/usr/bin/env bash
# Makes this machine ready for authority, central broker and central: accounts, folders, units. Starts nothing.
# Called by `sudo make install-server` after install.sh; safe to run again.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../../.." && pwd)
# shellcheck source=provisioning/systemd/server/names.bash
. "$here/names.bash"

[ "$(id -u)" -eq 0 ] || stop_with "Cần quyền quản trị: sudo make install-server" \
  "This needs an administrator: sudo make install-server"

# ---- One account and one folder for each; what is in them stays ----

for name in authority broker central; do
  account=classroom-$name
  if [ -z "${CLASSROOM_ACCOUNT:-}" ]; then
    id "$account" >/dev/null 2>&1 ||
      useradd --system --user-group --home-dir "$var/$account" --no-create-home --shell /usr/sbin/nologin "$account"
  fi
  install --directory --owner="$(owner_of "$account")" --group="$(owner_of "$account")" --mode=0700 "$var/$account"
  as "$account" test -x "$checkout/.venv/bin/python" || stop_with \
    "Tài khoản $account không đọc được $checkout. Chuyển thư mục này tới /opt rồi chạy lại." \
    "The account $account cannot read $checkout. Move this folder to /opt, then run it again."
done

# ---- The units name this link, so that the next version is a link away ----

install --directory "$(dirname "$link")" "$etc/systemd/system"
ln --symbolic --force --no-dereference "$checkout" "$link"

# ---- Units; none is started ----

for unit in "$here"/classroom-*; do
  install --mode=0644 "$unit" "$etc/systemd/system/"
done
[ ! -d /run/systemd/system ] || systemctl daemon-reload

printf '%s\n' "Đã sẵn sàng; chưa chạy gì. Tiếp theo · Ready; nothing runs yet. Next:" \
  "  1. sudo provisioning/systemd/server/prepare_server.sh CA_HOST BROKER_HOST PAGES_HOST" \
  "  2. (mang khoá gốc đi · carry the root key away: $authority/root)" \
  "  3. sudo systemctl enable --now classroom-authority classroom-broker-keeper classroom-central-broker" \
  "  4. sudo systemctl enable --now classroom-central classroom-measurements" \
  "  5. sudo systemctl enable --now classroom-certificates.timer classroom-authority-backup.timer classroom-release-stamp.timer" \
  "Từng bước · step by step: provisioning/systemd/server/README.md"
