/*
 * What one login learns for the next: how strong the authentication was, what
 * the server offers, who we are for its tokens and the token itself.  It makes
 * a login shorter, because that is sent ahead, and warier.
 */
#ifndef SESSION_LOGIN_MEMORY_H
#define SESSION_LOGIN_MEMORY_H

#include <stdbool.h>

#include "state/state.h"
#include "jid/jid.h"
#include "client/login.h"

struct login_memory;

/*
 * What is known of JID; FORGET: nothing from now on.  XERR_NOMEM, or XERR_SYS
 * if it cannot be forgotten.
 */
int login_memory_new(struct login_memory **r, const struct jid *jid, bool forget);
void login_memory_free(struct login_memory *r);

/*
 * Put it into CF, which borrows it: until the next login_memory_fill() or
 * login_memory_free().  Where nothing can be kept, we are nobody whom a server
 * could know again, and no token is used or asked for.  MECHANISMS, if not
 * NULL, is what somebody insists on, and then no mechanism is too weak.
 */
void login_memory_fill(struct login_memory *r, struct login_config *cf,
    const char *mechanisms);

/* L has succeeded, or else has had its token refused: keep what it learnt. */
void login_memory_login(struct login_memory *r, const struct login *l, bool success);

/*
 * The server of the login that is learnt next fell silent in SASL2: no login
 * uses it while the server offers the same.
 */
void login_memory_set_classic(struct login_memory *r);

/* Write down what was changed in the state. */
void login_memory_save(struct login_memory *r);

/* The state itself, for what else is kept with it. */
struct state *login_memory_state(struct login_memory *r);

#endif
