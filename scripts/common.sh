# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the scripts behind ./gr-udeepsc; not run by itself.
set -euo pipefail
UDEEPSC_ROOT=${UDEEPSC_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
UDEEPSC_BUILD=${UDEEPSC_BUILD:-$UDEEPSC_ROOT/build}

# What a flowgraph needs: the blocks and their Python package, no tests.
BLOCKS=(udeepsc_python udeepsc_python_package)

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

die()
{
    printf 'gr-udeepsc: %s\n' "$*" >&2
    exit 1
}

# The packages of cmake/debian-packages.txt, one a line: those above its last section,
# Documentation, or with `docs` those in it.
listed_packages() # [docs]
{
    local part='/^# Documentation$/,$d'
    [ "${1:-}" != docs ] || part='1,/^# Documentation$/d'
    sed -e "$part" -e 's/#.*//' -e '/^[[:space:]]*$/d' -e 's/[[:space:]]//g' "$UDEEPSC_ROOT/cmake/debian-packages.txt"
}

# Those of them that are not installed.
missing_packages() # [docs]
{
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
        sed -n 's/^installed //p')
    # grep ends with 1 when nothing is missing.
    listed_packages "$@" | grep -vxF -f <(printf '%s\n' "$installed") || true
}

# Runs with the blocks of the build tree, as if they were installed. GNU Radio's own Python
# is Debian's, whichever python3 comes first on PATH.
use_build_tree()
{
    export PYTHONPATH=$UDEEPSC_BUILD/test_modules${PYTHONPATH:+:$PYTHONPATH}
}
