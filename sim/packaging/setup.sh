#!/bin/sh
# Installs the Debian packages that building and testing need and that are missing: as root or with sudo by
# apt-get, else it prints the exact line to run and fails. Further words name optional groups: clang.
# Nothing missing: silent and quick.
set -eu
packages="gcc libc6-dev make pkg-config libgsl-dev libpng-dev libcairo2-dev libfreetype-dev libyaml-dev libjson-c-dev
          libxxhash-dev zlib1g-dev librandom123-dev libcmocka-dev fonts-dejavu-core"
for group in "$@"; do
    case $group in
    clang) packages="$packages clang" ;;
    *) echo "setup.sh: unknown group '$group'; known: clang" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
    # Not a Debian: the compiler and linker say what is missing.
    command -v gcc >/dev/null 2>&1 && exit 0
    echo "setup.sh: this is not a Debian system; install the equivalents of:" $packages >&2
    exit 3
fi
missing=
for p in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then sudo=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo="sudo -n"
else
    echo "setup.sh: packages are missing; run:" >&2
    echo "  sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 3
fi
echo "installing$missing" >&2
install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2; }
# The package lists of a fresh machine are empty or old: fetch them only when the first attempt fails.
install 2>/dev/null || { $sudo apt-get update -q >&2 && install; }
