# An ejabberd of the test's own.  Sourced after lib.sh.
#
#	start_ejabberd [smacks=no] [mechanisms='PLAIN SCRAM-SHA-1'] [cert=NAME]
#
# as start_prosody.  The Erlang machine is started without distribution, so
# that there is no node name to collide and no epmd stays behind; ejabberdctl
# would need both, so the accounts are made by what it would call.

have_ejabberd()
{
	EJABBERD_LIBS=
	for d in /usr/lib/*/ejabberd-* /usr/lib/ejabberd-*; do
		[ ! -d "$d/ebin" ] || EJABBERD_LIBS=${d%/*}
	done
	command -v erl >/dev/null && [ -n "$EJABBERD_LIBS" ]
}

# What ejabberd offers that was not asked for.
ejabberd_disabled()
{
	for m in PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512 \
	    SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-512-PLUS; do
		case " $1 " in
		*" $m "*) ;;
		*) printf '"%s", ' "$m" ;;
		esac
	done
}

ejabberd_config()
{
	cat <<END
hosts: ["$DOMAIN"]
loglevel: warning
hide_sensitive_log_data: true
certfiles: ["$1/cert.pem"]
listen:
  - port: $PORT
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls_required: true
  - port: $TLSPORT
    ip: "127.0.0.1"
    module: ejabberd_c2s
    tls: true
auth_method: internal
auth_password_format: plain
disable_sasl_mechanisms: [$(ejabberd_disabled "$mechanisms") "DIGEST-MD5",
    "X-OAUTH2"]
modules:
  mod_disco: {}
  mod_ping: {}
  mod_roster: {}
  mod_offline: {}
  mod_version: {}
$smacks
END
}

# A text as an Erlang binary of its bytes.
erlang_bytes()
{
	printf '<<'
	printf '%s' "$1" | od -An -v -tu1 | tr -s ' \n' ' ' |
	    sed 's/^ //; s/ $//; s/ /,/g'
	printf '>>'
}

start_ejabberd()
{
	# as in the configuration that ejabberd comes with
	smacks='  mod_stream_mgmt: { resend_on_timeout: if_offline }'
	mechanisms='PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512'
	cert=server
	for o; do
		case $o in
		smacks=no) smacks= ;;
		mechanisms=*) mechanisms=${o#*=} ;;
		cert=*) cert=${o#*=} ;;
		*) note "start_ejabberd: $o?"; return 1 ;;
		esac
	done
	make_certs || return 1
	two_ports
	ej_dir=$T/ejabberd
	rm -rf "$ej_dir"
	mkdir -p "$ej_dir/spool" "$ej_dir/log"
	cat "$T/$cert.pem" "$T/$cert.key" >"$ej_dir/cert.pem"
	ejabberd_config "$ej_dir" >"$ej_dir/ejabberd.yml"
	unprivileged "$ej_dir"
	ej_eval=
	for u in romeo juliet; do
		ej_eval="$ej_eval ok = ejabberd_auth:try_register(
		    $(erlang_bytes $u), $(erlang_bytes "$DOMAIN"),
		    $(erlang_bytes "$PASSWORD")),"
	done
	accounts
	# shellcheck disable=SC2086
	start_server ejabberd env ERL_LIBS="$EJABBERD_LIBS" HOME="$ej_dir" \
	    EJABBERD_CONFIG_PATH="$ej_dir/ejabberd.yml" \
	    EJABBERD_LOG_PATH="$ej_dir/log/ejabberd.log" \
	    ERL_CRASH_DUMP=/dev/null \
	    $AS erl -noinput +S 1 -mnesia dir "\"$ej_dir/spool\"" -s ejabberd \
	    -eval "$ej_eval file:write_file(\"$ej_dir/ready\", \"\")." &&
	wait_for 20 test -e "$ej_dir/ready"
}
