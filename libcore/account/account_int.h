/*
 * Between account.c, which puts an account together, account_file.c, which
 * finds the file and the place in it, and account_net.c, which knows where the
 * connection leads to and how it is made safe.  What returns int returns what
 * the functions of account.h do.
 */
#ifndef ACCOUNT_ACCOUNT_INT_H
#define ACCOUNT_ACCOUNT_INT_H

#include "account/account.h"
#include "account/conf.h"

int account_no_memory(struct account *a);

/* The first DIRLEN bytes of DIR with FILE behind, in new memory, or NULL. */
char *account_join(const char *dir, size_t dirlen, const char *file);

/*
 * Read the file NAMED into C, or if that is NULL the one by default, which
 * need not be there.  *PATH, for the caller to free, is where C->path points.
 */
int account_read_file(struct account *a, struct conf *c, const char *named,
    char **path);

/* S, told as WHAT, as the JID of a user; else STATUS. */
int account_parse_jid(struct account *a, struct jid *j, const char *s,
    const char *what, int status);
int account_entry_jid(struct account *a, struct jid *j, const struct conf *c,
    const struct conf_entry *v);

/* "FILE:LINE" for people. */
void account_place(char where[static 512], const struct conf *c,
    const struct conf_entry *v);

/*
 * Which section of the file, as account.h tells: WANTED is that of -a or NULL,
 * A->jid the JID of -j or XMPP_JID or empty.  *NAME becomes NULL where nothing
 * of the file is to be used.
 */
int account_choose(struct account *a, const struct conf *c, const char *wanted,
    const char **name);

/* Text into *P, in place of what was there; a path counts from FILE's. */
int account_put_text(struct account *a, char **p, const char *value);
int account_put_path(struct account *a, char **p, const char *value,
    const char *file);

/*
 * Settings of the connection, from the options; the environment; one of the
 * file's, told as WHERE.  What is set already stays.  V of another kind is
 * passed over, a VALUE of NULL is none.
 */
int account_put_options(struct account *a, const struct netopt *o);
int account_put_env(struct account *a);
int account_put_setting(struct account *a, const struct conf *c,
    const struct conf_entry *v, const char *where);
int account_put_port(struct account *a, const char *value, const char *where);
int account_put_tls(struct account *a, const char *value, const char *where);
int account_put_ahead(struct account *a, const char *value, const char *where);
int account_put_sasl(struct account *a, const char *value, const char *where);

/* When all is set: the proxy of ALL_PROXY, or none. */
int account_choose_proxy(struct account *a);

#endif
