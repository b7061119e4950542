# A Prosody of the test's own.  Sourced after lib.sh.
#
#	start_prosody [smacks=no] [mechanisms='PLAIN SCRAM-SHA-1'] [cert=NAME]
#	    [auth=anonymous] [sasl2=yes] [rotate=yes]
#
# runs it in the foreground in $T/prosody for $DOMAIN with romeo and juliet:
# STARTTLS on $PORT, direct TLS on $TLSPORT, its process in $SERVER, the
# accounts in $XMPP_CONFIG.  cert is a name given to make_cert.  sasl2 is SASL2
# with Bind 2, stream management and tokens: have_prosody_sasl2; rotate is a new
# token each time.

have_prosody()
{
	PATH=$PATH:/usr/sbin
	command -v prosody >/dev/null && command -v prosodyctl >/dev/null
}

# Debian's package prosody-modules, or another copy of them.
have_prosody_sasl2()
{
	for m in sasl2 sasl2_bind2 sasl2_sm sasl2_fast; do
		[ -d "${PROSODY_MODULES:=/usr/lib/prosody/modules}/mod_$m" ] ||
			return 1
	done
}

# What Prosody offers that was not asked for.
prosody_disabled()
{
	for m in PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS \
	    SCRAM-SHA-256-PLUS; do
		case " $1 " in
		*" $m "*) ;;
		*) printf '"%s", ' "$m" ;;
		esac
	done
}

# Prosody 0.12 has channel binding before TLS 1.3 only.
prosody_protocol()
{
	case $1 in
	*-PLUS*) echo 'protocol = "tlsv1_2",' ;;
	esac
}

prosody_config()
{
	cat <<END
data_path = "$1/data"
pidfile = "$1/prosody.pid"
certificates = "$1"
interfaces = { "127.0.0.1" }
c2s_ports = { $PORT }
c2s_direct_tls_ports = { $TLSPORT }
network_backend = "epoll"
log = { info = "$1/log" }
modules_enabled = { "c2s", "roster", "saslauth", "tls", "disco", "ping",
    "offline", "version" $smacks $sasl2 }
plugin_paths = { "$1/modules", "${PROSODY_MODULES:-/usr/lib/prosody/modules}" }
modules_disabled = { "s2s" }
c2s_require_encryption = true
authentication = "$auth"
disable_sasl_mechanisms = { $(prosody_disabled "$mechanisms") "DIGEST-MD5" }
ssl = { $(prosody_protocol "$mechanisms")
    certificate = "$1/cert.pem", key = "$1/cert.key" }
c2s_direct_tls_ssl = ssl
$rotate
VirtualHost "$DOMAIN"
END
}

start_prosody()
{
	smacks=', "smacks"'
	mechanisms='PLAIN SCRAM-SHA-1 SCRAM-SHA-256'
	cert=server auth=internal_plain sasl2='' rotate=''
	for o; do
		case $o in
		smacks=no) smacks= ;;
		mechanisms=*) mechanisms=${o#*=} ;;
		cert=*) cert=${o#*=} ;;
		auth=*) auth=${o#*=} ;;
		rotate=yes) rotate='sasl2_fast_token_min_ttl = 0' ;;
		sasl2=yes)
			sasl2=', "sasl2_older", "sasl2", "sasl2_bind2"'
			sasl2="$sasl2, \"sasl2_sm\", \"sasl2_fast\"" ;;
		*) note "start_prosody: $o?"; return 1 ;;
		esac
	done
	make_certs || return 1
	two_ports
	ps_dir=$T/prosody
	rm -rf "$ps_dir"
	mkdir -p "$ps_dir/data" "$ps_dir/modules"
	cp "$TOP"/tests/data/prosody/*.lua "$ps_dir/modules"
	cp "$T/$cert.pem" "$ps_dir/cert.pem"
	cp "$T/$cert.key" "$ps_dir/cert.key"
	prosody_config "$ps_dir" >"$ps_dir/prosody.cfg.lua"
	unprivileged "$ps_dir"
	for u in romeo juliet; do
		[ "$auth" != anonymous ] || break	# there are no accounts
		$AS prosodyctl --config "$ps_dir/prosody.cfg.lua" register \
		    $u "$DOMAIN" "$PASSWORD" || return 1
	done >"$T/prosodyctl.log" 2>&1
	accounts
	# shellcheck disable=SC2086
	start_server prosody $AS prosody -F --config "$ps_dir/prosody.cfg.lua"
}
