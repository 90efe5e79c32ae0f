# How a demo tells its steps: sourced by tools/demo*.sh, which set `set -euo pipefail` and run in a folder of their own.
# shellcheck shell=bash

readonly line_width=78

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' good=$'\e[32m' bad=$'\e[1;31m' dim=$'\e[2m' plain=$'\e[0m'
else
    bold='' good='' bad='' dim='' plain=''
fi

# ---- The report ----

step_number=0
step_begin=0
# shellcheck disable=SC2034  # whoever sources this tells it at the end
demo_begin=$(date +%s%N)

seconds_since() { awk -v begin="$1" -v end="$(date +%s%N)" 'BEGIN { printf "%.1f s", (end - begin) / 1e9 }'; }

title() {
    step_number=$((step_number + 1))
    step_begin=$(date +%s%N)
    printf '\n%s%2d. %s%s\n' "$bold" "$step_number" "$1" "$plain"
}

say() { printf '    %s\n' "$1"; }

# Ends a step: what is now known to be so, and how long the step took.
holds() {
    local took width
    took=$(seconds_since "$step_begin")
    width=$((line_width - 9 - ${#took}))
    printf '    %sok%s  %-*s %s%s%s\n' "$good" "$plain" "$width" "$1" "$dim" "$took" "$plain"
}

die() {
    printf '\n%sThe demo failed:%s %s\n' "$bad" "$plain" "$1" >&2
    exit 1
}
trap 'die "line $LINENO of ${BASH_SOURCE[0]} ended with exit code $?"' ERR

as_typed() {
    local argument typed=''
    for argument in "$@"; do
        [[ $argument != *' '* ]] || argument="${argument%%=*}='${argument#*=}'"
        typed+=" $argument"
    done
    echo "${typed# }"
}

# Shows a command as one could type it in demo-output, and what it says. Its exit code must be the first argument.
run() {
    local expected=$1 code=0
    shift
    printf '    %s$ %s%s\n' "$dim" "$(as_typed "$@")" "$plain"
    "$@" >run.log 2>&1 || code=$?
    sed 's/^/      /' run.log
    ((code == expected)) || die "'$1 $2' ended with exit code $code, $expected was expected"
}
