#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command of ./gr-udeepsc in a Debian made on the spot that has its base system and
# nothing else, so that no package which only this computer has hides a missing one:
#
#   fresh.sh bookworm test -L core      what is committed here, cloned into a Debian 12
#   fresh.sh trixie demo                a Debian 13; demo's pictures and Debian packages are brought back
#   fresh.sh --prepare bookworm         only makes the base system, or says why it cannot
#
# Needs root. UDEEPSC_FRESH (default /var/tmp/udeepsc-fresh) keeps base systems, downloaded
# packages and the compiler cache for the next time. KEEP=1 keeps the system afterwards.
# UDEEPSC_MIRROR names another Debian mirror than this computer's. WITH=DIR puts that folder into
# the checkout as dist/, and nothing is fetched beforehand.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export UDEEPSC_ROOT
store=${UDEEPSC_FRESH:-/var/tmp/udeepsc-fresh}
cache=${CCACHE_DIR:-$store/ccache}

seconds_of() # WHAT COMMAND... ; says how long it took
{
    local what=$1 start=$SECONDS status=0
    shift
    "$@" || status=$?
    say "$what: $((SECONDS - start)) s"
    return $status
}

mirror()
{
    if [ -n "${UDEEPSC_MIRROR:-}" ]; then
        echo "$UDEEPSC_MIRROR"
        return
    fi
    grep -qs '^ID=debian' /etc/os-release || return 0 # debootstrap's own default
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs: *\([^ ]*\).*/\1/p' |
        head -n 1 | grep . ||
        sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list 2>/dev/null | head -n 1
}

# Proxies and keys of this computer; not its habits, such as throwing packages away, nor files of
# packages, which would bring their own.
copy_apt_settings() # ROOT
{
    local file
    for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
        if grep -qsiE '^[[:space:]]*Acquire' "$file" && ! dpkg-query -S "$file" >/dev/null 2>&1; then
            cp -L "$file" "$1/etc/apt/apt.conf.d/"
        fi
    done
    cp -rL /usr/share/keyrings/. "$1/usr/share/keyrings/" 2>/dev/null || true
}

make_base() # SUITE
{
    local base=$store/$1.tar tmp
    [ ! -f "$base" ] || return 0
    [ "$(id -u)" -eq 0 ] || die "a fresh system needs root"
    unshare --mount --pid --fork true 2>/dev/null ||
        die "a fresh system needs mount namespaces; this computer does not let us have one"
    if ! command -v debootstrap >/dev/null; then
        apt-get -q -y install --no-install-recommends debootstrap >"$store/apt.log" 2>&1 ||
            { apt-get -q update && apt-get -q -y install --no-install-recommends debootstrap; } \
                >"$store/apt.log" 2>&1 || die "cannot install debootstrap: $(tail -n 1 "$store/apt.log")"
    fi
    tmp=$(mktemp -d "$store/base.XXXX")
    # shellcheck disable=SC2046
    debootstrap --variant=minbase --include=ca-certificates "$1" "$tmp" $(mirror) >"$store/debootstrap.log" 2>&1 ||
        { rm -rf --one-file-system "$tmp"; die "debootstrap made no $1: $(tail -n 1 "$store/debootstrap.log")"; }
    rm -f "$tmp"/var/cache/apt/archives/*.deb
    copy_apt_settings "$tmp"
    tar -C "$tmp" -cf "$base.part" . && mv "$base.part" "$base"
    rm -rf --one-file-system "$tmp"
}

put_checkout() # FOLDER
{
    if git -C "$UDEEPSC_ROOT" rev-parse --git-dir >/dev/null 2>&1; then
        git -C "$UDEEPSC_ROOT" diff --quiet HEAD 2>/dev/null ||
            say "what is not committed here is not in the fresh system"
        git clone -q --no-hardlinks "$UDEEPSC_ROOT" "$1"
    else
        mkdir "$1"
        tar -C "$UDEEPSC_ROOT" --exclude=./build -cf - . | tar -C "$1" -xf -
    fi
}

in_root() # COMMAND...
{
    local proxies
    mapfile -t proxies < <(env | grep -iE '^(https?|no|ftp)_proxy=' || true)
    chroot "$root" /usr/bin/env -i HOME=/root USER=root TERM="${TERM:-dumb}" LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        CCACHE_DIR=/ccache CI="${CI:-}" FRESH_SYSTEM="${FRESH_SYSTEM:-}" "${proxies[@]}" \
        bash -c 'cd /root/gr-udeepsc && exec "$@"' fresh "$@" </dev/null
}

# In namespaces of its own: mounts and processes end with it.
inside() # ROOT COMMAND...
{
    root=$1
    shift
    # A mount of its own, or network namespaces cannot be made in it.
    mount --bind "$root" "$root"
    mkdir -p "$root/ccache"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys" || true
    mount --rbind /dev "$root/dev"
    mount --bind "$cache" "$root/ccache"
    packages=$store/packages-$(sed -n "s/^VERSION_CODENAME=//p" "$root/etc/os-release")
    mkdir -p "$packages"
    mount --bind "$packages" "$root/var/cache/apt/archives"
    say "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' "$root/etc/os-release"), $(chroot "$root" dpkg-query -W | wc -l) packages, $(git -C "$UDEEPSC_ROOT" rev-parse --short HEAD 2>/dev/null || echo 'this folder'): ./gr-udeepsc $*"
    in_root apt-get -q update >/dev/null
    local part=()
    [ "$1" != docs ] || part=(--docs)
    [ -n "${WITH:-}" ] ||
        seconds_of "packages downloaded" in_root ./gr-udeepsc setup "${part[@]}" --download
    seconds_of "./gr-udeepsc $1 in the fresh system" in_root ./gr-udeepsc "$@"
}

bring_back() # ROOT SUITE FOLDER
{
    [ -d "$1/root/gr-udeepsc/$3" ] || return 0
    rm -rf "${UDEEPSC_ROOT:?}/$3/$2"
    mkdir -p "$UDEEPSC_ROOT/$3"
    cp -r "$1/root/gr-udeepsc/$3" "$UDEEPSC_ROOT/$3/$2"
    say "brought back to $UDEEPSC_ROOT/$3/$2"
}

remove() # ROOT
{
    if [ "${KEEP:-0}" = 1 ]; then
        say "kept: $1"
    else
        rm -rf --one-file-system "$1"
    fi
}

prepare_only=no
if [ "${1:-}" = --prepare ]; then
    prepare_only=yes
    shift
fi
case ${1:-} in
--inside)
    shift
    inside "$@"
    exit
    ;;
bookworm | trixie) suite=$1 ;;
*) die "fresh: got '${1:-}', expected bookworm (Debian 12) or trixie (Debian 13)" ;;
esac
shift
mkdir -p "$store" "$cache" || die "fresh: cannot write to $store"
seconds_of "base system" make_base "$suite"
[ $prepare_only = no ] || exit 0

root=$(mktemp -d "$store/$suite.XXXX")
trap 'remove "$root"' EXIT
chmod 755 "$root"
tar -C "$root" -xf "$store/$suite.tar"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
put_checkout "$root/root/gr-udeepsc"
[ -z "${WITH:-}" ] || cp -r "$WITH" "$root/root/gr-udeepsc/dist"
status=0
UDEEPSC_FRESH=$store CCACHE_DIR=$cache \
    unshare --mount --propagation private --pid --fork --kill-child \
    "$UDEEPSC_ROOT/scripts/fresh.sh" --inside "$root" "$@" || status=$?
bring_back "$root" "$suite" demo_out
[ -n "${WITH:-}" ] || bring_back "$root" "$suite" dist
exit $status
