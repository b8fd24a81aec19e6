#!/usr/bin/env bash
# install_samba.sh: what the tests need for Active Directory domain controllers of their own. Does nothing where it is.
#
# Debian and Ubuntu, as root: installs Samba without starting any of its services. Anywhere else one line tells what
# is missing. The tests start their controllers themselves (samba_dc.sh), on loopback addresses only.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

there() {
    command -v samba >/dev/null && command -v samba-tool >/dev/null && command -v openssl >/dev/null &&
        /usr/bin/python3 -c 'import samba.provision' 2>/dev/null && [ -d /usr/share/samba/setup ]
}

missing() { echo "The tests start Active Directory domain controllers: $*" >&2; exit 1; }

[ "$(uname)" = Linux ] || missing "they need Linux with Samba (Debian's samba, samba-ad-dc, samba-ad-provision) and openssl."
[ "$(id -u)" = 0 ] || [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -le 389 ] ||
    missing "run as root, or allow port 389: sysctl net.ipv4.ip_unprivileged_port_start=389"
there && exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    missing "install Samba's (Debian: apt-get install samba samba-ad-dc samba-ad-provision openssl)."

# Packages would start their services: this file, which apt's scripts ask first, says no to all of them for the while.
policy=/usr/sbin/policy-rc.d
kept=$(mktemp -d)
[ ! -e $policy ] || cp -a $policy "$kept/"
restore() { rm -f $policy; [ ! -e "$kept/policy-rc.d" ] || cp -a "$kept/policy-rc.d" $policy; rm -rf "$kept"; }
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' >$policy
chmod 755 $policy

export DEBIAN_FRONTEND=noninteractive
echo "installing Samba for the tests (once, about 15 MB)" >&2
log=$kept/apt.log
apt-get -o Acquire::Retries=3 update >"$log" 2>&1 || { tail -5 "$log" >&2; missing "apt-get update failed."; }
# Older releases have the last two inside of samba, and the modules only recommended.
wanted=(samba openssl)
for package in samba-ad-dc samba-ad-provision samba-dsdb-modules python3-samba; do
    [ -z "$(apt-cache show --no-all-versions "$package" 2>/dev/null)" ] || wanted+=("$package")
done
apt-get -o Acquire::Retries=3 install --yes --no-install-recommends "${wanted[@]}" >"$log" 2>&1 ||
    { tail -5 "$log" >&2; missing "apt-get could not install ${wanted[*]}."; }
there || missing "Samba was installed, and still has no domain controller: samba, samba-tool or its Python module is missing."
