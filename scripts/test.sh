#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds and runs every test; arguments go to ctest (-L core, -R qa_chain ...).
# With --sanitize address, undefined, thread or address,undefined in front of them: those of core,
# conventional, phy, blocks and fuzz, built with that sanitizer in a folder of its own.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

sanitize()
{
    local rules=$UDEEPSC_ROOT/tests/sanitize
    case ${1:-} in
    address | undefined | thread | address,undefined) ;;
    *) die "test --sanitize: got '${1:-}', expected address, undefined, thread or address,undefined" ;;
    esac
    # No comma in the folder's name: to the linker it ends a path.
    export UDEEPSC_BUILD=${UDEEPSC_BUILD}-${1/,/-} UDEEPSC_SANITIZER=$1
    # Python and libraries that are not watched: what is reported there is not ours.
    export ASAN_OPTIONS=detect_stack_use_after_return=1:detect_odr_violation=0
    export LSAN_OPTIONS=suppressions=$rules/leaks.txt:print_suppressions=0
    export TSAN_OPTIONS=suppressions=$rules/threads.txt:print_suppressions=0:exitcode=66
    export UBSAN_OPTIONS=print_stacktrace=1
}

if [ "${1:-}" = --sanitize ]; then
    sanitize "${2:-}"
    # The simulated device of test_usrp gives up where nobody keeps its time.
    left_out=test_usrp
    # But for undefined, sanitizers do not allow RTLD_DEEPBIND, without which the SentencePiece module
    # meets LibTorch's protobuf in a C++ program. fuzz.sentencepiece runs it without LibTorch.
    [[ $2 = undefined ]] || left_out+='|SentencePieceTokenizer|MakeTokenizer|Golden.*/lite'
    shift 2
    set -- -L '^(core|conventional|phy|blocks|fuzz)$' -E "$left_out" "$@"
fi
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
