# For the scripts beside it: steps that are silent when they succeed and show their log when they fail.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

bold='' red='' dim='' plain=''
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
fi

# Servers that the tests start (nginx) are not on a normal user's path.
export PATH=$PATH:/usr/sbin:/sbin
# Another clone of the same commit, or CI's fresh one, finds what was compiled here.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

die() {
    printf '%s\n' "${red}$*${plain}" >&2
    exit 1
}

# progress [TITLE]: what is going on, on a terminal only; without a title it is over.
progress() {
    [ -t 1 ] || return 0
    if [ $# -gt 0 ]; then printf '%s' "${dim}$1 …${plain}"; else printf '\r\e[K'; fi
}

# step LOG TITLE COMMAND…: runs it with its output in LOG. On failure shows the log's end and stops.
step() {
    local log=$1 title=$2
    shift 2
    mkdir -p "$(dirname "$log")"
    progress "$title"
    local status=0
    "$@" >"$log" 2>&1 </dev/null || status=$?
    progress
    if [ "$status" -ne 0 ]; then
        tail -n 200 "$log" | cut -c 1-2000 >&2
        die "$title failed (status $status). Whole log: $log"
    fi
}

# compile PRESET [TARGET…]: configures, then builds what changed.
compile() {
    local preset=$1
    shift
    mkdir -p "build/$preset"
    step "build/$preset/configure.log" "Configuring the $preset build" cmake --preset "$preset"
    step "build/$preset/build.log" "Building ($preset)" cmake --build --preset "$preset" ${1:+--target "$@"}
}
