#!/usr/bin/env bash
# Puts NVIDIA's nsys within reach of the tests that compare with it.
#
#   scripts/get-nsight.sh [DIR]      default: .vscode-test/nsight
#
# Debian packages Nsight Systems in trixie's non-free section. The packages
# are unpacked into DIR and not installed: nothing else on the machine changes,
# except that libssh, which nsys loads, is installed where it is missing.
# On success the one line on stdout is the folder that belongs on PATH.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
dir=$(realpath -m "${1:-$here/.vscode-test/nsight}")
multiarch=$dir/usr/lib/x86_64-linux-gnu/nsight-systems
target=$multiarch/target-linux-x64
host=$dir/usr/lib/nsight-systems/host-linux-x64

fail() {
  echo "get-nsight: $*" >&2
  exit 1
}

debian_mirror() {
  # Most machines lack one or the other of these files.
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{sources,list} 2>/dev/null || true; } |
    sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' |
    grep -m1 'debian/\?$'
}

# A package list of its own, so that the machine's stays as it is.
download_packages() {
  local apt=$1 mirror=$2
  mkdir -p "$apt/lists/partial" "$apt/debs"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie non-free" \
    >"$apt/sources.list"
  local options=(
    -qq
    -o "Dir::Etc::sourcelist=$apt/sources.list"
    -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::Lists=$apt/lists"
    # The sandbox user could not write into a folder of ours.
    -o APT::Sandbox::User=root
  )
  apt-get "${options[@]}" update >&2
  (cd "$apt/debs" && apt-get "${options[@]}" download nsight-systems nsight-systems-target >&2)
}

libssh() {
  find /usr/lib -name 'libssh.so.4' -print -quit
}

[ "$(uname -m)" = x86_64 ] || fail "the packages are for x86-64"
command -v apt-get >/dev/null && command -v dpkg >/dev/null || fail "this is not Debian"

if [ ! -e "$dir/complete" ]; then
  mirror=$(debian_mirror) || fail "no Debian mirror is configured"
  rm -rf "$dir"
  download_packages "$dir/apt" "$mirror" || fail "the packages cannot be downloaded from $mirror"
  for package in "$dir"/apt/debs/*.deb; do dpkg -x "$package" "$dir"; done
  rm -rf "$dir/apt"

  if [ -z "$(libssh)" ]; then
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends libssh-4; } >&2 ||
      fail "libssh-4 cannot be installed"
  fi
  # nsys looks for its other half, and that one for libssh, beside itself;
  # the report scripts look for their library under the host's python.
  ln -sfn "$(libssh)" "$host/libssh.so"
  ln -sfn "$host" "$multiarch/host-linux-x64"
  cp "$target"/python/lib/*.py "$host/python/lib/"
  "$target/nsys" --version >&2 || fail "the nsys that was unpacked does not run"
  touch "$dir/complete"
fi
echo "$target"
