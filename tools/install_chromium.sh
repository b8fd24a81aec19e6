#!/usr/bin/env bash
# install_chromium.sh: the browser that the tests of the pages drive. Does nothing where it is.
#
# Debian, as root: installs the package chromium-headless-shell, which is the browser without windows, or chromium where
# that is not to be had. Anywhere else one line tells what is missing. CHROMIUM names another.
set -euo pipefail

missing() { echo "The tests of the pages drive a Chromium: $*" >&2; exit 1; }

for name in "${CHROMIUM:-chromium-headless-shell}" chromium-headless-shell chromium chromium-browser google-chrome; do
    ! command -v "$name" >/dev/null || exit 0
done
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    missing "install it (Debian: apt-get install chromium), or name one: CHROMIUM=/path/to/chromium."
export DEBIAN_FRONTEND=noninteractive
echo "installing Chromium for the tests of the pages (once, about 100 MB)" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt-get -o Acquire::Retries=3 update >"$log" 2>&1 || { tail -5 "$log" >&2; missing "apt-get update failed."; }
get() { apt-get -o Acquire::Retries=3 install --yes --no-install-recommends "$1" >"$log" 2>&1; }
get chromium-headless-shell || get chromium ||
    { tail -5 "$log" >&2; missing "apt-get could not install chromium."; }
