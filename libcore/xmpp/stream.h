/*
 * One XML stream, in either role (RFC 6120 section 4): its header, its
 * first-level elements, its errors and its end.  It does no I/O: received
 * bytes are fed to it, bytes to be sent are taken from it.
 *
 *	feed -> next, next, ... -> put, put, ... -> pending, sent
 *
 * When stream_next() finds that the peer broke the rules of the stream, the
 * stream error that says so and the closing tag are pending already; its owner
 * sends what is pending and hangs up.
 */
#ifndef XMPP_STREAM_H
#define XMPP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "xml/elem.h"
#include "xml/xparse.h"

/*
 * What a header says (RFC 6120 4.7); NULL: the attribute is absent.  The
 * version is always 1.0, the content namespace jabber:client.
 */
struct stream_header {
	const char *from, *to, *id, *lang;
};

enum stream_kind {
	STREAM_NONE,
	STREAM_HEADER,		/* the peer's header, an element */
	STREAM_ELEM,		/* a first-level element */
	STREAM_PASSED,		/* one over the limits: XPARSE_PASSED */
	STREAM_ERROR,		/* the peer's <stream:error/>, an element */
	STREAM_CLOSE		/* the peer's closing tag */
};

/* The element is valid as those of xparse.h are. */
struct stream_event {
	enum stream_kind kind;
	struct elem *elem;
	const char *why;	/* STREAM_PASSED: which limit, a sentence */
};

struct stream;

/*
 * A new stream in *S.  LIMITS (or NULL) bounds what is received, OUT_MAX the
 * bytes that wait to be sent.
 */
int stream_new(struct stream **s, const struct xparse_limits *limits,
    size_t out_max);
void stream_free(struct stream *s);

/* Other limits, from the next element on. */
void stream_set_limits(struct stream *s, const struct xparse_limits *limits);

/* As xparse_feed(): how many bytes it took, or the error, final. */
ssize_t stream_feed(struct stream *s, const void *data, size_t len);

/*
 * The next event: 1 and *EV, 0 when there is none yet, or the error:
 * XERR_SYNTAX, XERR_LIMIT or XERR_PROTO for the peer's, XERR_NOMEM.
 */
int stream_next(struct stream *s, struct stream_event *ev);

/*
 * The language that the peer's header names, or NULL.  It is that of a stanza
 * which names none (RFC 6120 4.7.4).  Borrowed until the next header.
 */
const char *stream_lang(const struct stream *s);

/* Bytes fed that lie behind the last event. */
size_t stream_left(const struct stream *s);

/* Was the beginning of something fed, and not its end? */
bool stream_unfinished(const struct stream *s);

/*
 * A new stream on the same connection, after SASL.  What the peer has sent
 * behind the last event belongs to it; our own header is due again.
 */
int stream_restart(struct stream *s);

/* The same after TLS has begun: nothing that came in clear is kept. */
int stream_restart_clean(struct stream *s);

/* Send our header; stream_next() says if there was no memory for it. */
void stream_open(struct stream *s, const struct stream_header *h);

/*
 * The header to send before a stream error, if none is sent yet; without it,
 * one that says nothing is.  What H points to is borrowed, H is not.
 */
void stream_set_due(struct stream *s, const struct stream_header *h);

/*
 * Send an element, or LEN bytes that were made by stream_render().  Returns 0,
 * or XERR_LIMIT or XERR_NOMEM and nothing is sent.
 */
int stream_put(struct stream *s, const struct elem *e);
int stream_put_bytes(struct stream *s, const void *data, size_t len);

/* Append E to B as it is written inside the stream. */
int stream_render(struct buf *b, const struct elem *e);

/* Send our closing tag, once; nothing may follow. */
void stream_close(struct stream *s);

/*
 * Send a stream error (4.9): CONDITION of 4.9.3 and TEXT for people, or NULL;
 * then the closing tag.  Our header goes before if it is still due.
 */
void stream_fail(struct stream *s, const char *condition, const char *text);

/* Have we sent our closing tag; has the peer? */
bool stream_is_closed(const struct stream *s);
bool stream_peer_closed(const struct stream *s);

/* Bytes to be sent: how many, and where they are until the next call. */
size_t stream_pending(const struct stream *s, const void **data);
void stream_sent(struct stream *s, size_t n);
size_t stream_room(const struct stream *s);

/* After an error: a sentence, and the condition of 4.9.3. */
const char *stream_errmsg(const struct stream *s);
const char *stream_condition(const struct stream *s);

/*
 * What a stream error element says: its condition ("undefined-condition" if
 * there is none that 4.9.3 lists) and its text, or NULL.  The text belongs to
 * E and is the peer's.
 */
const char *stream_error_condition(const struct elem *e);
const char *stream_error_text(const struct elem *e);

#endif
