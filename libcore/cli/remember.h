/*
 * What one login learns for the next: how strong the authentication was, what
 * the server offers, who we are for its tokens and the token itself.  It makes
 * a login shorter, because that is sent ahead, and warier.
 */
#ifndef CLI_REMEMBER_H
#define CLI_REMEMBER_H

#include <stdbool.h>

#include "cli/state.h"
#include "jid/jid.h"
#include "xmpp/login.h"

struct remember;

/*
 * What is known of JID; FORGET: nothing from now on.  XERR_NOMEM, or XERR_SYS
 * if it cannot be forgotten.
 */
int remember_new(struct remember **r, const struct jid *jid, bool forget);
void remember_free(struct remember *r);

/*
 * Put it into CF, which borrows it: until the next remember_fill() or
 * remember_free().  Where nothing can be kept, we are nobody whom a server
 * could know again, and no token is used or asked for.  MECHANISMS, if not
 * NULL, is what somebody insists on, and then no mechanism is too weak.
 */
void remember_fill(struct remember *r, struct login_config *cf,
    const char *mechanisms);

/* L has succeeded, or else has had its token refused: keep what it learnt. */
void remember_login(struct remember *r, const struct login *l, bool success);

/* Write down what was changed in the state. */
void remember_save(struct remember *r);

/* The state itself, for what else is kept with it. */
struct state *remember_state(struct remember *r);

#endif
