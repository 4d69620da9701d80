#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the packages of cmake/debian-packages.txt that are missing; --download only
# fetches them, --docs installs what `./gr-udeepsc docs` needs instead.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die "setup knows Debian's apt-get only; install what docs/dependencies.md lists, then run ./gr-udeepsc build"

part=
if [ "${1:-}" = --docs ]; then
    part=docs
    shift
fi
mapfile -t missing < <(missing_packages $part)
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        die "run this as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
fi
apt()
{
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}
only=()
doing=installing
if [ "${1:-}" = --download ]; then
    only=(--download-only)
    doing=downloading
fi
install() { apt install --yes --no-install-recommends "${only[@]}" "${missing[@]}"; }

say "$doing ${#missing[@]} packages: ${missing[*]}"
updated=no
# Lists that are empty or old do not know the packages, or know versions that are gone.
if ! apt-get install --simulate --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
    apt update
    updated=yes
fi
if ! install; then
    [ $updated = no ] || die "apt-get could not install the packages; its message is above"
    apt update
    install || die "apt-get could not install the packages; its message is above"
fi

[ $doing = installing ] || exit 0
mapfile -t missing < <(missing_packages $part)
[ ${#missing[@]} -eq 0 ] || die "still missing after the installation: ${missing[*]}"
