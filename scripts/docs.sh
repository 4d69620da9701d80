#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the documentation as a web site: docs.sh [--out FOLDER]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

out=$UDEEPSC_BUILD/docs/html
case ${1:-} in
'') ;;
--out)
    [ $# -eq 2 ] || die "docs: --out wants a folder"
    out=$2
    ;;
-h | --help)
    echo "gr-udeepsc docs [--out FOLDER]: builds the documentation as a web site, by default"
    echo "in $out; a broken link or a warning of Sphinx ends it"
    exit 0
    ;;
*) die "docs: got '$1', expected --out FOLDER" ;;
esac

"$UDEEPSC_ROOT/scripts/setup.sh" --docs
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
/usr/bin/python3 -B "$UDEEPSC_ROOT/scripts/docs/site_pages.py" "$UDEEPSC_ROOT" "$pages/source"
# -W: warnings are errors; -n: every reference has to lead somewhere.
/usr/bin/python3 -B -m sphinx -q -n -W --keep-going -b html -d "$pages/trees" -c "$UDEEPSC_ROOT/docs" \
    "$pages/source" "$out" 2>&1 | sed "s|$pages/source/||" >&2 || die "docs: Sphinx found mistakes; they are above"
say "open $out/index.html"
