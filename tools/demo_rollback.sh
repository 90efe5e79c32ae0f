#!/bin/bash
# The demo of rollback: a small system is broken in five ways, and brought back each time; with the tools alone. It is a
# check too: it ends with an error where anything is not as it should be. Usage: tools/demo_rollback.sh [BUILD-DIRECTORY]
#
# Everything it makes lies in demo-rollback/ in the checkout, which it makes anew each time.
set -euo pipefail
export LC_ALL=C.UTF-8
unset SOURCE_DATE_EPOCH

build=$(realpath "${1:-"$(dirname "$0")/../build"}")
checkout=$(realpath "$(dirname "$0")/..")
work=$checkout/demo-rollback
PATH=$build/examples/multios-package:$build/examples/multios-update:$PATH
export MULTIOS_HELPER=$build/src/libexec/multios-run-script
# shellcheck source=tools/demo_report.sh
source "$checkout/tools/demo_report.sh"

rm -rf "$work"
mkdir -p "$work/keys" "$work/root/etc/multios/trust" "$work/root/bin"
cd "$work"

# pack NAME VERSION: a program and its configuration, of that version.
pack() {
    local tree=$1-$2
    mkdir -p "$tree/usr/bin" "$tree/etc"
    printf '#!/bin/sh\necho "%s %s"\n' "$1" "$2" >"$tree/usr/bin/$1"
    chmod 755 "$tree/usr/bin/$1"
    echo "version = $2" >"$tree/etc/$1.conf"
    multios-package create --name="$1" --version="$2" --input-directory="$tree" --output="$tree.mos" \
        --sign-key=keys/signer.key --certificate=keys/signer.crt >>create.log
}

# What is there: each file with its content, but for what the engine keeps.
picture() {
    (cd root && find . \( -path ./var/lib/multios -o -name .multios-stage \) -prune -o -type f -print0 | LC_ALL=C sort -z |
        xargs -0 -r sha256sum)
}
remember() { picture >"picture-$1"; }
must_be() { picture | diff "picture-$1" - >&2 || die "the system is not what it was ($1)"; }

printf '%s%s%s\n' "$bold" "$(multios-update --version): broken in five ways" "$plain"

title 'A small system'
multios-package keygen --type=ecc-p384 --output=keys/ca --ca --common-name='Demo CA' >create.log
multios-package keygen --type=ecc-p384 --output=keys/signer --issuer=keys/ca --common-name='Demo Signer' >>create.log
cp keys/ca.crt root/etc/multios/trust/
cp "$(command -v busybox)" root/bin/busybox
ln -s busybox root/bin/sh
for version in 1.0 1.1 1.2 1.3 1.4 2.0; do pack web "$version"; done
pack tool 1.0
run 0 multios-package install web-1.0.mos --root=root
remember web-1.0
run 0 multios-package install web-1.1.mos --root=root
remember web-1.1
holds 'web 1.1 runs, and there is a way back to 1.0'

title 'First: an update after which the system is not well'
mkdir -p root/etc/multios/health-checks
# shellcheck disable=SC2016  # the check's own
printf '%s\n' '#!/bin/sh' 'case $(/usr/bin/web) in *2.0) echo "web 2.0 does not answer"; exit 1 ;; esac' \
    >root/etc/multios/health-checks/10-web
chmod 755 root/etc/multios/health-checks/10-web
remember web-1.1
if chroot root /bin/sh -c true 2>/dev/null && unshare -m true 2>/dev/null; then
    run 3 multios-package install web-2.0.mos --root=root
    grep -q 'web 2.0 does not answer' run.log || die 'the health check was not told'
    must_be web-1.1
    run 0 multios-update rollback history --include-reason --root=root
    grep -q 'failed-health-check' run.log || die 'the history does not say why'
    holds 'it went back by itself, and the history says why'
else
    rm -r root/etc/multios/health-checks
    remember web-1.1
    holds '(this process may not change its root: no health check can run here)'
fi

title 'Second: an update that turns out to be bad'
run 0 multios-package install web-1.2.mos --root=root
run 0 multios-update rollback last-good --reason='customers complain' --root=root
must_be web-1.1
holds 'the newest change is taken back'

title 'Third: several updates, and the fault is in an old one'
run 0 multios-package install web-1.2.mos tool-1.0.mos --root=root
run 0 multios-package install web-1.3.mos --root=root
run 0 multios-update rollback package --package=web --version=1.1 --plan --root=root
run 0 multios-update rollback package --package=web --version=1.1 --root=root
[[ $(root/usr/bin/web) == 'web 1.1' && $(root/usr/bin/tool) == 'tool 1.0' ]] || die 'not web alone went back'
run 0 multios-update rollback --target-version=1.0 --root=root
[[ $(root/usr/bin/web) == 'web 1.0' && ! -e root/usr/bin/tool ]] || die 'not everything went back'
run 0 multios-update rollback last-good --root=root
[[ $(root/usr/bin/web) == 'web 1.1' && -e root/usr/bin/tool ]] || die 'the rollback was not taken back'
holds 'one package, then everything; and that was taken back too'

title 'Fourth: somebody has ruined a configuration file'
echo 'port = eighty' >root/etc/web.conf
run 0 multios-update rollback config --component=web --merge-strategy=past --root=root
[[ $(cat root/etc/web.conf) == 'version = '* ]] || die 'the configuration is not back'
run 0 multios-update rollback last-good --root=root
[[ $(cat root/etc/web.conf) == 'port = eighty' ]] || die 'what was ruined is lost'
run 0 multios-update rollback config --component=web --merge-strategy=keep-both --root=root
[[ $(cat root/etc/web.conf) == 'port = eighty' ]] || die 'the ruined file did not stay'
run 0 find root/etc -name 'web.conf.rp-*'
grep -q rp- run.log || die 'the old file does not lie beside it'
holds 'the configuration alone went back, and nothing was lost'

title 'Fifth: an update is killed, and the database is gone'
multios-package install web-1.4.mos --root=root >kill.log 2>&1 &
kill -KILL $! 2>/dev/null || true
wait $! 2>/dev/null || true
rm -f root/var/lib/multios/state.db root/var/lib/multios/state.db-wal
run 0 multios-update emergency recovery --mode=safe --root=root
[[ $(root/usr/bin/tool) == 'tool 1.0' ]] || die 'the tool is gone'
run 0 multios-package install web-1.4.mos --root=root
[[ $(root/usr/bin/web) == 'web 1.4' ]] || die 'no further update is possible'
run 0 multios-update rollback history --include-reason --root=root
holds 'offline, from what lies in the root itself; and the next update works'

rm -f run.log kill.log create.log
printf '\n%sBroken in five ways, and brought back%s, in %s.\n' "$good" "$plain" "$(seconds_since "$demo_begin")"
