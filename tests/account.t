#!/bin/sh
# Accounts, as the programs see them: every way to say who and with what
# password, and where the password does not show.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"
need xmpp-serve xmpp-send xmpp-listen xmpp-connect

start_serve || exit
secret=$(setting password)
ca=$(setting ca_file)
config=$XMPP_CONFIG
unset XMPP_CONFIG

# file TEXT: an account file of that text, in $f.
file()
{
	f=$T/account
	rm -f "$f"
	printf '%s\n' "$@" >"$f"
	chmod 600 "$f"
}

# sends NAME WANT OPTION...: xmpp-send ends with the status.
sends()
{
	se_name=$1 se_want=$2
	shift 2
	status "$se_name" "$se_want" \
	    xmpp-send --wait 0 -m hello "$@" juliet@localhost
	unlike "$se_name: and shows no password" "$T/err" "$secret|hunter2"
}

# --- Where it comes from -----------------------------------------------------

sends 'no account at all' 78
like 'says what to do' "$T/err" 'no account: use -j'
sends 'a file that is not there' 66 -f "$T/none"
sends '-f' 0 -f "$config"
sends '-f and -a' 0 -f "$config" -a romeo
sends '-a of no account' 78 -f "$config" -a tybalt
like 'names those there are' "$T/err" 'romeo, juliet'

mkdir -p "$HOME/.config/xmpputils"
cp "$config" "$HOME/.config/xmpputils/config"
sends 'the file in the home directory' 0
sends '-j finds its account' 0 -j romeo@localhost/here
rm -r "$HOME/.config"
mkdir -p "$T/xdg/xmpputils"
cp "$config" "$T/xdg/xmpputils/config"
XDG_CONFIG_HOME=$T/xdg sends 'XDG_CONFIG_HOME' 0
XMPP_CONFIG=$config sends 'XMPP_CONFIG' 0

# all that the environment can say
alone()
{
	XMPP_JID=romeo@localhost XMPP_HOST=127.0.0.1 XMPP_PORT=$PORT \
	    XMPP_TLS=starttls XMPP_CA_FILE=$ca "$@"
}
XMPP_PASSWORD=$secret alone sends 'the environment alone' 0
XMPP_PASSWORD=hunter2 alone sends 'a wrong password in it' 77
XMPP_PASSWORD=$secret alone sends 'direct TLS by option' 0 --tls direct
XMPP_PASSWORD=hunter2 sends 'it goes before the file' 77 -f "$config"

# --- Passwords ---------------------------------------------------------------

server="host = 127.0.0.1
port = $PORT
ca_file = $ca"

printf '%s\r\n' "$secret" >"$T/pw"
chmod 600 "$T/pw"
file 'jid = romeo@localhost' 'password_file = pw' "$server"
sends 'password_file' 0 -f "$f"
chmod 640 "$T/pw"
sends 'password_file that others read' 78 -f "$f"
like 'says what to do' "$T/err" 'chmod 600'

file 'jid = romeo@localhost' "password_command = echo $secret" "$server"
sends 'password_command' 0 -f "$f"
file 'jid = romeo@localhost' 'password_command = echo hunter2; false' "$server"
sends 'password_command that fails' 78 -f "$f"
file 'jid = romeo@localhost' 'password_command = cat' "$server"
sends 'password_command does not read our data' 78 -f "$f"

file 'jid = romeo@localhost' "password = $secret" "$server"
sends 'password' 0 -f "$f"
chmod 644 "$f"
sends 'password that others read' 78 -f "$f"
ln -s "$f" "$T/link"
sends 'or through a link' 78 -f "$T/link"
like 'says what to do' "$T/err" 'chmod 600'
file 'jid = romeo@localhost' 'pasword = hunter2'
sends 'a key that is not known' 78 -f "$f"
like 'names file and line' "$T/err" "$f:2: unknown key 'pasword'"
sends 'a directory' 78 -f "$T"
mkfifo -m 600 "$T/fifo"
cat "$config" >"$T/fifo" &
sends 'a pipe' 0 -f "$T/fifo"

# no terminal: nobody to ask
file 'jid = romeo@localhost' "$server"
run setsid -w xmpp-send -f "$f" -m hello juliet@localhost
is 'no password and no terminal' "$rc" 78
like 'says what to do' "$T/err" 'password_command'
if command -v script >/dev/null; then
	mkfifo "$T/asked.in"
	bg asked script -qec \
	    "xmpp-send --wait 0 -f $f -m hello juliet@localhost" /dev/null
	asked=$pid
	exec 9>"$T/asked.in"
	wait_for 20 grep -q Password "$T/asked.out"
	printf '%s\n' "$secret" >&9
	reap "$asked"
	exec 9>&-
	is 'asked for on the terminal' "$rc" 0
	unlike 'without echo' "$T/asked.out" "$secret"
	like 'with a prompt' "$T/asked.out" 'Password for romeo@localhost:'
else
	skip 'no script(1)'
fi

# --- The files of others -----------------------------------------------------

file '# sendxmpp, one line' "romeo@localhost;127.0.0.1:$PORT $secret"
sends 'sendxmpp: one line' 0 -f "$f" --ca-file "$ca"
file 'username: romeo' "jserver: 127.0.0.1:$PORT" "password: $secret" \
    'component: localhost'
sends 'sendxmpp: keys' 0 -f "$f" --ca-file "$ca"
file 'username: romeo@localhost' 'jserver: 127.0.0.1' "port: $PORT" \
    "password: $secret" 'alias: robot'
sends 'go-sendxmpp' 0 -f "$f" --ca-file "$ca"
file 'username: romeo@localhost' "jserver: 127.0.0.1:$PORT" \
    "eval_password: echo $secret"
sends 'go-sendxmpp: eval_password' 0 -f "$f" --ca-file "$ca"
chmod 644 "$f"
file "romeo@localhost;127.0.0.1:$PORT $secret"
chmod 644 "$f"
sends 'theirs, and others read it' 78 -f "$f" --ca-file "$ca"

# --- Where it does not show --------------------------------------------------

# shellcheck disable=SC2016
XMPP_PASSWORD=$secret alone run xmpp-connect -n -- \
    sh -c 'env | grep -c PASSWORD >&2'
like 'a command does not inherit it' "$T/err" '^0$'

if [ -r /proc/self/environ ] && [ "$(id -u)" -eq 0 ]; then
	XMPP_PASSWORD=$secret alone listener quiet romeo -vv \
	    -f "$config"
	tr '\0' '\n' <"/proc/$pid/environ" >"$T/environ"
	like 'the environment is that of the program' "$T/environ" '^XMPP_JID='
	unlike 'but its password is gone' "$T/environ" "$secret"
	unlike 'it is in no argument' "/proc/$pid/cmdline" "$secret"
	like 'and no core would have it' "/proc/$pid/limits" \
	    'Max core file size +0 '
	unlike '-vvv does not tell it' "$T/quiet.err" "$secret"
	stop "$pid"
else
	skip 'no /proc that we can read'
fi
finish
