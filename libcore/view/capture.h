/*
 * One direction of a connection, followed from its first byte: the streams that
 * come after one another when TLS and SASL begin anew (RFC 6120 4.3.3), and, on
 * request, what can still be read behind an error.
 *
 *	while (len > 0) {
 *		n = capture_feed(f, s, len);
 *		s += n, len -= n;
 *		while ((r = capture_next(f, &ev)) == 1)
 *			...
 *	}
 *	while ((r = capture_eof(f, &ev)) == 1)
 *		...
 */
#ifndef VIEW_CAPTURE_H
#define VIEW_CAPTURE_H

#include "xml/xparse.h"

enum capture_kind {
	CAPTURE_HEADER,		/* as in xparse.h */
	CAPTURE_ELEM,
	CAPTURE_PASSED,		/* with where */
	CAPTURE_CLOSE,
	CAPTURE_ERROR		/* condition, errmsg and where */
};

struct capture_event {
	enum capture_kind kind;
	struct xparse_event x;	/* but for CAPTURE_ERROR; valid as it says */
	const char *content;	/* CAPTURE_HEADER: the default namespace */
	const char *condition;	/* RFC 6120 4.9.3 */
	const char *errmsg;
	struct xparse_pos where;
};

struct capture_config {
	struct xparse_limits limits;
	enum xparse_form form;
	bool recover;		/* go on behind an error */
};

struct capture;

int capture_new(struct capture **f, const struct capture_config *cf);
void capture_free(struct capture *f);

/* Other limits, from the next element on. */
void capture_set_limits(struct capture *f, const struct xparse_limits *limits);

/*
 * Give it up to LEN bytes; returns how many it took, all once capture_next()
 * has been asked until it says 0.  After the last error everything is taken.
 */
size_t capture_feed(struct capture *f, const void *data, size_t len);

/*
 * The next event: 1, 0 when more bytes are needed, or XERR_NOMEM.  Without
 * recovering, CAPTURE_ERROR is the last.  With it, what follows begins at the
 * next stream header, or inside a stream at the next start tag of a message,
 * presence or iq, or at the stream's end tag.
 */
int capture_next(struct capture *f, struct capture_event *ev);

/* The same when no more bytes come: 1 for an error that this is, else 0. */
int capture_eof(struct capture *f, struct capture_event *ev);

#endif
