#!/usr/bin/env bash
# samba_dc.sh: a throw-away Active Directory domain controller (Samba) for automated tests. Loopback only.
#
#   samba_dc.sh start DIR DOMAIN ADDRESS [REALM]   provision in DIR, start, wait until LDAPS answers, write DIR/env
#   samba_dc.sh reset DIR                          back to the directory as it was just after provisioning, running
#   samba_dc.sh status DIR                         0 when it runs and answers
#   samba_dc.sh stop DIR [keep]                    end it by its pid and wipe DIR (keep: leave DIR; start goes on from it)
#
# DIR      a new folder, or one left by "stop DIR keep"
# DOMAIN   NetBIOS name, 1-15 letters, digits or hyphens: KOMMUNE, SKOLE
# ADDRESS  127.x.y.z, an address of its own for each controller: 127.0.0.11, 127.0.0.12
# REALM    DNS name of the domain; default: DOMAIN in lower case + ".test"
#
# Environment: AD_ADMIN_PASSWORD (default: a random one), SAMBA_DC_SERVICES (default "ldap"; "ldap cldap kdc" adds
# Kerberos on port 88), SAMBA_DC_OPTIONS (further smb.conf lines, "name = value", one a line), SAMBA_DC_ATTRIBUTES (names
# of attributes to add to the schema, as Exchange does: "extensionAttribute1 mailNickname").
#
# DIR/env can be sourced: AD_HOST AD_ADDRESS AD_URL AD_BASE AD_DOMAIN AD_REALM AD_USER AD_PASSWORD AD_CA.
# The certificate carries the address, the host name and "localhost"; trust AD_CA and keep verification on.
#
# Needs: Debian samba, samba-ad-dc, samba-ad-provision (4.17 tested), openssl, bash. Ports 389, 636, 3268 and 3269 cannot
# be changed in Samba, so it runs as root, or where net.ipv4.ip_unprivileged_port_start is at most 389.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin  # where Debian keeps samba; not on everybody's path

fail() { echo "samba_dc.sh: $*" >&2; exit 1; }
usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }

answers() { (exec 3<>"/dev/tcp/$1/636") 2>/dev/null; }

started() {  # when a live process began, in clock ticks: with it a pid cannot be mistaken for a later one's
    local stat; stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    set -- ${stat##*) }; [ "$1" = Z ] || echo "${20}"
}

running_pid() {  # the pid of the controller of DIR, if that process is still the one that start began
    local pid since
    [ -e "$1/pid" ] && read -r pid since <"$1/pid" || return 1
    [ -n "$since" ] && [ "$(started "$pid")" = "$since" ] && echo "$pid"
}

certificates() {
    local dir=$1 address=$2 fqdn=$3
    mkdir -p "$dir/tls"; chmod 700 "$dir/tls"
    (
        cd "$dir/tls"; umask 077
        openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=test CA of $fqdn" -keyout ca.key -out ca.pem \
            -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"
        openssl req -newkey rsa:2048 -nodes -subj "/CN=$fqdn" -keyout key.pem -out host.csr
        openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out cert.pem -extfile <(
            echo "subjectAltName=DNS:$fqdn,DNS:localhost,IP:$address"
            echo "extendedKeyUsage=serverAuth"; echo "keyUsage=critical,digitalSignature,keyEncipherment"
            echo "basicConstraints=critical,CA:FALSE"; echo "authorityKeyIdentifier=keyid")
        rm -f ca.key host.csr
    ) >"$dir/log/openssl.log" 2>&1 || fail "openssl: $(tail -3 "$dir/log/openssl.log")"
    chmod 644 "$dir/tls/ca.pem"
}

provision() {
    local dir=$1 domain=$2 address=$3 realm=$4 host=$5 password=$6
    # The function under samba-tool, called directly: it can leave out the ACLs of SYSVOL, which need a file system with
    # ACLs and rights that containers often lack. The system's Python has the module, not the one of a virtual environment.
    printf '[global]\n\tinterfaces = %s/8\n\tpid directory = %s/run\n' "$address" "$dir" >"$dir/start.conf"
    # The password goes through the environment: other users of the machine can see arguments.
    AD_ADMIN_PASSWORD=$password env -u PYTHONPATH -u PYTHONHOME -u VIRTUAL_ENV \
        /usr/bin/python3 - "${@:1:5}" >"$dir/log/provision.log" 2>&1 <<'END' ||
import logging, os, sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB
directory, domain, address, realm, host = sys.argv[1:]
password = os.environ.pop("AD_ADMIN_PASSWORD")
logging.basicConfig(level=logging.INFO)
settings = LoadParm()
settings.load(directory + "/start.conf")
settings.set("dsdb:schema update allowed", "yes")
made = provision(logging.getLogger(), system_session(), targetdir=directory, realm=realm, domain=domain, hostname=host,
          hostip=address, adminpass=password, serverrole="active directory domain controller", dns_backend="NONE",
          dom_for_fun_level=4, lp=settings, skip_sysvolacl=True)
# Attributes that Exchange or a local schema would add: one text value each, on users, groups and OUs.
names = os.environ.get("SAMBA_DC_ATTRIBUTES", "").split()
schema = str(made.samdb.get_schema_basedn())
for number, name in enumerate(names, 1):
    made.samdb.add({"dn": "CN=%s,%s" % (name, schema), "objectClass": "attributeSchema", "lDAPDisplayName": name,
                    "attributeID": "1.2.840.113556.1.8000.2554.389.%d" % number, "attributeSyntax": "2.5.5.12",
                    "oMSyntax": "64", "isSingleValued": "TRUE", "searchFlags": "1"})
if names:
    made.samdb.set_schema_update_now()
    del made
    settings.load(directory + "/etc/smb.conf")
    settings.set("dsdb:schema update allowed", "yes")
    again = SamDB(directory + "/private/sam.ldb", session_info=system_session(), lp=settings)
    for holder in "Person", "Group", "Organizational-Unit":
        again.modify_ldif("dn: CN=%s,%s\nchangetype: modify\nadd: mayContain\n" % (holder, schema)
                          + "".join("mayContain: %s\n" % name for name in names))
END
        fail "provision: $(tail -5 "$dir/log/provision.log")"
    cat >"$dir/etc/smb.conf" <<END
[global]
	netbios name = ${host^^}
	workgroup = $domain
	realm = ${realm^^}
	server role = active directory domain controller
	interfaces = $address/8
	bind interfaces only = yes
	server services = ${SAMBA_DC_SERVICES:-ldap}
	private dir = $dir/private
	state directory = $dir/state
	cache directory = $dir/cache
	lock directory = $dir/lock
	pid directory = $dir/run
	ncalrpc dir = $dir/run/ncalrpc
	binddns dir = $dir/bind-dns
	winbindd socket directory = $dir/run/winbindd
	ntp signd socket directory = $dir/run/ntp_signd
	log file = $dir/log/samba.log
	max log size = 0
	tls enabled = yes
	tls keyfile = $dir/tls/key.pem
	tls certfile = $dir/tls/cert.pem
	tls cafile = $dir/tls/ca.pem
${SAMBA_DC_OPTIONS:-}
END
    rm -f "$dir/start.conf"; mkdir -p "$dir/cache" "$dir/lock" "$dir/pristine"
    cp -a "$dir/private" "$dir/state" "$dir/pristine/"
}

may_listen() {
    answers "$1" && fail "something listens on $1:636 already"
    [ "$(id -u)" = 0 ] || [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -le 389 ] ||
        fail "port 389 needs root, or: sysctl net.ipv4.ip_unprivileged_port_start=389"
}

launch() {
    local dir=$1 address=$2 i
    mkdir -p "$dir/run"
    # TDB_NO_FSYNC: a test directory need not survive a power cut.
    TDB_NO_FSYNC=1 setsid samba -F --no-process-group -M single --debug-stdout -s "$dir/etc/smb.conf" \
        </dev/null >"$dir/log/stdout" 2>&1 &
    local pid=$!; echo "$pid $(started "$pid")" >"$dir/pid"; disown
    for ((i = 0; i < 600; i++)); do
        answers "$address" && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    echo "samba_dc.sh: no answer; the end of its log:" >&2; tail -5 "$dir/log/stdout" "$dir/log/samba.log" >&2 2>/dev/null || true
    halt "$dir"; exit 1
}

halt() {
    local dir=$1 pid i
    pid=$(running_pid "$dir") || { rm -f "$dir/pid"; return 0; }
    kill "$pid"
    for ((i = 0; i < 200; i++)); do running_pid "$dir" >/dev/null || break; sleep 0.05; done
    if running_pid "$dir" >/dev/null; then kill -9 "$pid"; fi
    rm -f "$dir/pid"
}

case "${1:-}" in
start)
    [ $# -ge 4 ] || usage
    dir=$(realpath -m "$2") domain=${3^^} address=$4 realm=${5:-${3,,}.test}
    [[ $address =~ ^127\.[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "ADDRESS must be a loopback address, 127.x.y.z"
    [[ $domain =~ ^[A-Z0-9-]{1,15}$ ]] || fail "DOMAIN must be 1-15 letters, digits or hyphens"
    for tool in samba samba-tool openssl; do command -v "$tool" >/dev/null || fail "$tool is not installed"; done
    running_pid "$dir" >/dev/null && fail "$dir: already running"
    may_listen "$address"
    if [ ! -e "$dir/env" ]; then  # env is written last: without it a start was cut short
        [ ! -e "$dir/.samba_dc" ] || rm -rf "$dir"
        [ -z "$(ls -A "$dir" 2>/dev/null)" ] || fail "$dir is not empty"
        host=dc-${domain,,} password=${AD_ADMIN_PASSWORD:-Aa1-$(openssl rand -hex 12)}
        host=${host:0:15}; host=${host%-}
        mkdir -p "$dir/log" "$dir/run"; chmod 700 "$dir"; touch "$dir/.samba_dc"
        certificates "$dir" "$address" "$host.${realm,,}"
        provision "$dir" "$domain" "$address" "$realm" "$host" "$password"
        base=DC=${realm,,}; base=${base//./,DC=}
        cat >"$dir/env" <<END
AD_HOST='$host.${realm,,}'
AD_ADDRESS='$address'
AD_URL='ldaps://$address'
AD_BASE='$base'
AD_DOMAIN='$domain'
AD_REALM='${realm,,}'
AD_USER='Administrator@${realm,,}'
AD_PASSWORD=${password@Q}
AD_CA=${dir@Q}/tls/ca.pem
END
    fi
    launch "$dir" "$address"; echo "$dir/env" ;;
reset)
    [ $# -eq 2 ] || usage
    dir=$(realpath "$2"); [ -e "$dir/.samba_dc" ] || fail "$dir was not made by start"
    halt "$dir"
    rm -rf "$dir/private" "$dir/state" "$dir/cache" "$dir/lock"; mkdir "$dir/cache" "$dir/lock"
    cp -a "$dir/pristine/private" "$dir/pristine/state" "$dir/"
    launch "$dir" "$(. "$dir/env"; echo "$AD_ADDRESS")" ;;
status)
    [ $# -eq 2 ] || usage
    dir=$(realpath -m "$2"); running_pid "$dir" >/dev/null && answers "$(. "$dir/env"; echo "$AD_ADDRESS")" ;;
stop)
    [ $# -ge 2 ] || usage
    dir=$(realpath -m "$2"); [ -e "$dir" ] || exit 0
    [ -e "$dir/.samba_dc" ] || fail "$dir was not made by start"
    halt "$dir"; [ "${3:-}" = keep ] || rm -rf "$dir" ;;
*) usage ;;
esac
