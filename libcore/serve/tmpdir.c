/* A private directory for the life of the process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "serve/tmpdir.h"

/* What atexit() knows. */
static char directory[4096];
static char names[TMPDIR_FILES][32];
static size_t nnames;
static pid_t owner;

void
tmpdir_remove(void)
{
	char path[sizeof(directory) + sizeof(names) + 1];
	size_t i;

	/* a child that fails to exec has no business here */
	if (directory[0] == '\0' || getpid() != owner)
		return;
	for (i = 0; i < nnames; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
	directory[0] = '\0';
}

void
tmpdir_make(void)
{
	const char *tmp = getenv("TMPDIR");
	char cwd[sizeof(directory)] = "", *path = directory;
	int n;

	if (tmp == NULL || *tmp == '\0')
		tmp = "/tmp";
	/* whoever reads the files may be elsewhere by then */
	if (*tmp != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		cli_die(EX_CANTCREAT, "getcwd: %s", strerror(errno));
	n = snprintf(path, sizeof(directory), "%s%s%s/%s.XXXXXX", cwd,
	    *tmp == '/' ? "" : "/", tmp, cli_name());
	/* the paths stand in files, on lines */
	if (n < 0 || (size_t)n >= sizeof(directory) ||
	    strchr(path, '\n') != NULL) {
		*path = '\0';
		cli_die(EX_CANTCREAT, "no temporary directory: bad TMPDIR");
	}
	if (mkdtemp(path) == NULL) {
		*path = '\0';
		cli_die(EX_CANTCREAT, "no temporary directory in %s: %s", tmp,
		    strerror(errno));
	}
	owner = getpid();
	atexit(tmpdir_remove);
	cli_last_wish(tmpdir_remove);
}

char *
tmpdir_path(const char *name)
{
	size_t n = strlen(directory) + strlen(name) + 2;
	char *path = malloc(n);

	if (path == NULL)
		cli_die(EX_OSERR, "%s", strerror(errno));
	if (nnames == TMPDIR_FILES || strlen(name) >= sizeof(names[0]))
		cli_die(EX_SOFTWARE, "too many temporary files");
	snprintf(names[nnames++], sizeof(names[0]), "%s", name);
	snprintf(path, n, "%s/%s", directory, name);
	return path;
}

void
tmpdir_write(const char *path, const struct buf *b)
{
	const unsigned char *p = buf_data(b);
	size_t n = buf_len(b);
	ssize_t w;
	int fd;

	if (buf_err(b) != 0)
		cli_die(EX_OSERR, "%s", xerr_str(buf_err(b)));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		cli_die(EX_CANTCREAT, "%s: %s", path, strerror(errno));
	while (n > 0) {
		if ((w = write(fd, p, n)) < 0 && errno != EINTR)
			cli_die(EX_IOERR, "%s: %s", path, strerror(errno));
		if (w > 0) {
			p += w;
			n -= (size_t)w;
		}
	}
	close(fd);
}
