#!/usr/bin/env bash
# Proves the README: on a Debian 12 that has only git, `./dev test` and `./dev demo` work from a clone.
#
# Makes a minimal Debian with debootstrap from the archive that this machine's own apt uses, clones the checkout (what
# is committed) into it, and runs both commands in a chroot. Needs root. Arguments, if any, replace the two commands:
# tools/fresh_machine.sh test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/debian_sources.sh

suite=bookworm
root=$(mktemp -d "${TMPDIR:-/var/tmp}/fresh-machine.XXXXXX")
commands=("$@")
((${#commands[@]} > 0)) || commands=(test demo)

say() { printf 'fresh machine: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# The last mount first; nothing is deleted through a mount that would not go.
clean_up() {
    local mount
    for mount in dev/pts dev sys proc; do
        if mountpoint -q "$root/$mount"; then
            umount "$root/$mount" || die "can't unmount '$root/$mount': left as it is"
        fi
    done
    rm -rf --one-file-system "$root"
}

make_machine() {
    local uri
    uri=$(debian_sources | awk -v suite="$suite" '$2 == suite { print $1; exit }')
    [[ -n $uri ]] || die "this machine's apt has no source for $suite"
    debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$root" "$uri" >"$root.log" 2>&1 || {
        tail -n 20 "$root.log" >&2
        die "debootstrap failed"
    }
    rm -f "$root.log"
}

# What apt needs to reach the archive the way this machine does: sources, proxies, names, certificates.
copy_network() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    debian_sources | sed "s|^|deb [signed-by=$keyring] |" >"$root/etc/apt/sources.list"
    apt-config dump Acquire | grep -vi 'IndexTargets' >"$root/etc/apt/apt.conf.d/90machine" || true
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt" 2>/dev/null || true
}

mount_kernel() {
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount --bind /dev "$root/dev"
    mount --bind /dev/pts "$root/dev/pts"
}

inside() {
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb CI=true \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} chroot "$root" "$@"
}

((EUID == 0)) || die "debootstrap and chroot need root"
trap clean_up EXIT
say "making a Debian 12 with git and nothing else"
make_machine
copy_network
mount_kernel
say "cloning the checkout into it"
git clone --quiet --no-hardlinks . "$root/root/libmultiosupdate"

passed=0
failed=0
for command in "${commands[@]}"; do
    say "./dev $command"
    begin=$SECONDS
    if inside sh -c "cd /root/libmultiosupdate && exec ./dev $command"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    say "./dev $command took $((SECONDS - begin)) s"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
