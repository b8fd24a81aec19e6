#!/usr/bin/env bash
# install_saml_peers.sh FOLDER: Apache with mod_auth_mellon and with Shibboleth, service providers that the tests log in at.
#
# The packages are unpacked into the folder, not installed: nothing of the machine changes, and root isn't needed.
set -euo pipefail
folder=$1
[ -e "$folder/complete-2" ] && exit 0
wanted="apache2-bin libapache2-mod-auth-mellon libapache2-mod-shib shibboleth-sp-utils"

missing() { echo "The tests log in at a SAML service provider of Debian's: $*" >&2; exit 1; }
command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    missing "they need apt-get and dpkg (Debian, Ubuntu) to fetch $wanted."

rm -rf "$folder"
mkdir -p "$folder/packages" "$folder/root"
cd "$folder/packages"
# shellcheck disable=SC2086 # several names
names=$(apt-get -s install --no-install-recommends $wanted 2>"$folder/apt.log" |
    awk '/^Inst/ {print $2}') || true
if [ -z "$names" ]; then
    [ "$(id -u)" = 0 ] && apt-get update >>"$folder/apt.log" 2>&1 || true
    # shellcheck disable=SC2086
    names=$(apt-get -s install --no-install-recommends $wanted 2>>"$folder/apt.log" |
        awk '/^Inst/ {print $2}') || true
fi
# Where they are installed already, there is nothing to fetch.
if [ -n "$names" ]; then
    # shellcheck disable=SC2086 # several names
    apt-get -o Acquire::Retries=3 download $names >>"$folder/apt.log" 2>&1 || { tail -3 "$folder/apt.log" >&2; missing "the download failed."; }
    for each in *.deb; do dpkg -x "$each" "$folder/root"; done
elif ! command -v apache2 >/dev/null || ! command -v shibd >/dev/null ||
    [ ! -e /usr/lib/apache2/modules/mod_auth_mellon.so ]; then
    tail -3 "$folder/apt.log" >&2
    missing "$wanted were not found; run apt-get update as root."
fi
rm -rf "$folder/packages"
touch "$folder/complete-2"
