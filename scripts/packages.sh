#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Debian packages:
#
#   packages.sh [DIR]                   makes them, into DIR (default dist/)
#   packages.sh --check DIR             installs those of DIR, as root, and uses what they bring
#   packages.sh --check DIR bookworm    the same in a Debian 12 that has nothing else
#   packages.sh --fresh trixie          makes and checks them in two fresh systems, a Debian 13
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TOOLS=(debhelper dh-python dpkg-dev lintian)

make_packages() # DIR
{
    local work
    mkdir -p "$1"
    "$UDEEPSC_ROOT/scripts/setup.sh"
    if ! { command -v dh && command -v dh_python3 && command -v dpkg-buildpackage; } >/dev/null; then
        [ "$(id -u)" -eq 0 ] && [ "${FRESH_SYSTEM:-}" = yes ] && apt-get -q -y install "${TOOLS[@]}" ||
            die "packages need ${TOOLS[*]}: sudo apt-get install ${TOOLS[*]}"
    fi
    # dpkg-buildpackage writes beside its folder, and what is not committed stays out. Always
    # the same folder: the compiler cache knows it again.
    work=$UDEEPSC_BUILD/packages
    rm -rf "$work"
    mkdir -p "$work"
    git -C "$UDEEPSC_ROOT" archive --prefix=gr-udeepsc/ HEAD | tar -C "$work" -xf -
    (cd "$work/gr-udeepsc" && dpkg-buildpackage --build=binary --no-sign)
    cp "$work"/*.deb "$work"/*.changes "$1/"
    if command -v lintian >/dev/null; then
        say "lintian"
        lintian --fail-on error "$work"/*.changes
    fi
    say "packages in $1:"
    (cd "$1" && ls -- *.deb)
}

# Opens the window of example 02 from Companion; a picture of the screen comes to demo_out/.
check_companion()
{
    local example=/usr/share/udeepsc/examples/02_over_the_air_simulated/over_the_air_gui.grc
    apt-get -q -y install --no-install-recommends gir1.2-gtk-3.0 xterm xvfb xauth >/dev/null
    mkdir -p "$UDEEPSC_CHECKOUT/demo_out"
    GR_CONF_GRC_XTERM_EXECUTABLE=$(command -v xterm) HOME=$PWD xvfb-run -a -s "-screen 0 1600x1200x24" \
        /usr/bin/python3 "$UDEEPSC_CHECKOUT/tests/e2e/companion_execute.py" "$example" 20 \
        "$UDEEPSC_CHECKOUT/demo_out/companion.png" >companion.json
    /usr/bin/python3 - <<'EOF'
import json, sys
found = json.loads([line for line in open('companion.json') if line.startswith('{')][-1])
for name, wanted in (('missing', []), ('errors', []), ('running', True)):
    if found[name] != wanted:
        sys.exit(f'Companion: {name} is {found[name]}\n{found["said"]}')
if 'Traceback' in found['said']:
    sys.exit(found['said'])
EOF
}

# As whoever has nothing but the packages: no checkout, another folder, no variables.
check_packages() # DIR
{
    local work example files
    mapfile -t files < <(find "$1" -name '*.deb' ! -name '*-dbgsym_*')
    apt-get -q -y install --no-install-recommends "${files[@]}" libopenblas0-pthread
    work=$(mktemp -d)
    cd "$work"
    UDEEPSC_CHECKOUT=$UDEEPSC_ROOT
    unset UDEEPSC_ROOT UDEEPSC_BUILD PYTHONPATH GRC_BLOCKS_PATH
    say "udeepsc info lite"
    udeepsc info lite | head -n 3
    say "udeepsc-demo"
    udeepsc-demo --out demo_out
    test -s demo_out/report.png
    say "an example"
    example=/usr/share/udeepsc/examples/01_picture_and_sentence/picture_and_sentence.grc
    (sleep 15; echo) | timeout 120 udeepsc-run "$example" --snr-db 12 | tee said
    grep -q 'mean_score' said || die "the example printed no score"
    say "gnuradio.udeepsc"
    /usr/bin/python3 -c 'from gnuradio import udeepsc; print(udeepsc.find_model("lite"))'
    say "Companion: Execute pressed on example 02, no file edited"
    check_companion
    say "the packages work"
}

case ${1:-} in
--check)
    [ -d "${2:-}" ] || die "packages --check: expected the folder with the packages"
    folder=$(cd "$2" && pwd)
    if [ $# -eq 2 ]; then
        check_packages "$folder"
    else
        WITH=$folder "$UDEEPSC_ROOT/scripts/fresh.sh" "$3" packages --check dist
    fi
    ;;
--fresh)
    FRESH_SYSTEM=yes "$UDEEPSC_ROOT/scripts/fresh.sh" "${2:-bookworm}" packages dist
    WITH=$UDEEPSC_ROOT/dist/${2:-bookworm} "$UDEEPSC_ROOT/scripts/fresh.sh" "${2:-bookworm}" packages --check dist
    ;;
-*) die "packages: got '$1', expected a folder, --check and a folder, or --fresh" ;;
*) make_packages "${1:-$UDEEPSC_ROOT/dist}" ;;
esac
