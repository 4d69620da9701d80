#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds and runs every test; arguments go to ctest (-L core, -R qa_chain ...).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
"$UDEEPSC_ROOT/scripts/setup.sh"
"$UDEEPSC_ROOT/scripts/setup.sh" --docs
"$UDEEPSC_ROOT/scripts/build.sh"

junit=$UDEEPSC_BUILD/test-results.xml
rm -f "$junit"
status=0
ctest --test-dir "$UDEEPSC_BUILD" --output-on-failure -j2 --output-junit "$junit" "$@" || status=$?

# The same count in one plain line.
[ -f "$junit" ] || die "ctest wrote no results (exit status $status)"
count() { sed -n "s/^.*[[:space:]]$1=\"\([0-9]*\)\".*$/\1/p;/<testcase/q" "$junit" | head -n 1; }
total=$(count tests) failed=$(count failures) skipped=$(count skipped) disabled=$(count disabled)
not_run=$((${skipped:-0} + ${disabled:-0}))
[ "${total:-0}" -gt 0 ] || die "no test was run"
echo
echo "$((total - failed - not_run)) passed, $failed failed$([ $not_run -eq 0 ] || echo ", $not_run skipped")"
exit $status
