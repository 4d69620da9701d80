#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Says what is there and what to do about what is not. Exit status 1 if something that is
# needed is missing. Installs and changes nothing.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

failures=0
warnings=0
if [ -t 1 ]; then
    green=$'\033[32m' yellow=$'\033[33m' red=$'\033[31m' plain=$'\033[0m'
else
    green='' yellow='' red='' plain=''
fi

# report MARK COLOUR SUBJECT TEXT [WHAT TO DO]
report()
{
    printf '%s%-4s%s  %-12s %s\n' "$2" "$1" "$plain" "$3" "$4"
    [ -z "${5:-}" ] || printf '      %-12s -> %s\n' '' "$5"
}
ok() { report OK "$green" "$@"; }
warn()
{
    warnings=$((warnings + 1))
    report warn "$yellow" "$@"
}
fail()
{
    failures=$((failures + 1))
    report FAIL "$red" "$@"
}
has() { command -v "$1" >/dev/null 2>&1; }
package_version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null | sed 's/^[0-9]*://'; }

check_machine()
{
    local name memory_mib
    name=$(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-unknown}")
    if [[ $name == *"Debian GNU/Linux 12"* || $name == *"Debian GNU/Linux 13"* ]]; then
        ok system "$name"
    else
        warn system "$name" "made for and tested on Debian 12 and 13"
    fi
    ok processor "$(nproc) cores, $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)"
    if grep -qwE 'avx512_bf16|amx_bf16' /proc/cpuinfo; then
        ok bf16 "native: the blocks' and the bench's dtype bf16 is about twice as fast"
    else
        ok bf16 "not on this processor: keep dtype fp32"
    fi
    memory_mib=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    if [ "$memory_mib" -ge 3000 ]; then
        ok memory "$memory_mib MiB available"
    else
        warn memory "$memory_mib MiB available" "a build takes 1.5 GB a job: close something, or add swap"
    fi
}

check_packages()
{
    if ! has dpkg-query; then
        warn packages "no dpkg here" "see docs/dependencies.md for what is needed"
        return
    fi
    local missing
    missing=$(missing_packages | tr '\n' ' ')
    if [ -z "$missing" ]; then
        ok packages "all $(listed_packages | wc -l) of cmake/debian-packages.txt"
    else
        fail packages "missing: $missing" "./gr-udeepsc setup"
    fi
}

check_python()
{
    if [ ! -x /usr/bin/python3 ]; then
        fail python "no /usr/bin/python3" "./gr-udeepsc setup"
        return
    fi
    ok python "/usr/bin/python3 $(/usr/bin/python3 -c 'import platform; print(platform.python_version())'), the one GNU Radio uses"
    local first
    first=$(command -v python3 || true)
    [ "$(readlink -f "${first:-/usr/bin/python3}")" = "$(readlink -f /usr/bin/python3)" ] ||
        warn python "python3 on PATH is $first" "it does not see GNU Radio: run flowgraphs with /usr/bin/python3"
}

check_gnuradio()
{
    local version
    if ! has gnuradio-config-info; then
        fail "GNU Radio" "not found" "./gr-udeepsc setup"
        return
    fi
    version=$(gnuradio-config-info --version)
    if [[ $version != 3.10.* ]]; then
        fail "GNU Radio" "$version" "3.10 is needed"
    elif ! /usr/bin/python3 -c 'from gnuradio import gr' 2>/dev/null; then
        fail "GNU Radio" "$version, but /usr/bin/python3 cannot import gnuradio.gr" \
            "/usr/bin/python3 -c 'from gnuradio import gr' shows why"
    else
        ok "GNU Radio" "$version"
    fi
}

# check_library SUBJECT VERSION
check_library()
{
    if [ -n "$2" ]; then ok "$1" "$2"; else fail "$1" "not found" "./gr-udeepsc setup"; fi
}

volk_version() { has volk-config-info && volk-config-info --version || true; }
uhd_version() { has uhd_config_info && uhd_config_info --version | sed -n 's/^UHD //p' | head -n 1 || true; }

check_blas()
{
    local link=/usr/lib/x86_64-linux-gnu/libblas.so.3 name=libblas.so.3-x86_64-linux-gnu bound
    bound=$(update-alternatives --query $name 2>/dev/null | sed -n 's/^Value: //p')
    [ -n "$bound" ] || bound=$(readlink -f $link 2>/dev/null || true)
    case $bound in
    '') fail BLAS "none" "./gr-udeepsc setup" ;;
    *openblas* | *mkl*) ok BLAS "$bound" ;;
    *)
        if update-alternatives --list $name 2>/dev/null | grep -q openblas; then
            fail BLAS "$bound: 20 to 30 times slower than OpenBLAS" \
                "sudo update-alternatives --auto $name"
        else
            fail BLAS "$bound: 20 to 30 times slower than OpenBLAS" \
                "sudo apt-get install libopenblas0-pthread"
        fi
        ;;
    esac
}

check_build()
{
    if [ ! -x "$UDEEPSC_BUILD/apps/udeepsc" ]; then
        warn build "nothing built in $UDEEPSC_BUILD" "./gr-udeepsc build"
        return
    fi
    local error
    if error=$(PYTHONPATH=$UDEEPSC_BUILD/test_modules /usr/bin/python3 -B -c \
        'from gnuradio import udeepsc' 2>&1); then
        ok build "$UDEEPSC_BUILD; the blocks load"
    else
        fail build "the blocks do not load: $(tail -n 1 <<<"$error")" \
            "./gr-udeepsc build; if that does not help: rm -r $UDEEPSC_BUILD and build again"
    fi
}

# Folders where Python looks for modules and that hold ours, with the version, in its order.
installed_packages()
{
    /usr/bin/python3 - 2>/dev/null <<'EOF'
import glob, os, subprocess, sys
looked = [p for p in sys.path if p] + sorted(glob.glob('/usr/local/lib/python3*/*-packages'))
for folder in dict.fromkeys(os.path.realpath(p) for p in looked):
    if os.path.isfile(os.path.join(folder, 'gnuradio', 'udeepsc', '__init__.py')):
        code = ('import gnuradio; gnuradio.__path__.insert(0, %r); from gnuradio import udeepsc; '
                'print(getattr(udeepsc, "__version__", "an earlier version"))'
                % os.path.join(folder, 'gnuradio'))
        done = subprocess.run([sys.executable, '-B', '-c', code], capture_output=True, text=True)
        print(done.stdout.strip() or 'a version that does not load', 'in', folder)
EOF
}

check_installed()
{
    local found used
    found=$(installed_packages)
    [ -n "$found" ] || return 0
    used=$(/usr/bin/python3 -B -c 'from gnuradio import udeepsc; print(udeepsc.__path__[0])' 2>/dev/null || true)
    if [ "$(wc -l <<<"$found")" -eq 1 ]; then
        ok installed "$found"
    else
        warn installed "more than once: $(paste -sd ';' <<<"$found" | sed 's/;/; /g'); flowgraphs use ${used:-none}" \
            "take one away: sudo ninja -C build uninstall, or sudo apt-get remove gnuradio-udeepsc"
    fi
}

check_model()
{
    local model=$UDEEPSC_ROOT/models/udeepsc-lite.safetensors
    if [ -s "$model" ]; then
        ok model "$model, $(($(stat -c %s "$model") / 1000000)) MB"
    else
        fail model "no $model" "git checkout -- models"
    fi
}

# Each layer laid out for oneDNN is held against LibTorch when a model is loaded.
check_packed_layers()
{
    local program=$UDEEPSC_BUILD/apps/udeepsc dtype said all=
    [ -x "$program" ] && [ -s "$UDEEPSC_ROOT/models/udeepsc-lite.safetensors" ] || return 0
    for dtype in fp32 bf16; do
        said=$("$program" bench --model "$UDEEPSC_ROOT/models/udeepsc-lite.safetensors" \
            --task image_reconstruction --repeat 1 --dtype $dtype 2>&1 >/dev/null) || true
        all+=$(grep -o 'this oneDNN.*' <<<"$said" || true)
    done
    if [ -n "$all" ]; then
        warn oneDNN "${all%%$'\n'*}" "results are right, inference is slower; another libdnnl-dev may help"
    else
        ok oneDNN "computes every layer of the shipped model as LibTorch does"
    fi
}

# Where GNU Radio Companion looks for block descriptions.
grc_folders()
{
    tr ':' '\n' <<<"${GRC_BLOCKS_PATH:-}"
    echo "$HOME/.grc_gnuradio"
    sed -n 's/^\(global\|local\)_blocks_path *= *//p' /etc/gnuradio/conf.d/grc.conf \
        "$HOME/.gnuradio/config.conf" 2>/dev/null | tr ':' '\n'
    echo /usr/local/share/gnuradio/grc/blocks
}

check_companion()
{
    local folder
    while read -r folder; do
        if [ -n "$folder" ] && [ -f "$folder/udeepsc_semantic_encoder.block.yml" ]; then
            ok Companion "finds the blocks in $folder"
            return
        fi
    done < <(grc_folders)
    warn Companion "the blocks are not installed where it looks" \
        "./gr-udeepsc companion, or install: sudo ninja -C $UDEEPSC_BUILD install"
}

check_radio()
{
    if ! has uhd_find_devices; then
        warn USRP "no uhd_find_devices" "sudo apt-get install uhd-host"
        return
    fi
    local found status=0
    found=$(timeout 20 uhd_find_devices 2>/dev/null) || status=$?
    if grep -q '^ *serial:' <<<"$found"; then
        ok USRP "$(sed -n 's/^ *\(serial\|product\|type\): */\1 /p' <<<"$found" | paste -sd ' ')"
    elif [ $status -eq 124 ]; then
        warn USRP "looking for devices took more than 20 s" "uhd_find_devices --args addr=... asks one alone"
    else
        warn USRP "none found; simulation needs none" \
            "USB: sudo uhd_images_downloader, then plug in again; network: uhd_find_devices --args addr=..."
    fi
}

check_machine
check_packages
check_python
check_gnuradio
check_library UHD "$(uhd_version)"
check_library VOLK "$(volk_version)"
check_library LibTorch "$(package_version libtorch-dev)"
check_library pybind11 "$(package_version pybind11-dev)"
check_blas
check_build
check_installed
check_model
check_packed_layers
check_companion
check_radio

echo
if [ $failures -gt 0 ]; then
    echo "$failures to mend, $warnings to know about."
    exit 1
fi
echo "All that is needed is there; $warnings to know about."
