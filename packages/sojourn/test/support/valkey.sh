#!/usr/bin/env bash
# How do tests get a Valkey server on Debian 12, without installing one? Unpacks it from backports to node_modules/.cache/valkey.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
target=$PWD/node_modules/.cache/valkey
[ -x "$target/usr/bin/valkey-server" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$target"
uri=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources | head -n1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri bookworm-backports main" > "$work/sources.list"
options=(-qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache=$work" -o APT::Sandbox::User=root)
apt-get "${options[@]}" update
cd "$work"
apt-get "${options[@]}" download valkey-server valkey-tools
for package in *.deb; do dpkg -x "$package" "$target"; done
