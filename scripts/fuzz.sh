#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzzes what comes in from outside: fuzz.sh --list | TARGET [--seconds N]. Sets up a build folder
# of its own, builds the target with Clang's libFuzzer and keeps what it finds: inputs that reach
# new code in build-fuzz/corpus/TARGET, inputs that are faults in build-fuzz/found/TARGET.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
folder=${UDEEPSC_FUZZ_BUILD:-$UDEEPSC_ROOT/build-fuzz}
sources=$UDEEPSC_ROOT/tests/fuzz
python=(/usr/bin/python3 -B "$sources/fuzz_python.py")
usage='expected ./gr-udeepsc fuzz --list, or fuzz TARGET [--seconds N]'

# Each with the first line of its file, what it reads.
list_targets()
{
    local file name
    for file in "$sources"/fuzz_*.cc; do
        name=$(basename "$file" .cc)
        printf '%-14s %s\n' "${name#fuzz_}" "$(sed -n '2s,^// ,,p' "$file")"
    done
    "${python[@]}" --list
}

configure()
{
    local program=$folder/.probe
    mkdir -p "$folder"
    command -v clang++ >/dev/null && echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' |
        clang++ -x c++ - -fsanitize=fuzzer,address -o "$program" 2>/dev/null ||
        die "fuzzing needs Clang with its run-time libraries: apt-get install clang libclang-rt-dev"
    rm -f "$program"
    [ -f "$folder/build.ninja" ] || cmake -S "$UDEEPSC_ROOT" -B "$folder" -G Ninja \
        -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DENABLE_FUZZING=ON \
        -DENABLE_PYTHON=OFF -DPYTHON_EXECUTABLE=/usr/bin/python3 >&2
}

# libFuzzer writes to the first of the folders that it begins with.
fuzz()
{
    local corpus=$folder/corpus/$target found=$folder/found/$target log=$folder/$target.log
    local own=$sources/corpus/$target status=0 leaks=1
    local start=("$corpus" "$folder/tests/fuzz/seeds/$target") longest=4096
    mkdir -p "$corpus" "$found"
    [ ! -d "$own" ] || start+=("$own")
    # LibTorch keeps memory, and libFuzzer would look through all of it after every input. The
    # replay under the address sanitizer looks once.
    [ "$target" != model ] || leaks=0
    # Longer inputs are slower, and reach nothing that shorter ones do not.
    case $target in
    feedback) longest=512 ;;
    text | wordpiece) longest=1024 ;;
    burst | picture | sentencepiece | sound) longest=16384 ;;
    esac
    say "$target: for $seconds s; $log says more"
    export LSAN_OPTIONS=suppressions=$UDEEPSC_ROOT/tests/sanitize/leaks.txt:print_suppressions=0
    # What one input may take; sanitizers make a program several times slower and larger.
    OMP_NUM_THREADS=1 "$folder/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=20 \
        -detect_leaks=$leaks \
        -malloc_limit_mb=512 -rss_limit_mb=4096 -max_len="$longest" -artifact_prefix="$found/" \
        -print_final_stats=1 "${start[@]}" >"$log" 2>&1 || status=$?
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, $(find "$corpus" -type f | wc -l) inputs kept in $corpus"
    [ $status -eq 0 ] || die "$target: $(grep -E '^(SUMMARY|fuzz: |artifact_prefix)' "$log" | tr '\n' ' ')"
}

target=${1:-} seconds=60
case $target in
'') die "$usage" ;;
--list)
    list_targets
    exit 0
    ;;
esac
shift
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=${2:-} && shift 2 || die "$usage" ;;
    *) die "got '$1', $usage" ;;
    esac
done
[[ $seconds =~ ^[1-9][0-9]{0,6}$ ]] || die "got '$seconds' seconds, expected 1 to 9999999"
names=" $(list_targets | sed 's/ .*//' | tr '\n' ' ')"
[[ $names == *" $target "* ]] || die "no target '$target', expected one of$names"
if [ ! -f "$sources/fuzz_$target.cc" ]; then
    exec "${python[@]}" "$target" --seconds "$seconds" --corpus "$folder/found/$target"
fi
"$UDEEPSC_ROOT/scripts/setup.sh"
configure
UDEEPSC_BUILD=$folder "$UDEEPSC_ROOT/scripts/build.sh" "fuzz_$target"
fuzz
