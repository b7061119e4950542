/* Moments as XMPP writes them. */
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/xerr.h"
#include "xmpp/datetime.h"

/* N digits at *S, which moves behind them, and what must follow (0: any). */
static bool
digits(const char **s, int n, int follows, int *v)
{
	for (*v = 0; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		*v = *v * 10 + (**s - '0');
	}
	if (follows == 0)
		return true;
	return *(*s)++ == follows;
}

/* Days from 1970-01-01, in the Gregorian calendar, for years from 0 on. */
static int64_t
days(int y, int m, int d)
{
	int64_t era_year = m <= 2 ? y - 1 : y;	/* a year ends in February */
	int64_t month = (m + 9) % 12;

	return 365 * era_year + era_year / 4 - era_year / 100 +
	    era_year / 400 + (153 * month + 2) / 5 + d - 1 - 719468;
}

/* "Z" or an offset in minutes, and nothing behind it. */
static bool
zone(const char *s, int *minutes)
{
	int sign = *s == '-' ? -1 : 1, h, m;

	*minutes = 0;
	if (strcmp(s, "Z") == 0)
		return true;
	if (*s != '+' && *s != '-')
		return false;
	s++;
	if (!digits(&s, 2, ':', &h) || !digits(&s, 2, 0, &m) || *s != '\0' ||
	    h > 14 || m > 59)
		return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

int
datetime_parse(int64_t *t, const char *s)
{
	int y, mon, d, h, min, sec, off;

	if (!digits(&s, 4, '-', &y) || !digits(&s, 2, '-', &mon) ||
	    !digits(&s, 2, 'T', &d) || !digits(&s, 2, ':', &h) ||
	    !digits(&s, 2, ':', &min) || !digits(&s, 2, 0, &sec))
		return XERR_SYNTAX;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++)
			;
	if (mon < 1 || mon > 12 || d < 1 || d > 31 || h > 23 || min > 59 ||
	    sec > 60 || !zone(s, &off))
		return XERR_SYNTAX;
	*t = days(y, mon, d) * 86400 + h * 3600 + (min - off) * 60 + sec;
	return 0;
}

int
datetime_format(char out[DATETIME_LEN + 1], int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 8099)
		return XERR_SYNTAX;
	strftime(out, DATETIME_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return 0;
}
