/* What is remembered of an account: where its file is, reading and writing. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/xerr.h"
#include "state/state_int.h"

enum { FILE_NAME_MAX = 200 };	/* of the 255 that file systems have */

static const char hex[] = "0123456789abcdef";

/* DIR and SUB, one behind the other, in new memory. */
static char *
join(const char *dir, const char *sub)
{
	size_t n = strlen(dir) + strlen(sub) + 1;
	char *s = malloc(n);

	if (s != NULL)
		snprintf(s, n, "%s%s", dir, sub);
	return s;
}

/* *DIR is NULL if nothing is to be kept. */
static int
find_dir(char **dir)
{
	const char *own = getenv("XMPP_STATE"), *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	*dir = NULL;
	if (own != NULL && *own == '\0')
		return 0;
	if (own != NULL)
		*dir = join(own, "");
	else if (xdg != NULL && *xdg == '/')
		*dir = join(xdg, "/xmpputils");
	else if (home != NULL && *home == '/')
		*dir = join(home, "/.local/state/xmpputils");
	else
		return 0;
	return *dir == NULL ? XERR_NOMEM : 0;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '@' || c == '.' || c == '-' || c == '_';
}

/* What is no lower-case ASCII becomes %XX, so that all file systems have it. */
static int
put_escaped(struct buf *b, const char *jid)
{
	size_t i;

	for (i = 0; jid[i] != '\0'; i++)
		if (is_plain(jid[i]) && (i > 0 || jid[i] != '.'))
			buf_putc(b, jid[i]);
		else
			buf_printf(b, "%%%02x", (unsigned char)jid[i]);
	return buf_err(b);
}

/* A name too long for a file becomes its hash. */
static int
put_hashed(struct buf *b, const char *jid)
{
	unsigned char h[EVP_MAX_MD_SIZE];
	unsigned i, n;

	if (EVP_Digest(jid, strlen(jid), h, &n, EVP_sha256(), NULL) != 1)
		return XERR_NOMEM;
	buf_puts(b, "%sha256-");
	for (i = 0; i < n; i++)
		buf_printf(b, "%c%c", hex[h[i] >> 4], hex[h[i] & 15]);
	return buf_err(b);
}

static int
find_file(char **file, const char *dir, const char *jid)
{
	struct buf b;
	int r;

	buf_init(&b, FILE_NAME_MAX + 1);
	buf_putc(&b, '/');
	if ((r = put_escaped(&b, jid)) == XERR_LIMIT) {
		buf_reset(&b);
		buf_putc(&b, '/');
		r = put_hashed(&b, jid);
	}
	if (r == 0)
		*file = buf_str(&b) == NULL ? NULL : join(dir, buf_str(&b));
	buf_release(&b);
	return r < 0 || *file == NULL ? XERR_NOMEM : 0;
}

/* Ours, and not for others to change? */
static bool
is_ours(const struct stat *st, mode_t forbidden)
{
	return st->st_uid == geteuid() && (st->st_mode & forbidden) == 0;
}

static bool
dir_is_safe(const char *dir)
{
	struct stat st;

	return stat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	    is_ours(&st, S_IWGRP | S_IWOTH);
}

/* Read what FD has, at most the SIZE of its file, which B has room for. */
static int
read_file(int fd, struct buf *b, size_t size)
{
	ssize_t n;
	char *p;

	if ((p = buf_reserve(b, size)) == NULL)
		return XERR_NOMEM;
	while (buf_len(b) < size) {
		n = read(fd, p + buf_len(b), size - buf_len(b));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_commit(b, (size_t)n);
	}
	return 0;
}

/* The text of FILE, if it is one to be trusted; empty if not. */
static int
read_text(const char *file, struct buf *b)
{
	struct stat st;
	int fd, r = 0;

	/* not blocking: it may be a FIFO, which nobody writes to */
	fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC |
	    O_NOCTTY);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    is_ours(&st, S_IRWXG | S_IRWXO) && st.st_size > 0 &&
	    st.st_size <= STATE_FILE_MAX)
		r = read_file(fd, b, (size_t)st.st_size);
	close(fd);
	return r;
}

/* Fill S, which is clear, from its file; what is damaged is as none. */
static int
read_state(struct state *s)
{
	struct buf b;
	int r;

	if (!dir_is_safe(s->dir))
		return 0;
	buf_init(&b, STATE_FILE_MAX);
	if ((r = read_text(s->file, &b)) == 0 && buf_len(&b) > 0) {
		/* the text is the buffer's own: its lines are cut in place */
		r = state_parse(s, (char *)b.mem + b.off, buf_len(&b));
		if (r < 0)
			state_clear(s);
	}
	buf_wipe(&b);
	return r == XERR_SYNTAX ? 0 : r;
}

int
state_load(struct state *s, const struct jid *jid)
{
	struct jid bare;
	int r;

	jid_copy(&bare, jid);
	jid_to_bare(&bare);
	state_init(s, jid_str(&bare));
	if ((r = find_dir(&s->dir)) < 0 || s->dir == NULL)
		return r;
	if ((r = find_file(&s->file, s->dir, s->jid)) == 0)
		r = read_state(s);
	if (r < 0)
		state_release(s);
	return r;
}

void
state_release(struct state *s)
{
	state_clear(s);
	free(s->dir);
	free(s->file);
	s->dir = s->file = NULL;
}

/* Make DIR and those above it that are not there. */
static int
make_dirs(char *dir)
{
	char *p;

	for (p = strchr(dir + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(dir, 0700) < 0 && errno != EEXIST &&
		    access(dir, F_OK) < 0) {
			*p = '/';
			return XERR_SYS;
		}
		*p = '/';
	}
	return mkdir(dir, 0700) < 0 && errno != EEXIST ? XERR_SYS : 0;
}

static int
write_all(int fd, const struct buf *b)
{
	const unsigned char *p = buf_data(b);
	size_t left = buf_len(b);
	ssize_t n;

	while (left > 0) {
		if ((n = write(fd, p, left)) < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return XERR_SYS;
		p += n;
		left -= (size_t)n;
	}
	return 0;
}

/*
 * A file of the name TMP, or where others may do the same, one like it.  With
 * the lock it is always the same: who is killed before he renames it leaves one
 * behind, and not one each time.
 */
static int
open_new(char *tmp, bool locked)
{
	if (!locked)
		return mkstemp(tmp);
	unlink(tmp);
	return open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* Beside, and then in one step in its place. */
static int
replace(const struct state *s, const struct buf *b, bool locked)
{
	char *tmp = join(s->dir, locked ? "/.new" : "/.new-XXXXXX");
	int fd, r, saved;

	if (tmp == NULL)
		return XERR_NOMEM;
	if ((r = fd = open_new(tmp, locked)) >= 0) {
		r = write_all(fd, b);
		if (close(fd) < 0 || (r == 0 && rename(tmp, s->file) < 0))
			r = -1;
		saved = errno;
		if (r < 0)
			unlink(tmp);
		errno = saved;
	}
	saved = errno;
	free(tmp);
	errno = saved;
	return r < 0 ? XERR_SYS : 0;
}

/* Take in what others have written since. */
static int
refresh(struct state *s)
{
	struct state old;
	int r;

	state_init(&old, s->jid);
	old.dir = s->dir;
	old.file = s->file;
	if ((r = read_state(&old)) == 0)
		r = state_merge(s, &old);
	state_clear(&old);
	return r;
}

/*
 * The text of S in B, whose storage is made once: growing would leave copies of
 * secrets behind, and all of it has to be wiped.
 */
static int
format(const struct state *s, struct buf *b)
{
	size_t max = STATE_FILE_MAX / 16;
	int r;

	for (;; max *= 2) {
		buf_init(b, max);
		if (buf_reserve(b, max) == NULL)
			return XERR_NOMEM;
		r = state_format(s, b);
		if (r != XERR_LIMIT || max == STATE_FILE_MAX)
			return r;
		buf_wipe(b);
	}
}

/* The directory, made if need be; what is in it may be changed. */
static int
open_dir(const struct state *s)
{
	int r = make_dirs(s->dir);

	if (r < 0)
		return r;
	return dir_is_safe(s->dir) ? 0 : XERR_CONFIG;
}

bool
state_is_kept(const struct state *s)
{
	return s->dir != NULL && open_dir(s) == 0 &&
	    access(s->dir, W_OK | X_OK) == 0;
}

/* S, which has taken in the file, becomes the file. */
static int
write_state(struct state *s, bool locked)
{
	struct buf b;
	int r;

	if ((r = format(s, &b)) == 0 && (r = replace(s, &b, locked)) == 0)
		s->dirty = 0;
	buf_wipe(&b);
	return r;
}

int
state_save(struct state *s)
{
	int lock, r, saved;

	if (s->dirty == 0 || s->dir == NULL)
		return 0;
	if ((r = open_dir(s)) < 0)
		return r;
	lock = state_lock(s->dir);
	if ((r = refresh(s)) == 0)
		r = write_state(s, lock >= 0);
	saved = errno;
	state_unlock(lock);
	errno = saved;
	return r;
}

/* With the lock: nobody else has the ticket, nor gets it. */
static int
claim(struct state *s, int64_t now, struct buf *der)
{
	int r, e;

	if ((r = refresh(s)) < 0 || (r = state_take_ticket(s, now, der)) < 0)
		return r;
	if (s->dirty != 0 && (e = write_state(s, true)) < 0)
		r = e;
	return r;
}

int
state_claim_ticket(struct state *s, int64_t now, struct buf *der)
{
	int lock, r;

	if (s->ntickets == 0 || s->dir == NULL || open_dir(s) < 0 ||
	    (lock = state_lock(s->dir)) < 0)
		return 0;
	if ((r = claim(s, now, der)) < 0)
		buf_wipe(der);
	state_unlock(lock);
	return r == XERR_SYS ? 0 : r;
}

static int
remove_file(const char *dir, const char *file)
{
	int lock = dir_is_safe(dir) ? state_lock(dir) : -1, r = 0, saved;

	if (unlink(file) < 0 && errno != ENOENT && errno != ENOTDIR)
		r = XERR_SYS;
	saved = errno;
	state_unlock(lock);
	errno = saved;
	return r;
}

int
state_forget(const struct jid *jid)
{
	char *dir, *file = NULL;
	struct jid bare;
	int r;

	jid_copy(&bare, jid);
	jid_to_bare(&bare);
	if ((r = find_dir(&dir)) < 0 || dir == NULL)
		return r;
	if ((r = find_file(&file, dir, jid_str(&bare))) == 0)
		r = remove_file(dir, file);
	free(dir);
	free(file);
	return r;
}
