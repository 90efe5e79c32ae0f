#!/bin/bash
# The demo: two releases of one package are packed, signed, refused when damaged, installed, updated, cut off in the
# middle, recovered, rolled back and compared; then a service with a script and a configuration file is updated, and three
# packages come at once; with the tools alone. It is a check too: it ends with an error where anything is not as it should
# be. Usage: tools/demo.sh [BUILD-DIRECTORY]
#
# Everything it makes lies in demo-output/ in the checkout, which it makes anew each time.
set -euo pipefail
export LC_ALL=C.UTF-8
unset SOURCE_DATE_EPOCH

build=$(realpath "${1:-"$(dirname "$0")/../build"}")
checkout=$(realpath "$(dirname "$0")/..")
work=$checkout/demo-output
PATH=$build/examples/multios-package:$build/examples/multios-update:$PATH
export MULTIOS_HELPER=$build/src/libexec/multios-run-script

# Packages with many files of which an update changes many; the first that this machine's apt has in two versions is
# taken, its oldest and its newest.
readonly candidates="libssl-doc python3-django linux-doc-6.1 openjdk-17-doc"
readonly least_entries=2000

# shellcheck source=tools/demo_report.sh
source "$checkout/tools/demo_report.sh"

megabytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f MB", bytes / 1e6 }'; }
number() { echo "$1" | sed ':again; s/^\([0-9]\+\)\([0-9]\{3\}\)/\1,\2/; t again'; }
bytes_of() { du -sb --apparent-size "$1" | cut -f1; }

# ---- Trees ----

# One line a path: type, mode, time, and link target or content. Owners too when the package keeps them. What the engine
# keeps for itself in a root is not the package's.
listing() {
    local owner='' own=(\( -path ./var/lib/multios -o -name .multios-stage -o -path ./etc/multios \) -prune -o)
    ((${#owners[@]} == 0)) || owner='%u:%g '
    (
        cd "$1"
        find . -mindepth 1 "${own[@]}" ! -type f -printf "%P\t%y %m $owner%Ts %l\n"
        find . -mindepth 1 "${own[@]}" -type f -printf "%P\t%y %m $owner%Ts \n" | LC_ALL=C sort >"$work/lists/facts"
        # With -z a name with a backslash is not escaped.
        find . -mindepth 1 "${own[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum -z | tr '\0' '\n' |
            cut -c1-64 >"$work/lists/sums"
        paste -d '' "$work/lists/facts" "$work/lists/sums"
    ) | sed -e '/^var\t/d' -e '/^var\/lib\t/d' -e '/^etc\t/d' | LC_ALL=C sort
}

# The root must hold exactly what a release's directory holds.
must_equal() {
    listing root >lists/root
    if ! cmp -s lists/root "lists/$1"; then
        diff lists/root "lists/$1" | head -n 20 >&2 || true
        die "the root differs from $1"
    fi
}

only_in_second() { LC_ALL=C comm -13 "$1" "$2"; }

# ---- Two releases ----

unpack_from_apt() {
    local package=$1 versions old new file
    mapfile -t versions < <(apt-cache madison "$package" 2>/dev/null | awk '{ print $3 }' | sort -uV)
    ((${#versions[@]} >= 2)) || return 1
    old=${versions[0]} new=${versions[-1]}
    (
        cd debs
        timeout 300 apt-get download -o Acquire::Retries=0 "$package=$old" "$package=$new" &&
            for version in "$old" "$new"; do
                file=("${package}_${version//:/%3a}"_*.deb)
                [[ -f ${file[0]} ]] || exit 1
                mkdir "$version" && dpkg-deb -x "${file[0]}" "$version"
            done
    ) >apt.log 2>&1 || return 1
    (($(find "debs/$old" | wc -l) > least_entries)) || return 1
    mv "debs/$old" release-1
    mv "debs/$new" release-2
    name=$package
    versions_of=(none "$old" "$new")
    origin="apt: $package $old and $new"
    owners=()
    (($(id -u) == 0)) || owners=(--keep-owners)
}

# Without network: files of this machine are release 1, and the same with stated changes are release 2.
unpack_installed() {
    local directory
    mkdir release-1
    for directory in /usr/share/perl /usr/lib/python3 /usr/share/zoneinfo /usr/share/cmake* /usr/share/doc /usr/include; do
        [[ -d $directory ]] || continue
        mkdir -p "release-1$(dirname "$directory")"
        cp -a "$directory" "release-1$(dirname "$directory")/"
        (($(find release-1 | wc -l) <= least_entries)) || break
    done
    (($(find release-1 | wc -l) > least_entries)) || die "this machine has no $least_entries installed files to take"
    cp -a release-1 release-2
    find release-2 -type f | LC_ALL=C sort >lists/installed
    awk 'NR % 4 == 0' lists/installed | while read -r file; do echo '# changed for the demo' >>"$file"; done
    awk 'NR % 50 == 1' lists/installed | while read -r file; do rm "$file"; done
    awk 'NR % 50 == 2' lists/installed | while read -r file; do echo 'new for the demo' >"$file.new"; done
    name=installed-files
    versions_of=(none 1.0 2.0)
    origin="files installed on this machine (apt had no two versions to download).
    Release 2 is release 1 with a line added to every 4th file, every 50th
    removed, and as many new ones beside their neighbours"
    owners=(--keep-owners)
}

two_releases() {
    local package
    for package in $candidates; do
        rm -rf debs && mkdir debs
        unpack_from_apt "$package" && return
        rm -rf release-1 release-2
    done
    unpack_installed
}

# ---- The demo ----

rm -rf "$work"
mkdir -p "$work/lists" "$work/keys" "$work/root/etc/multios/trust"
cd "$work"

printf '%s%s%s\n' "$bold" "$(multios-package --version): a demo" "$plain"

title 'Two releases of one package'
two_releases
listing release-1 >lists/release-1
listing release-2 >lists/release-2
# In both releases, with other content: the same path on both sides, another line.
LC_ALL=C join -t $'\t' -j 1 -o 0,1.2,2.2 lists/release-1 lists/release-2 |
    awk -F '\t' '$2 != $3 && $2 ~ /^f/ { n = split($2, a, " "); m = split($3, b, " "); if (a[n] != b[m]) print $1 }' \
        >lists/changed-files
say "From $origin."
for release in 1 2; do
    say "$(printf 'release %d  %9s entries  %10s' $release "$(number "$(wc -l <lists/release-$release)")" \
        "$(megabytes "$(bytes_of release-$release)")")"
done
(($(wc -l <lists/release-1) >= least_entries)) || die "release 1 has fewer than $least_entries entries"
(($(wc -l <lists/changed-files) > 0)) || die 'no file changed its content'
holds "$(number "$(wc -l <lists/changed-files)") files have other content in release 2"

title 'A certificate authority and a signer'
run 0 multios-package keygen --type=ecc-p384 --output=keys/ca --ca --common-name='Demo CA'
run 0 multios-package keygen --type=ecc-p384 --output=keys/signer --issuer=keys/ca --common-name='Demo Signer'
cp keys/ca.crt root/etc/multios/trust/
holds 'the root trusts the CA, and nobody else'

title 'Pack and sign both'
for release in 1 2; do
    run 0 multios-package create --name="$name" --version="${versions_of[release]}" --input-directory=release-$release \
        --output=release-$release.mos --sign-key=keys/signer.key --certificate=keys/signer.crt "${owners[@]}"
done
holds "$(megabytes "$(bytes_of release-1)") became $(megabytes "$(stat -c %s release-1.mos)")"

title 'What a package says'
run 0 multios-package info release-1.mos --root=root
holds 'the signature and its chain lead to the trusted CA'

title 'Verify every byte'
run 0 multios-package verify release-1.mos release-2.mos --root=root
holds 'both are whole'

title 'One flipped bit'
cp release-2.mos flipped.mos
offset=$(($(stat -c %s flipped.mos) / 2))
byte=$(od -An -tu1 -j $offset -N 1 flipped.mos)
printf '%b' "\\x$(printf %x $((byte ^ 1)))" | dd of=flipped.mos bs=1 seek=$offset conv=notrunc status=none
run 2 multios-package verify flipped.mos --root=root
number_of_error=$(grep -o 'E[0-9]\{3\}' run.log | tail -n 1)
run 2 multios-package install flipped.mos --root=root
[[ -z $(listing root) ]] || die 'a refused package left something in the root'
holds "byte $(number $offset) betrays it: refused with $number_of_error, nothing installed"

title 'Install release 1 in an empty root'
run 0 multios-package install release-1.mos --root=root
must_equal release-1
holds 'the root is release 1, file by file'

title 'Pack what differs'
run 0 multios-package create-delta --base=release-1.mos release-2.mos --output=update.mos \
    --sign-key=keys/signer.key --certificate=keys/signer.crt --root=root
holds "$(megabytes "$(stat -c %s update.mos)") lead from release 1 to release 2, whose package has $(megabytes \
    "$(stat -c %s release-2.mos)")"

title 'Update to release 2 by what differs'
run 0 multios-package install update.mos --root=root --plan
run 0 multios-package install update.mos --root=root
must_equal release-2
holds 'the root is release 2, file by file'

title 'Roll back'
run 0 multios-update rollback last-good --root=root
must_equal release-1
holds 'the root is release 1 again, file by file'

# Kills the update at the moment when one file in the middle has just been exchanged: the shell holds the old file open
# and sees that the path leads to another. Succeeds when the process died by SIGKILL.
kill_update() {
    local watched=$1 pid code=0
    exec 9<"root/$watched"
    multios-package install release-2.mos --root=root >kill.log 2>&1 &
    pid=$!
    while [[ root/$watched -ef /proc/self/fd/9 ]] && kill -0 $pid 2>/dev/null; do :; done
    kill -KILL $pid 2>/dev/null || true
    exec 9<&-
    wait $pid 2>/dev/null || code=$?
    ((code == 137))
}

title 'Kill an update in the middle (SIGKILL)'
killed=no
for share in 50 25 10 75 1; do
    line=$(($(wc -l <lists/changed-files) * share / 100 + 1))
    watched=$(sed -n "${line}p" lists/changed-files)
    say "$(printf '%s$ multios-package install release-2.mos --root=root &   # then kill -9%s' "$dim" "$plain")"
    if kill_update "$watched"; then
        killed=yes
        break
    fi
    # It was done before the signal came: back, and watch another file.
    say 'The update was faster than the signal; once more.'
    multios-update rollback last-good --root=root >>kill.log 2>&1
    must_equal release-1
done
[[ $killed == yes ]] || die 'the update could not be killed in its middle'
listing root >lists/killed
new=$(only_in_second lists/release-1 lists/release-2 | LC_ALL=C comm -12 - lists/killed | wc -l)
old=$(only_in_second lists/release-2 lists/release-1 | LC_ALL=C comm -12 - lists/killed | wc -l)
say "When it died, $(number "$new") changed paths were new and $(number "$old") were old."
((new > 0 && old > 0)) || say '(It died just before or after the exchange; the recovery below is the same.)'
holds 'the process is gone; nothing is repaired yet'

title 'Recover'
run 0 multios-update recover --root=root
grep -q 'rp-' run.log || die 'there was nothing to recover'
listing root >lists/root
if cmp -s lists/root lists/release-2; then
    after=2
elif cmp -s lists/root lists/release-1; then
    after=1
else
    die 'the recovered root is neither release 1 nor release 2'
fi
run 0 multios-update recover --root=root
holds "the root is exactly release $after, file by file"

title 'Roll back'
if ((after == 1)); then
    say 'The recovery undid the update; it is made again first.'
    run 0 multios-package install release-2.mos --root=root
    must_equal release-2
fi
run 0 multios-update rollback last-good --root=root
must_equal release-1
run 0 multios-update history --root=root
holds 'the root is release 1, file by file'

# ---- A service, and a batch ----

# Scripts run in their root by its own shell: one of busybox. Where this process may not change its root, the service has
# none.
scripts=()
shell_for_scripts() {
    mkdir -p web-root/bin web-root/etc/multios/trust
    cp keys/ca.crt web-root/etc/multios/trust/
    cp "$(command -v busybox)" web-root/bin/busybox
    ln -s busybox web-root/bin/sh
    chroot web-root /bin/sh -c true 2>/dev/null || return 0
    mkdir scripts
    # shellcheck disable=SC2016  # $2 is the script's: the version
    printf '%s\n' '#!/bin/sh' 'echo "preparing $2"' 'echo "ready: $2" >/var/lib/demo-web/status' >scripts/post-install
    chmod 755 scripts/post-install
    scripts=(--scripts=scripts --script-output=/var/lib/demo-web/status)
}

# small_package NAME VERSION TREE OPTION...: built quietly, with the signer's key.
small_package() {
    local package=$1 version=$2 tree=$3
    shift 3
    multios-package create --name="$package" --version="$version" --input-directory="$tree" \
        --output="$package-$version.mos" --sign-key=keys/signer.key --certificate=keys/signer.crt "${owners[@]}" "$@" \
        >>create.log
}

status_must_be() {
    ((${#scripts[@]} == 0)) || [[ $(cat web-root/var/lib/demo-web/status) == "ready: $1" ]] ||
        die "the script of demo-web $1 left '$(cat web-root/var/lib/demo-web/status)'"
}

title 'A service with a script and a configuration file'
shell_for_scripts
((${#scripts[@]} > 0)) || say '(This process may not change its root: the service comes without its script.)'
for version in 1.0 1.1; do
    mkdir -p "web-$version"/{usr/bin,etc,var/lib/demo-web}
    echo "serve $version" >"web-$version/usr/bin/demo-web"
    echo "port = 80    # as shipped with $version" >"web-$version/etc/demo-web.conf"
    small_package demo-web $version "web-$version" --type=service "${scripts[@]}"
done
run 0 multios-package install demo-web-1.0.mos --root=web-root --verbose
status_must_be 1.0
[[ $(cat web-root/usr/bin/demo-web) == 'serve 1.0' ]] || die 'demo-web 1.0 is not there'
holds 'the script ran inside the root, when its files were in place'

title 'The configuration is edited, and the service updated'
say "$(printf '%s$ echo "port = 8080" > web-root/etc/demo-web.conf%s' "$dim" "$plain")"
echo 'port = 8080' >web-root/etc/demo-web.conf
run 0 multios-package install demo-web-1.1.mos --root=web-root
status_must_be 1.1
[[ $(cat web-root/etc/demo-web.conf) == 'port = 8080' ]] || die 'the edited configuration was lost'
cmp -s web-root/etc/demo-web.conf.new web-1.1/etc/demo-web.conf || die 'the new configuration is not beside it'
run 0 multios-package verify --installed --root=web-root
grep -q 'configuration-content  demo-web  etc/demo-web.conf' run.log || die 'the edited configuration was not told'
holds 'the edit is kept, and the new file lies beside it'

title 'Three packages, one transaction'
for package in demo-a demo-b demo-c; do
    mkdir -p "$package/usr/share/$package"
    echo "$package" >"$package/usr/share/$package/file"
    small_package $package 1.0 $package
done
listing web-root >lists/before-batch
run 0 multios-package install-batch demo-a-1.0.mos demo-b-1.0.mos demo-c-1.0.mos --root=web-root
run 0 multios-package list --root=web-root
(($(grep -c '^demo-' run.log) == 4)) || die 'not all packages are listed'
run 0 multios-update rollback last-good --root=web-root
listing web-root >lists/after-batch
cmp -s lists/before-batch lists/after-batch || die 'the batch did not go as it came'
run 0 multios-update status --root=web-root
holds 'three came together, and went together'

rm -f run.log kill.log apt.log create.log
printf '\n%sAll as it should be%s, in %s. The files are left in demo-output/:\n' "$good" "$plain" \
    "$(seconds_since "$demo_begin")"
for file in release-1.mos release-2.mos flipped.mos; do
    printf '    %-16s %10s\n' "$file" "$(megabytes "$(stat -c %s $file)")"
done
printf '    %-16s %10s  %s\n' root/ "$(megabytes "$(bytes_of root)")" 'the installed tree, its history, its trust'
printf '    %-16s %10s  %s\n' web-root/ "$(megabytes "$(bytes_of web-root)")" 'the service, its edited configuration, a shell'
printf '    %-16s %10s  %s\n' keys/ '' 'the CA and the signer: for this demo only'
printf 'A package is a tar archive too: try  tar -tf demo-output/release-1.mos | head\n'
