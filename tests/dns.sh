# Name servers of the test's own, all Debian's: nsd knows the zones, what is
# signed has ldns-signzone signed, and unbound finds and validates it.  Sourced
# after lib.sh.
#
#	dns_zone NAME [signed] [FROM-TO] <records	$T/dns/NAME
#	dns_forge NAME SED-SCRIPT	alter it behind the signer's back
#	start_dns <configuration	what unbound.conf(5) says in "server:"
#	dns_asked NAME TYPE		whether unbound was asked for that
#
# A zone's SOA and NS come by themselves; one that is signed is a trust anchor.
# FROM-TO are the days from which and to which its signatures are valid, as
# ldns-signzone wants them.  start_dns sets $XMPP_DNS to where unbound is; what
# it is asked goes to $T/unbound.err.

have_dns()
{
	PATH=$PATH:/usr/sbin
	for hd in unbound nsd ldns-keygen ldns-signzone; do
		command -v $hd >/dev/null || return 1
	done
}

dns_sign()
{
	(
		cd "$T/dns" &&
		key=$(ldns-keygen -a ECDSAP256SHA256 -k "$1" 2>"$T/dns.log") &&
		ldns-signzone ${2:+-i "${2%-*}" -e "${2#*-}"} -f "$1.signed" \
		    "$1" "$key" >>"$T/dns.log" 2>&1 &&
		mv "$1.signed" "$1" && mv "$key.key" "$1.anchor"
	) || { note "$T/dns.log"; return 1; }
}

dns_zone()
{
	mkdir -p "$T/dns"
	{
		printf '$ORIGIN %s.\n$TTL 600\n' "$1"
		echo '@ SOA ns hostmaster 1 3600 600 86400 60'
		printf '@ NS ns\nns A 127.0.0.1\n'
		cat
	} >"$T/dns/$1"
	dz_name=$1
	shift
	[ "${1:-}" != signed ] || dns_sign "$dz_name" "${2:-}"
}

dns_forge()
{
	sed "$2" "$T/dns/$1" >"$T/dns/$1.new"
	! cmp -s "$T/dns/$1" "$T/dns/$1.new" && mv "$T/dns/$1.new" "$T/dns/$1"
}

# Who knows the zones.
dns_nsd_config()
{
	cat <<-END
	server:
	  ip-address: 127.0.0.1
	  port: $1
	  server-count: 1
	  username: ""
	  database: ""
	  zonesdir: "$T/dns"
	  pidfile: "$T/dns/nsd.pid"
	  xfrdfile: "$T/dns/xfrd.state"
	  xfrdir: "$T/dns"
	  zonelistfile: "$T/dns/zone.list"
	  rrl-ratelimit: 0
	remote-control:
	  control-enable: no
	END
	for dn_zone in "$T"/dns/*.test; do
		printf 'zone:\n  name: "%s"\n  zonefile: "%s"\n' \
		    "${dn_zone##*/}" "$dn_zone"
	done
}

# Who finds and validates: of the port $2, of nobody but the server above.
dns_unbound_config()
{
	cat <<-END
	server:
	  directory: "$T/dns"
	  chroot: ""
	  username: ""
	  pidfile: ""
	  use-syslog: no
	  logfile: ""
	  log-queries: yes
	  val-log-level: 1
	  interface: 127.0.0.1
	  port: $2
	  do-daemonize: no
	  num-threads: 1
	  module-config: "validator iterator"
	  root-hints: ""
	  local-zone: "test." nodefault
	  do-not-query-localhost: no
	END
	cat
	for dn_zone in "$T"/dns/*.test; do
		printf 'stub-zone:\n  name: "%s"\n  stub-addr: 127.0.0.1@%s\n' \
		    "${dn_zone##*/}" "$1"
	done
	for dn_key in "$T"/dns/*.anchor; do
		[ -e "$dn_key" ] || break	# nothing is signed
		printf 'server:\n  trust-anchor-file: "%s"\n' "$dn_key"
	done
	printf 'remote-control:\n  control-enable: no\n'
}

# dns_daemon NAME PORT OPTION...: a copy, because AppArmor keeps the installed
# one out of our directory.
dns_daemon()
{
	dd_name=$1 dd_port=$2 dd_program=$T/dns/$1
	shift 2
	cp "$(command -v "$dd_name")" "$dd_program" && [ -x "$dd_program" ] ||
		dd_program=$dd_name
	bg "$dd_name" "$dd_program" -d "$@"
	if ! port wait "$dd_port" 30 || ! alive "$pid"; then
		note "$dd_name does not start"
		note "$T/$dd_name.err"
		return 1
	fi
}

start_dns()
{
	# shellcheck disable=SC2046
	set -- $(port free 2)
	dns_nsd_config "$1" >"$T/dns/nsd.conf"
	dns_unbound_config "$1" "$2" >"$T/dns/unbound.conf"
	dns_daemon nsd "$1" -c "$T/dns/nsd.conf" &&
	dns_daemon unbound "$2" -c "$T/dns/unbound.conf" || return 1
	XMPP_DNS=127.0.0.1:$2
	export XMPP_DNS
}

dns_asked()
{
	grep -q "info: 127.0.0.1 $1. $2 IN" "$T/unbound.err"
}
