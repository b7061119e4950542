/*
 * One direction of a connection, followed from its first byte: the streams that
 * come after one another when TLS and SASL begin anew (RFC 6120 4.3.3), and, on
 * request, what can still be read behind an error.
 *
 *	while (len > 0) {
 *		n = follow_feed(f, s, len);
 *		s += n, len -= n;
 *		while ((r = follow_next(f, &ev)) == 1)
 *			...
 *	}
 *	while ((r = follow_eof(f, &ev)) == 1)
 *		...
 */
#ifndef XMPP_FOLLOW_H
#define XMPP_FOLLOW_H

#include "xml/xparse.h"

enum follow_kind {
	FOLLOW_HEADER,		/* as in xparse.h */
	FOLLOW_ELEM,
	FOLLOW_CLOSE,
	FOLLOW_ERROR		/* condition, errmsg and where */
};

struct follow_event {
	enum follow_kind kind;
	struct xparse_event x;	/* but for FOLLOW_ERROR; valid as it says */
	const char *content;	/* FOLLOW_HEADER: the default namespace */
	const char *condition;	/* RFC 6120 4.9.3 */
	const char *errmsg;
	struct xparse_pos where;
};

struct follow_config {
	struct xparse_limits limits;
	enum xparse_form form;
	bool recover;		/* go on behind an error */
};

struct follow;

int follow_new(struct follow **f, const struct follow_config *cf);
void follow_free(struct follow *f);

/*
 * Give it up to LEN bytes; returns how many it took, all once follow_next()
 * has been asked until it says 0.  After the last error everything is taken.
 */
size_t follow_feed(struct follow *f, const void *data, size_t len);

/*
 * The next event: 1, 0 when more bytes are needed, or XERR_NOMEM.  Without
 * recovering, FOLLOW_ERROR is the last.  With it, what follows begins at the
 * next stream header, or inside a stream at the next start tag of a message,
 * presence or iq, or at the stream's end tag.
 */
int follow_next(struct follow *f, struct follow_event *ev);

/* The same when no more bytes come: 1 for an error that this is, else 0. */
int follow_eof(struct follow *f, struct follow_event *ev);

#endif
