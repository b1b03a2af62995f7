#!/usr/bin/env bash
# Let apt fetch source packages from wherever the system has its binary ones, with the same keys.
# usage: APT_CONFIG=$(source-packages.sh FOLDER)
# Writes a configuration and package lists into FOLDER and prints the configuration's path; the
# system's own are left alone.
set -euo pipefail

folder=$1
mkdir -p "$folder/parts" "$folder/lists/partial" "$folder/cache/archives/partial"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [[ -e $file ]] || continue
  sed -n 's/^deb \(.*debian.*\)/deb-src \1/p' "$file" >>"$folder/parts/sources.list"
done
for file in /etc/apt/sources.list.d/*.sources; do
  if [[ -e $file ]] && grep -q debian-archive-keyring "$file"; then
    sed 's/^Types:.*/Types: deb-src/' "$file" >"$folder/parts/$(basename "$file")"
  fi
done
cat >"$folder/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$folder/parts";
Dir::State::lists "$folder/lists";
Dir::Cache "$folder/cache";
APT::Sandbox::User "root";
Acquire::Retries "3";
CONF
# A mirror that does not answer is an error, and not a passing trouble.
APT_CONFIG=$folder/apt.conf apt-get update -qq -o APT::Update::Error-Mode=any >&2
echo "$folder/apt.conf"
