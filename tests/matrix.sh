# The servers of the matrix: each runs once and serves a domain for each of its
# offers, as OFFER.verona.test; $T/NAME/VERSION.HOW has the port for a version
# of TLS and a way to begin it.  Sourced after lib.sh, prosody.sh, ejabberd.sh.
#
#	all		every mechanism of the server for passwords
#	unbound		the same without channel binding
#	hidden		the mechanisms that bind are left out, and the server would
#			bind: as if somebody in between had removed them
#	plain		PLAIN alone
#	sha1, sha256, sha512	the server has kept no password, but one hash
#	external	a client's certificate instead of a password
#	anonymous	anybody

# Taken together: apart, one could be taken twice.
MATRIX_PORTS=$(port free 12)

MATRIX_OFFERS='all unbound hidden plain sha1 sha256 external anonymous'

# One certificate for all of them, and certificates of clients: for romeo, for
# him and somebody else, and by an authority that no server knows.
matrix_certs()
{
	make_certs && make_cert ca wild '*.verona.test' || return 1
	mx_at=external.verona.test
	client_cert ca one "romeo@$mx_at" &&
	client_cert ca two "romeo@$mx_at" "nurse@$mx_at" &&
	client_cert ca nurse "nurse@$mx_at" &&
	client_cert stranger strange "romeo@$mx_at"
}

# client_cert CA NAME JID...: for servers, too, as whose Prosody verifies it.
client_cert()
{
	cc_ca=$1 cc_name=$2 cc_names=
	shift 2
	for cc_jid; do
		cc_names="$cc_names,otherName:1.3.6.1.5.5.7.8.5;UTF8:$cc_jid"
	done
	cat >"$T/$cc_name.ext" <<-EOF
	subjectAltName=${cc_names#,}
	basicConstraints=CA:FALSE
	extendedKeyUsage=clientAuth,serverAuth
	EOF
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/$cc_name.key" -out "$T/$cc_name.csr" \
	    -subj "/CN=$cc_name" >"$T/openssl.log" 2>&1 &&
	openssl x509 -req -in "$T/$cc_name.csr" -CA "$T/$cc_ca.pem" \
	    -CAkey "$T/$cc_ca.key" -set_serial "0x$(openssl rand -hex 8)" \
	    -days 2 -extfile "$T/$cc_name.ext" -out "$T/$cc_name.pem" \
	    >>"$T/openssl.log" 2>&1 || { note "$T/openssl.log"; return 1; }
}

# The next two of them, in $PORT and $TLSPORT.
matrix_ports()
{
	# shellcheck disable=SC2086
	set -- $MATRIX_PORTS
	PORT=$1 TLSPORT=$2
	shift 2
	MATRIX_PORTS=$*
}

# --- xmpp-serve --------------------------------------------------------------

# Its offers are its options: a process for each, and each version of TLS.  What
# it routes is in $T/serve/OFFER-VERSION, the account files beside that.
matrix_serve()
{
	mx_version=$1
	mkdir -p "$T/serve"
	serve_one all
	serve_one exporter --binding tls-exporter
	serve_one unique --binding tls-unique
	serve_one end-point --binding tls-server-end-point
	serve_one unbound --binding none
	serve_one plain -m PLAIN
	serve_one sha1 -m SCRAM-SHA-1 -m SCRAM-SHA-1-PLUS
	serve_one classic --no-sasl2
	serve_one tokenless --no-fast
	serve_one external --certificates
	serve_one external-only --certificates -m EXTERNAL
	serve_one stored --certificates --store SCRAM-SHA-256
	serve_one anonymous --anonymous
}

# serve_one OFFER [OPTION...]
serve_one()
{
	so_name=$1-$mx_version
	shift
	bg "serve-$so_name" xmpp-serve --max-tls "$mx_version" \
	    -o "$T/serve/$so_name" "$@"
	wait_for 20 grep -q '^XMPP_CONFIG=' "$T/serve-$so_name.out" ||
		note "$T/serve-$so_name.err"
	so_config=$(sed -n '1s/^XMPP_CONFIG=//p' "$T/serve-$so_name.out" |
	    tr -d "'")
	cp "$so_config" "$T/serve/$so_name.password"
	sed 's/^password = .*/password = other than that/' "$so_config" \
	    >"$T/serve/$so_name.wrong"
	sed -n '/^$/q; /^jid\|^password/d; p' "$so_config" \
	    >"$T/serve/$so_name.nobody"
	chmod 600 "$T/serve/$so_name".*
}

# --- Prosody -----------------------------------------------------------------

# An account as Prosody keeps it, so that none has to be made one by one.
prosody_account()
{
	mx_host=$(echo "$1" | sed 's/\./%2e/g')
	mkdir -p "$mx_dir/data/$mx_host/accounts"
	printf 'return { ["password"] = [[%s]] };\n' "$PASSWORD" \
	    >"$mx_dir/data/$mx_host/accounts/$2.dat"
}

# A domain, and what sets its offer apart.
prosody_host()
{
	echo "VirtualHost \"$1.verona.test\""
	case $1 in
	plain) echo 'disable_sasl_mechanisms = { "DIGEST-MD5", "SCRAM-SHA-1",
	    "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS" }' ;;
	unbound | hidden) echo 'disable_sasl_mechanisms = { "DIGEST-MD5",
	    "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS" }' ;;
	sha1 | sha256)
		echo 'authentication = "internal_hashed"'
		echo "password_hash = \"SHA-${1#sha}\"" ;;
	external) echo 'authentication = "ccert"' ;;
	anonymous) echo 'authentication = "anonymous"' ;;
	esac
	[ "$1" != unbound ] || echo 'modules_enabled = { "unbound" }'
}

# matrix_prosody NAME VERSION [MODULE...]: one with this version of TLS only.
matrix_prosody()
{
	mx_dir=$T/$1-$2 mx_name=$1 mx_version=$2
	shift 2
	mkdir -p "$mx_dir/data" "$mx_dir/modules" "$T/$mx_name"
	cp "$TOP"/tests/data/prosody/*.lua "$mx_dir/modules"
	cp "$T/wild.pem" "$T/wild.key" "$T/ca.pem" "$mx_dir"
	matrix_ports
	echo "$PORT" >"$T/$mx_name/$mx_version.starttls"
	echo "$TLSPORT" >"$T/$mx_name/$mx_version.direct"
	{
		cat <<-EOF
		data_path = "$mx_dir/data"
		pidfile = "$mx_dir/prosody.pid"
		certificates = "$mx_dir"
		interfaces = { "127.0.0.1" }
		c2s_ports = { $PORT }
		c2s_direct_tls_ports = { $TLSPORT }
		network_backend = "epoll"
		log = { info = "$mx_dir/log" }
		modules_enabled = { "c2s", "saslauth", "tls", "ping", "smacks",
		    "roster", "offline" $(printf ', "%s"' "$@") }
		plugin_paths = { "$mx_dir/modules", "$PROSODY_MODULES" }
		modules_disabled = { "s2s" }
		c2s_require_encryption = true
		authentication = "internal_plain"
		disable_sasl_mechanisms = { "DIGEST-MD5" }
		ssl = {
			protocol = "tlsv$(echo "$mx_version" | tr . _)",
			certificate = "$mx_dir/wild.pem",
			key = "$mx_dir/wild.key",
			cafile = "$mx_dir/ca.pem",
			verify = { "peer", "client_once" },
		}
		c2s_direct_tls_ssl = ssl
		EOF
		for mx_offer in $MATRIX_OFFERS; do
			prosody_host "$mx_offer"
			prosody_account "$mx_offer.verona.test" romeo
			prosody_account "$mx_offer.verona.test" juliet
		done
	} >"$mx_dir/prosody.cfg.lua"
	unprivileged "$mx_dir"
	# shellcheck disable=SC2086
	bg "$mx_name-$mx_version" $AS prosody -F \
	    --config "$mx_dir/prosody.cfg.lua"
}

# --- ejabberd ----------------------------------------------------------------

# A domain of ejabberd, and what sets its offer apart.
ejabberd_host()
{
	echo "  \"$1.verona.test\":"
	case $1 in
	plain) off='SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512 SCRAM-SHA-1-PLUS
	    SCRAM-SHA-256-PLUS SCRAM-SHA-512-PLUS EXTERNAL' ;;
	unbound | hidden) off='SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS
	    SCRAM-SHA-512-PLUS EXTERNAL' ;;
	external) off= ;;
	*) off='EXTERNAL' ;;
	esac
	printf '    disable_sasl_mechanisms: ["X-OAUTH2", "DIGEST-MD5"'
	# shellcheck disable=SC2086
	[ -z "$off" ] || printf ', "%s"' $off
	echo ']'
	case $1 in
	sha1) echo '    auth_password_format: scram
    auth_scram_hash: sha' ;;
	sha256 | sha512) echo "    auth_password_format: scram
    auth_scram_hash: $1" ;;
	anonymous) echo '    auth_method: anonymous
    anonymous_protocol: sasl_anon' ;;
	esac
}

# A port for VERSION of TLS, with more lines.
ejabberd_port()
{
	case $1 in
	1.2) not='no_tlsv1_3' ;;
	1.3) not='no_tlsv1_2' ;;
	esac
	cat <<-EOF
	  - port: $2
	    ip: "127.0.0.1"
	    module: ejabberd_c2s
	    tls_verify: true
	    cafile: "$mx_dir/ca.pem"
	    protocol_options: [no_sslv3, no_tlsv1, no_tlsv1_1, $not]
	    $3: true
	EOF
}

matrix_ejabberd()
{
	mx_dir=$T/ejabberd
	mkdir -p "$mx_dir/spool" "$mx_dir/log"
	cat "$T/wild.pem" "$T/wild.key" >"$mx_dir/cert.pem"
	cp "$T/ca.pem" "$mx_dir"
	{
		printf 'hosts: ["verona.test"'
		# shellcheck disable=SC2086
		printf ', "%s.verona.test"' $MATRIX_OFFERS sha512
		cat <<-EOF
		]
		loglevel: warning
		certfiles: ["$mx_dir/cert.pem"]
		auth_method: internal
		auth_password_format: plain
		modules:
		  mod_ping: {}
		  mod_roster: {}
		  mod_offline: {}
		  mod_stream_mgmt: {}
		listen:
		EOF
		for mx_version in 1.2 1.3; do
			matrix_ports
			echo "$PORT" >"$mx_dir/$mx_version.starttls"
			echo "$TLSPORT" >"$mx_dir/$mx_version.direct"
			ejabberd_port $mx_version "$PORT" starttls_required
			ejabberd_port $mx_version "$TLSPORT" tls
		done
		echo 'host_config:'
		for mx_offer in $MATRIX_OFFERS sha512; do
			ejabberd_host "$mx_offer"
		done
	} >"$mx_dir/ejabberd.yml"
	ej_eval=
	for mx_offer in $MATRIX_OFFERS sha512; do
		[ $mx_offer != anonymous ] || continue
		for u in romeo juliet; do
			ej_eval="$ej_eval ok = ejabberd_auth:try_register(
			    <<\"$u\">>, <<\"$mx_offer.verona.test\">>,
			    $(erlang_bytes "$PASSWORD")),"
		done
	done
	unprivileged "$mx_dir"
	# shellcheck disable=SC2086
	bg ejabberd env ERL_LIBS="$EJABBERD_LIBS" HOME="$mx_dir" \
	    EJABBERD_CONFIG_PATH="$mx_dir/ejabberd.yml" \
	    EJABBERD_LOG_PATH="$mx_dir/log/ejabberd.log" \
	    ERL_CRASH_DUMP=/dev/null \
	    $AS erl -noinput +S 1 -mnesia dir "\"$mx_dir/spool\"" -s ejabberd \
	    -eval "$ej_eval file:write_file(\"$mx_dir/ready\", \"\")."
}
