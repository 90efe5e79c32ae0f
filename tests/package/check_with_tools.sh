#!/bin/sh
# Checks a package with nothing but tar, zstd, openssl, sha256sum and the POSIX tools, as "Check it in twenty years" of
# docs/package-format.md does, and more: every signature of the key, and what tar, bsdtar and zstd make of the file.
#   check_with_tools.sh PACKAGE PUBLIC-KEY.pem [TREE]
# PUBLIC-KEY is Ed25519, RSA or ECDSA P-384. With TREE, what was extracted must equal it.
set -eu
package=$1
key=$2
tree=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "$package: $1" >&2; exit 1; }
# number OFFSET BYTES: a little-endian number in the package
number() {
    value=0
    shift_by=1
    for byte in $(od -An -v -tu1 -j "$1" -N "$2" "$package"); do
        value=$((value + byte * shift_by))
        shift_by=$((shift_by * 256))
    done
    echo "$value"
}
# part OFFSET LENGTH
part() { tail -c +$(($1 + 1)) "$package" | head -c "$2"; }
digest_at() { od -An -v -tx1 -j "$1" -N 32 "$package" | tr -d ' \n'; }

# 1. The fixed part of the head.
statement_length=$(number 13 4)
area_size=$(number $((17 + 20)) 4)
payload_length=$(number $((17 + 32)) 8)
index_length=$(number $((17 + 48)) 8)
area=$((17 + statement_length + 8))
index=$((area + area_size + 8))
payload=$((index + index_length))
[ "$(wc -c < "$package")" -eq $((payload + payload_length)) ] || fail "its length is not what the statement says"

# 2. The signature over the statement, by the key that we trust.
{ printf 'multiosupdate package statement 1\0'; part 17 "$statement_length"; } > "$work/message"
key_id=$(openssl pkey -pubin -in "$key" -outform DER | sha256sum | cut -c1-64)
# verify ALGORITHM SIGNATURE; openssl refuses a key of another kind than the algorithm's.
verify() {
    case $1 in
    1) openssl dgst -sha256 -verify "$key" -signature "$2" "$work/message" ;;
    2) openssl dgst -sha384 -verify "$key" -signature "$2" "$work/message" ;;
    3) openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$work/message" -sigfile "$2" ;;
    *) echo "unknown algorithm $1" && false ;;
    esac
}
at=$((area + 12))
count=$(number $((area + 8)) 4)
good=no
while [ "$count" -gt 0 ]; do
    certificates=$(number $((at + 2)) 2)
    length=$(number $((at + 4)) 4)
    if [ "$(digest_at $((at + 8)))" = "$key_id" ]; then
        part $((at + 40)) "$length" > "$work/signature"
        verify "$(number "$at" 2)" "$work/signature" > "$work/verdict" 2>&1 || fail "its signature is wrong"
        good=yes
    fi
    at=$((at + 40 + length))
    while [ "$certificates" -gt 0 ]; do
        at=$((at + 4 + $(number "$at" 4)))
        certificates=$((certificates - 1))
    done
    count=$((count - 1))
done
[ "$good" = yes ] || fail "it is not signed by the key"

# 3. The index, and through it every file.
part "$index" "$index_length" > "$work/index.zst"
[ "$(sha256sum < "$work/index.zst" | cut -c1-64)" = "$(digest_at $((17 + 80)))" ] || fail "its index was altered"
zstd -q -dc "$work/index.zst" > "$work/index"
{
    printf 'multiosupdate package content 1\0'
    grep -v '^{"frame":' "$work/index" | sed 's/,"frame":.*/}/'  # within a name the quotes would be escaped
} > "$work/content"
[ "$(sha256sum < "$work/content" | cut -c1-64)" = "$(digest_at $((17 + 112)))" ] || fail "its content digest is wrong"
offset=$payload
grep '^{"frame":' "$work/index" | sed 's/.*"stored":\([0-9]*\).*"stored_sha256":"\([0-9a-f]*\)".*/\1 \2/' > "$work/frames"
while read -r length sum; do
    [ "$(part "$offset" "$length" | sha256sum | cut -c1-64)" = "$sum" ] || fail "the frame at byte $offset was altered"
    offset=$((offset + length))
done < "$work/frames"
plain=$((1536 + area_size))
last=$((payload + payload_length - 9 - 3 * ((plain + 131071) / 131072) - plain))
[ "$offset" -eq "$last" ] || fail "its frames do not end where the last frame begins"

# 4. The files. All that tar gets to see is signed now, but for the last frame: metadata/signature.json, and nothing else.
mkdir "$work/tree"
tar --zstd -xf "$package" -C "$work/tree"
part "$offset" $((payload + payload_length - offset)) | zstd -q -dc > "$work/last.tar"
[ "$(tar -tf "$work/last.tar")" = metadata/signature.json ] || fail "its last frame holds something else"
sum=$(sed -n 's/^{"path":"metadata\/checksums.json",.*"sha256":"\([0-9a-f]*\)".*/\1/p' "$work/index")
[ "$(sha256sum < "$work/tree/metadata/checksums.json" | cut -c1-64)" = "$sum" ] || fail "its checksums were altered"
# sha256sum writes a line whose name holds a backslash with a backslash before it and doubles the one in the name.
sed -n 's/^{"sha256":"\([0-9a-f]*\)","path":"\(.*\)"},\{0,1\}$/\1  \2/p' "$work/tree/metadata/checksums.json" |
    sed -e 's/\\"/"/g' -e '/\\/s/^/\\/' > "$work/sums"
(cd "$work/tree" && sha256sum -c --quiet --strict "$work/sums") || fail "a file was altered"
sed -n 's/^{"sha256":"\([0-9a-f]*\)","path_base64":"\(.*\)"},\{0,1\}$/\1 \2/p' "$work/tree/metadata/checksums.json" |
    while read -r sum encoded; do
        name=$(printf %s "$encoded" | base64 -d; printf x)
        [ "$(sha256sum < "$work/tree/${name%x}" | cut -c1-64)" = "$sum" ] || fail "a file was altered"
    done

# 5. What else must be able to read it.
zstd -q -t "$package"
tar -tf "$package" > "$work/by-tar"
[ "$(wc -l < "$work/by-tar")" -eq $(($(grep -vc '^{"frame":' "$work/index") + 1)) ] || fail "tar lists something else"
if command -v bsdtar > "$work/bsdtar"; then
    bsdtar -tf "$package" > "$work/by-bsdtar"
    mkdir "$work/by-bsdtar-tree"
    bsdtar -xpf "$package" -C "$work/by-bsdtar-tree"
    diff -r --no-dereference "$work/tree" "$work/by-bsdtar-tree"
fi
if [ -n "$tree" ]; then
    mkdir -p "$work/tree/content/files"  # an empty tree has none
    # Type, mode, size and target of every path, then the content.
    list() { (cd "$1" && find . -mindepth 1 \( -type d -printf '%p d %m\n' \) -o \( -type l -printf '%p l %l\n' \) -o -printf '%p f %m %s\n' | sort); }
    list "$tree" > "$work/expected"
    list "$work/tree/content/files" > "$work/found"
    diff "$work/expected" "$work/found"
    diff -r --no-dereference "$tree" "$work/tree/content/files"
fi
echo "$package: good"
