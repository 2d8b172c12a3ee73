#!/bin/sh
# Puts the program, the scenarios and the documentation under $PREFIX, or removes them again.
# usage: PREFIX=DIR install.sh PROGRAM | PREFIX=DIR install.sh --remove
set -eu
: "${PREFIX:?set PREFIX to the folder to install under}"
share=$PREFIX/share/plateau
doc=$PREFIX/share/doc/plateau
if [ "${1:?usage: install.sh PROGRAM | --remove}" = --remove ]; then
    rm -f "$PREFIX/bin/plateau"
    rm -rf "$share" "$doc"
    exit 0
fi
mkdir -p "$PREFIX/bin" "$share" "$doc"
install -m 755 "$1" "$PREFIX/bin/plateau"
# Replaced whole, so that nothing of an older version stays behind.
rm -rf "$share/scenarios" "$doc"
mkdir -p "$doc"
cp -R scenarios "$share/scenarios"
cp -R README.md docs/. "$doc/"
chmod -R a+rX "$share" "$doc"
echo "installed $PREFIX/bin/plateau, $share, $doc"
