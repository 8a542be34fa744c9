/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/since.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define DAY 86400

/* A number of at most |most| digits at *s, which moves behind it. */
static bool
digits(const char **s, unsigned most, int64_t *out)
{
	int64_t v = 0;
	unsigned n = 0;

	for (; n < most && **s >= '0' && **s <= '9'; n++, (*s)++)
		v = v * 10 + (**s - '0');
	*out = v;
	return n > 0;
}

static bool
skip(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* "10m" */
static bool
ago(const char *s, int64_t now, int64_t *out)
{
	static const struct {
		char unit;
		int64_t sec;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', DAY }, { '\0', 1 } };
	int64_t v;

	if (!digits(&s, 9, &v))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (*s != units[i].unit || (*s != '\0' && s[1] != '\0'))
			continue;
		*out = now - v * units[i].sec;
		return true;
	}
	return false;
}

/* "03:12:40", moving |s| behind it. */
static bool
clock_time(const char **s, struct tm *tm)
{
	int64_t hour, min, sec = 0;

	if (!digits(s, 2, &hour) || !skip(s, ':') || !digits(s, 2, &min))
		return false;
	if (skip(s, ':') && !digits(s, 2, &sec))
		return false;
	if (hour > 23 || min > 59 || sec > 60)
		return false;
	tm->tm_hour = (int)hour;
	tm->tm_min = (int)min;
	tm->tm_sec = (int)sec;
	return true;
}

/* "2026-11-26T03:12:40Z" */
static bool
date_time(const char *s, int64_t *out)
{
	struct tm tm = { .tm_isdst = -1 };
	int64_t year, month, day;
	bool utc;

	if (!digits(&s, 4, &year) || !skip(&s, '-') || !digits(&s, 2, &month) || !skip(&s, '-') ||
	    !digits(&s, 2, &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	if ((skip(&s, 'T') || skip(&s, ' ')) && !clock_time(&s, &tm))
		return false;
	utc = skip(&s, 'Z');
	if (*s != '\0')
		return false;
	time_t t = utc ? timegm(&tm) : mktime(&tm);
	*out = (int64_t)t;
	return t != (time_t)-1;
}

/* The last time that the clock showed |s|. */
static bool
today(const char *s, int64_t now, int64_t *out)
{
	time_t t = (time_t)now;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || !clock_time(&s, &tm) || *s != '\0')
		return false;
	tm.tm_isdst = -1;
	t = mktime(&tm);
	if (t != (time_t)-1 && (int64_t)t > now) {
		tm.tm_mday--;
		tm.tm_isdst = -1;
		t = mktime(&tm);
	}
	*out = (int64_t)t;
	return t != (time_t)-1;
}

ike_err
since_parse(const char *s, int64_t now, int64_t *out)
{
	const char *p = s;
	int64_t v;

	if (skip(&p, '@')) {
		if (!digits(&p, 15, &v) || *p != '\0')
			return IKE_E_SYNTAX;
		*out = v;
		return IKE_OK;
	}
	return ago(s, now, out) || today(s, now, out) || date_time(s, out) ? IKE_OK : IKE_E_SYNTAX;
}
