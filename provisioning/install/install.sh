#!/usr/bin/env bash
# Puts in place what `make run`, `make install`, `make install-server` or `make test` needs, and only what is missing.
# Safe to stop and start again.
#
#   provisioning/install/install.sh run|box|server|test
#
# Debian packages: packages-run.txt (and packages-box.txt, packages-server.txt or packages-test.txt). Python libraries: the *.lock files, each with its hash.
# Nothing is kept outside .venv/ and var/ except Debian packages.

set -euo pipefail

purpose=${1:-}
case $purpose in
  run | box) lock=requirements.lock; last_step=4 ;;
  server) lock=requirements.lock; last_step=3 ;;
  test) lock=requirements-test.lock; last_step=4 ;;
  *) echo "usage: provisioning/install/install.sh run|box|server|test" >&2; exit 64 ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=provisioning/install
python=.venv/bin/python
started=$SECONDS

step() {  # number, Vietnamese, English
  printf '[%s/%s] %s · %s (%s s)\n' "$1" "$last_step" "$2" "$3" "$((SECONDS - started))"
}

stop_with() {
  printf '\n%s\n' "$@" >&2
  exit 1
}

# ---- 1. Debian packages -----------------------------------------------------------------------------------------

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

listed_packages() {  # "name|other service" lines of the word lists, comments taken away
  local lists=("$here/packages-run.txt")
  [ "$purpose" = run ] || lists+=("$here/packages-$purpose.txt")
  local passed_over='^$'
  case $purpose in box | server) passed_over='rehearsal-only' ;; esac  # a virtual reader closes all readers of a box
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e "/$passed_over/d" "${lists[@]}"
}

find_missing() {  # fills missing[] with lines of the lists of which no name is installed
  missing=()
  local names rest name found
  while read -r names rest; do
    found=
    for name in ${names//|/ }; do
      if is_installed "$name"; then found=yes; fi
    done
    [ -n "$found" ] || missing+=("$names $rest")
  done < <(listed_packages)
}

apt_knows() {
  [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]
}

choose_names() {  # fills wanted[] with one name for each missing line, the first that apt knows
  wanted=()
  local line name chosen
  for line in "${missing[@]}"; do
    chosen=
    for name in $(sed -e 's/ .*//' -e 's/|/ /g' <<<"$line"); do
      if [ -z "$chosen" ] && apt_knows "$name"; then chosen=$name; fi
    done
    wanted+=("${chosen:-$(sed -e 's/[ |].*//' <<<"$line")}")
  done
}

switch_off_unused_services() {  # only of packages that this run installed
  local line unit
  for line in "${missing[@]}"; do
    unit=$(sed -n 's/.*unused-service=\([^ ]*\).*/\1/p' <<<"$line")
    [ -n "$unit" ] || continue
    if [ -d /run/systemd/system ]; then
      "${as_root[@]}" systemctl disable --quiet --now "$unit" || true
    else
      "${as_root[@]}" service "${unit%.service}" stop >/dev/null 2>&1 || true
    fi
    echo "      $unit: tắt, chương trình này tự chạy bản riêng · switched off, we start instances of our own"
  done
}

install_packages() {
  command -v apt-get >/dev/null || stop_with \
    "Máy này không có apt-get. Cần Debian 12 trở lên hoặc Raspberry Pi OS 64-bit." \
    "No apt-get here: this needs Debian 12 or newer, or Raspberry Pi OS 64-bit."
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
    if ! sudo --non-interactive true 2>/dev/null && ! { [ -t 0 ] && sudo --validate; }; then
      choose_names
      stop_with "Cần quyền quản trị để cài gói. Hãy chạy lệnh này rồi thử lại:" \
        "Installing packages needs an administrator. Run this, then try again:" \
        "    su -c 'apt-get update && apt-get install --no-install-recommends ${wanted[*]}'"
    fi
  fi
  local apt=(
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get --quiet --option DPkg::Lock::Timeout=300
  )
  echo "      apt-get update"
  "${apt[@]}" update >/dev/null || echo "      không được, dùng danh sách cũ · failed, trying the lists as they are"
  choose_names
  echo "      apt-get install ${wanted[*]}"
  "${apt[@]}" install --yes --no-install-recommends "${wanted[@]}" </dev/null |
    sed --unbuffered --quiet 's/^Setting up \([^ ]*\) .*/      \1/p' || stop_with \
    "apt-get không cài được các gói trên; lý do ở ngay trên dòng này." \
    "apt-get could not install these packages; its reason stands just above."
  switch_off_unused_services
}

find_missing
step 1 "Gói Debian" "Debian packages, ${#missing[@]} missing"
[ "${#missing[@]}" -eq 0 ] || install_packages

# ---- 2. Virtual environment -------------------------------------------------------------------------------------

is_new_enough() {  # also false for a name on the PATH that cannot start, or that cannot make an environment
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

make_environment() {
  local candidate
  for candidate in $(type -aP python3 python3.14 python3.13 python3.12 python3.11); do
    if is_new_enough "$candidate"; then
      "$candidate" -m venv --clear .venv
      return
    fi
  done
  stop_with "Không thấy Python 3.11 trở lên. Debian 12 có sẵn; bản cũ hơn thì cần nâng cấp hệ điều hành." \
    "No Python 3.11 or newer was found. Debian 12 brings one; an older system must be upgraded first."
}

step 2 "Môi trường Python" "Python environment .venv"
is_new_enough "$python" || make_environment

# ---- 3. Python libraries ----------------------------------------------------------------------------------------

# One stamp for each purpose: `make test` brings all that `make run` needs, at the same versions.
fingerprint() {
  { "$python" --version; cat requirements-build.lock "$1"; } | sha256sum | cut -d' ' -f1
}
stamp=.venv/installed-libraries
step 3 "Thư viện Python" "Python libraries, $lock"
if ! grep -qsx "$(fingerprint "$lock")" "$stamp"; then
  pip=("$python" -m pip --disable-pip-version-check install --require-hashes)
  "${pip[@]}" --quiet -r requirements-build.lock
  # pyscard is compiled here, with the build tools pinned in the line above.
  "${pip[@]}" --no-build-isolation -r "$lock" | sed --unbuffered --quiet 's/^Collecting \([^ ]*\).*/      \1/p'
  pwd >"$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/classroom.pth"
  fingerprint "$lock" >>"$stamp"
  [ "$purpose" != test ] || fingerprint requirements.lock >>"$stamp"
fi

# ---- 4. Face weights and demo faces -----------------------------------------------------------------------------

if [ "$purpose" != server ]; then  # a server compares no faces
  step 4 "Trọng số nhận diện khuôn mặt" "face weights, checked by SHA-256"
  "$python" -m provisioning install-weights
  [ "$purpose" = box ] || "$python" -m provisioning rehearsal faces
fi

printf 'Xong · ready (%s s)\n' "$((SECONDS - started))"
