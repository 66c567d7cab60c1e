#!/usr/bin/env bash
# Makes this machine ready to become a room's box: account, folders, units. Starts nothing; enrolment does.
# Called by `sudo make install` after install.sh; safe to run again.
#
# The three names below can be given for tests.

set -euo pipefail

account=${CLASSROOM_ACCOUNT:-classroom-box}
box=${CLASSROOM_BOX:-/var/lib/classroom-box}
etc=${CLASSROOM_ETC:-/etc}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)

stop_with() {
  printf '\n%s\n' "$@" >&2
  exit 1
}

[ "$(id -u)" -eq 0 ] || stop_with "Cần quyền quản trị: sudo make install" "This needs an administrator: sudo make install"

# ---- The account, in the groups of the devices that this machine has ----

id "$account" >/dev/null 2>&1 ||
  useradd --system --user-group --home-dir "$box" --no-create-home --shell /usr/sbin/nologin "$account"
for group in video dialout tss plugdev; do  # camera, code scanner, TPM, USB
  if getent group "$group" >/dev/null && ! id -nG "$account" | tr ' ' '\n' | grep -qx "$group"; then
    [ "$account" = root ] || usermod --append --groups "$group" "$account"
  fi
done

# ---- Folders; what is in them stays ----

install --directory --owner="$account" --group="$account" --mode=0750 "$box"
as_account() {
  if [ "$account" = root ]; then "$@"; else runuser -u "$account" -- "$@"; fi
}
as_account test -x "$checkout/.venv/bin/python" || stop_with \
  "Tài khoản $account không đọc được $checkout. Chuyển thư mục này tới /opt rồi chạy lại." \
  "The account $account cannot read $checkout. Move this folder to /opt, then run it again."

# What was installed here is the box's first release; later ones stand beside it.
(cd "$checkout" && as_account .venv/bin/python -m provisioning update adopt .venv --box "$box")

# ---- Units; none is started before enrolment ----

install --directory "$etc/systemd/system" "$etc/polkit-1/rules.d" "$etc/udev/rules.d"
for unit in "$here"/classroom-*; do
  install --mode=0644 "$unit" "$etc/systemd/system/"
done
install --mode=0644 "$here/60-classroom-pcscd.rules" "$etc/polkit-1/rules.d/"
install --mode=0644 "$here/60-classroom-serial.rules" "$etc/udev/rules.d/"
[ ! -d /run/systemd/system ] || systemctl daemon-reload

if compgen -G '/usr/lib/pcsc/drivers/serial/*vpcd*' >/dev/null; then
  printf '%s\n' "Chú ý: máy có đầu đọc thẻ ảo; hộp thật sẽ từ chối mọi đầu đọc. Chạy: sudo apt-get remove vsmartcard-vpcd" \
    "Mind: a virtual card reader is installed; a real box then refuses all readers. Run the command above."
fi
printf '%s\n' "Đã sẵn sàng. Tiếp theo, với mã trên trang quản trị · Ready. Next, with the code from the page:" \
  "    sudo .venv/bin/python -m provisioning enroll --authority HOST:PORT"
