/* Finding a service and connecting to it: the loop, and its story. */
#include <sys/socket.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vis.h"
#include "base/xerr.h"
#include "net/dial_int.h"
#include "net/proxy.h"
#include "net/pump.h"

_Static_assert((int)DIALER_FDS >= (int)RESOLVE_FDS + (int)DIAL_FLIGHTS,
    "dialer_fds() has room");

enum {
	STORY_MAX = 8000, NOTE_MAX = 2000,
	MORE = 32,		/* "; and 4000 more" */
	LINE_MAX_LEN = 500
};

void
dial_log(struct dialer *d, const char *fmt, ...)
{
	char raw[LINE_MAX_LEN];
	struct buf b;
	va_list ap;
	int n;

	if (d->cf.log == NULL)
		return;
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	buf_init(&b, 8 * sizeof(raw));
	if (vis_put(&b, raw, strlen(raw), 0) == 0 && buf_str(&b) != NULL)
		d->cf.log(d->cf.arg, buf_str(&b));
	buf_release(&b);
}

/* How much an error tells, compared with others. */
static int
telling(int err)
{
	switch (err) {
	case 0: return 0;
	case XERR_HOST: return 1;
	case DIAL_NO_ROUTE: return 2;
	case XERR_TEMP: return 3;
	case XERR_UNAVAIL: return 4;
	default: return 5;
	}
}

void
dial_note(struct dialer *d, int err, const char *what, const char *why)
{
	struct buf note;

	if (telling(err) > telling(d->verdict))
		d->verdict = err;
	buf_init(&note, NOTE_MAX);
	if (what != NULL)
		buf_printf(&note, "%s: ", what);
	vis_put(&note, why, strlen(why), 0);
	buf_putc(&note, '\n');
	if (buf_err(&note) != 0 || buf_len(&note) > buf_room(&d->story) ||
	    buf_put(&d->story, buf_data(&note), buf_len(&note)) < 0)
		d->untold++;
	buf_release(&note);
}

const char *
dial_name(const struct dialer *d, const struct target *t)
{
	return d->cf.host[0] == '[' || strcmp(t->host, d->cf.host) == 0 ?
	    NULL : t->host;
}

void
dial_note_at(struct dialer *d, int err, const char *address,
    const struct target *t, const char *why)
{
	const char *name = dial_name(d, t);
	char what[DIAL_ADDRESS + sizeof(t->host) + 4];

	snprintf(what, sizeof(what), "%s%s%s%s", address,
	    name == NULL ? "" : " (", name == NULL ? "" : name,
	    name == NULL ? "" : ")");
	dial_note(d, err, what, why);
}

/* As many of the notes as WHY has room for. */
static void
tell(const struct dialer *d, struct buf *why)
{
	const char *p = (const char *)buf_data(&d->story);
	const char *end = p + buf_len(&d->story), *sep = "";
	size_t n, more = d->untold;

	for (; p < end; p += n + 1) {
		n = (size_t)((const char *)memchr(p, '\n',
		    (size_t)(end - p)) - p);
		if (n + MORE > buf_room(why)) {
			more++;
			continue;
		}
		buf_printf(why, "%s%.*s", sep, (int)n, p);
		sep = "; ";
	}
	if (more > 0)
		buf_printf(why, "%sand %zu more", sep, more);
}

static int
set_proxy(struct dialer *d, struct buf *why)
{
	if ((d->proxy = calloc(1, sizeof(*d->proxy))) == NULL)
		return XERR_NOMEM;
	return proxy_url_parse(d->proxy, d->cf.proxy, why);
}

int
dialer_new(struct dialer **out, const struct dial_config *cf, struct buf *why)
{
	struct dialer *d;
	int r;

	if (cf->host == NULL || cf->host[0] == '\0' || cf->port > 65535) {
		buf_puts(why, "no host, or no port");
		return XERR_CONFIG;
	}
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return XERR_NOMEM;
	d->cf = *cf;
	buf_init(&d->story, STORY_MAX);
	if (cf->proxy != NULL && (r = set_proxy(d, why)) < 0) {
		dialer_free(d);
		return r;
	}
	*out = d;
	return 0;
}

void
dialer_free(struct dialer *d)
{
	size_t i;

	if (d == NULL)
		return;
	dial_race_cancel(d);
	dial_hop_free(d);
	/* Questions still open are answered, in d, by this. */
	resolver_free(d->res);
	for (i = 0; i < d->nt; i++) {
		addr_query_release(&d->t[i].q[0]);
		addr_query_release(&d->t[i].q[1]);
		tlsa_query_release(&d->t[i].tlsa);
	}
	srv_query_release(&d->srv[0]);
	srv_query_release(&d->srv[1]);
	free(d->t);
	if (d->proxy != NULL)
		proxy_url_wipe(d->proxy);
	free(d->proxy);
	buf_release(&d->story);
	free(d);
}

/* Start as many connections as may be started now. */
static int
advance(struct dialer *d, bool *over, int64_t *until)
{
	int64_t now = pump_now();
	struct target *t;
	struct addr *a;
	int r;

	while (d->nf == 0 || (now >= d->next_start && d->nf < DIAL_FLIGHTS)) {
		if ((a = dial_plan_next(d, &t, now, over, until)) == NULL)
			return 0;
		if ((r = dial_race_start(d, t, a)) < 0)
			return r;
		now = pump_now();
	}
	if (d->nf < DIAL_FLIGHTS && (*until < 0 || d->next_start < *until))
		*until = d->next_start;
	return 0;
}

static int
time_up(struct dialer *d)
{
	bool any = d->nf > 0;

	dial_race_time_up(d);
	dial_plan_time_up(d);
	if (!any)
		dial_note(d, XERR_TEMP, NULL, "the time is up");
	return XERR_TEMP;
}

/* One step to a connection, which is then *FD; DIAL_OVER, or an error. */
static int
run(struct dialer *d, const struct pollfd *p, size_t n, int *fd)
{
	bool over = false;
	int r;

	resolver_run(d->res, p, n > 0 ? d->asked : 0);
	if (n > 0 && (*fd = dial_race_check(d, p + d->asked, n - d->asked)) >= 0)
		return 1;
	d->until = d->cf.deadline;
	if (d->until >= 0 && pump_now() >= d->until)
		return time_up(d);
	if ((r = dial_plan_step(d)) <= 0 || (r = advance(d, &over, &d->until)) < 0)
		return r;
	return over && d->nf == 0 ? DIAL_OVER : 0;
}

/* Fill up 0 to 2, so that nothing opened meanwhile becomes one of them. */
static int
plug(int fd[4])
{
	int n = 0;

	while ((fd[n] = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 &&
	    fd[n] <= 2)
		n++;
	if (fd[n] >= 0)
		close(fd[n]);
	return n;
}

static int
resolver_needed(struct dialer *d, struct buf *why)
{
	if (d->res != NULL)
		return 0;
	return resolver_new(&d->res, d->cf.dns,
	    d->cf.port != 0 && strchr(d->cf.host, '.') == NULL, why);
}

/* No connection, by R; DIAL_OVER: as the story has it. */
static int
failure(struct dialer *d, int r, struct buf *why)
{
	dial_race_cancel(d);
	dial_hop_free(d);
	d->active = false;
	if (buf_len(&d->story) == 0)
		dial_note(d, r != DIAL_OVER ? r : XERR_UNAVAIL, NULL,
		    r != DIAL_OVER ? xerr_str(r) :
		    "there is no other address");
	buf_printf(why, "cannot %s to %s: ", d->refused ? "log in" : "connect",
	    d->cf.host);
	tell(d, why);
	/* Ours to fix, whatever the others said. */
	if (r == XERR_NOMEM || r == XERR_SYS)
		return r;
	return d->verdict == DIAL_NO_ROUTE ? XERR_UNAVAIL : d->verdict;
}

static int
success(struct dialer *d, struct dial_target *t)
{
	dial_race_cancel(d);
	d->active = false;
	d->won_at = pump_now();
	*t = (struct dial_target){ .host = d->won->host,
	    .port = d->won->port, .direct = d->won->direct,
	    .address = d->address, .tlsa = d->won->tlsa.list,
	    .ntlsa = d->won->tlsa.n, .tlsa_host = d->won->tlsa.host };
	return 1;
}

/* As run(), whichever way. */
static int
step(struct dialer *d, const struct pollfd *p, size_t n, int *fd)
{
	int plugs[4], nplugs = plug(plugs), r;

	r = d->proxy != NULL ? dial_hop_step(d, p, n, fd) : run(d, p, n, fd);
	while (nplugs > 0)
		close(plugs[--nplugs]);
	return r;
}

int
dialer_step(struct dialer *d, const struct pollfd *p, size_t n, int *fd,
    struct dial_target *t, struct buf *why)
{
	int r, s = -1;

	if (d->proxy == NULL && (r = resolver_needed(d, why)) < 0)
		return r;
	if (!d->active)
		d->won = NULL;
	d->active = true;
	if ((r = step(d, p, n, &s)) == 0)
		return 0;
	if (r < 0)
		return failure(d, r, why);
	*fd = s;
	return success(d, t);
}

size_t
dialer_fds(struct dialer *d, struct pollfd *p, int64_t *until)
{
	if (d->proxy != NULL)
		return dial_hop_fds(d, p, until);
	*until = d->until;
	d->asked = resolver_fds(d->res, p, until);
	return d->asked + dial_race_fds(d, p + d->asked);
}

int
dialer_next(struct dialer *d, int *fd, struct dial_target *t, struct buf *why)
{
	struct pollfd p[DIALER_FDS];
	int64_t until;
	size_t n = 0;
	int r;

	while ((r = dialer_step(d, p, n, fd, t, why)) == 0) {
		n = dialer_fds(d, p, &until);
		if ((r = pump_poll_also(NULL, 0, p, n, until)) < 0)
			return failure(d, r, why);
	}
	return r < 0 ? r : 0;
}

bool
dialer_has_another(const struct dialer *d)
{
	size_t i;

	for (i = 0; i < d->nt; i++)
		if (dial_plan_has_more(d, &d->t[i]))
			return true;
	return false;
}

void
dialer_failed(struct dialer *d, int err, const char *why)
{
	if (d->won == NULL)
		return;
	dial_log(d, "%s (%s, %s): %s after %d ms", d->address, d->won->host,
	    d->won->from, why, (int)(pump_now() - d->won_at));
	dial_note_at(d, err, d->address, d->won, why);
	d->refused |= err == XERR_AUTH;
}

void
dialer_again(struct dialer *d)
{
	if (d->won == NULL)
		return;
	if (d->proxy == NULL) {
		d->won_by->tried = false;
		d->won->turn = d->won_by->ss.ss_family == AF_INET;
	}
	d->won->done = false;
}

int
dial(int *fd, const struct dial_config *cf, struct buf *why)
{
	struct dial_target t;
	struct dialer *d;
	int r;

	if (cf->port == 0) {
		buf_puts(why, "no port");
		return XERR_CONFIG;
	}
	if ((r = dialer_new(&d, cf, why)) < 0)
		return r;
	r = dialer_next(d, fd, &t, why);
	dialer_free(d);
	return r;
}
