/*
 * Who to log in as, where, and with what: put together from the options, the
 * environment and the account file, in this order.
 *
 *	struct account a;
 *	int status;
 *
 *	account_init(&a);
 *	if ((status = account_load(&a, &net)) != 0 ||
 *	    (status = account_ask(&a)) != 0)
 *		cli_die(status, "%s", account_errmsg(&a));
 *	... log in with a.jid and a.password ...
 *	account_forget(&a);
 *	account_release(&a);
 *
 * Which account of the file: with -a the section of that name; else, if a JID
 * is given by -j or XMPP_JID, the first account whose "jid" has the same bare
 * address, or the keys before any section if they name no "jid"; else the keys
 * before any section.  Options and environment then go before its keys.
 *
 * Functions return 0 or a status of sysexits.h, with a line for people in
 * account_errmsg(), in which there is never a secret.
 */
#ifndef ACCOUNT_ACCOUNT_H
#define ACCOUNT_ACCOUNT_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/netopt.h"
#include "jid/jid.h"

enum account_secret {
	PASSWORD_ASK = 0,		/* on the terminal */
	PASSWORD_GIVEN,		/* it is in password already */
	PASSWORD_FILE,		/* source is a path */
	PASSWORD_COMMAND		/* source is a command for sh */
};

struct account {
	struct jid jid;		/* normal form, with a localpart unless */
	bool anonymous;		/* sasl is ANONYMOUS: no user, no password */
	char *host;		/* NULL: the JID's domain, by SRV */
	unsigned port;		/* 0: by SRV, or the protocol's own */
	enum netopt_tls tls;
	char *sasl;		/* mechanisms with commas; NULL: any */
	enum netopt_bool ahead;	/* may anything be sent ahead? */
	char *ca_file;		/* NULL: the system's */
	char *crl_file;		/* NULL: nothing is revoked */
	char *pins;		/* "sha256//... sha256//...", or NULL */
	char *proxy;		/* URL, with a password maybe; or NULL */
	char *cert, *key;	/* for EXTERNAL, PEM files; both or neither */

	struct buf password;	/* filled by account_ask(); UTF-8, no NUL */
	bool has_password;

	enum account_secret secret;
	char *source;
	char *origin;		/* "FILE:LINE" or "XMPP_PASSWORD", for people */
	struct cli_err err;
};

void account_init(struct account *a);

/* Free everything; the password is overwritten. */
void account_release(struct account *a);

/*
 * Fill A from options O, the environment and the account file (-f,
 * XMPP_CONFIG, or xmpputils/config below XDG_CONFIG_HOME or ~/.config).  Takes
 * XMPP_PASSWORD out of the environment, so that no child inherits it.  Reads
 * no password but those two may hold.
 */
int account_load(struct account *a, const struct netopt *o);

/*
 * Get the password: from its file, its command, or by asking on /dev/tty.  An
 * account with a certificate and no password is left without one.  From here on
 * the process leaves no core dump (cli_no_dumps()).
 */
int account_ask(struct account *a);

/* The password was used: overwrite it. */
void account_forget(struct account *a);

const char *account_errmsg(const struct account *a);

#endif
