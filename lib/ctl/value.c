/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/writer.h"

#include <inttypes.h>
#include <time.h>

void
span_text(uint64_t sec, struct text *t)
{
	uint64_t min = sec / 60, hours = min / 60, days = hours / 24;

	if (min == 0)
		text_addf(t, "%" PRIu64 "s", sec);
	else if (hours == 0)
		text_addf(t, "%" PRIu64 "m%02" PRIu64 "s", min, sec % 60);
	else if (days == 0)
		text_addf(t, "%" PRIu64 "h%02" PRIu64 "m", hours, min % 60);
	else
		text_addf(t, "%" PRIu64 "d%" PRIu64 "h", days, hours % 24);
}

void
bytes_text(uint64_t n, struct text *t)
{
	static const char units[] = "KMGTPE";
	uint64_t whole = n, rest = 0;
	int unit = -1;

	while (whole >= 1024 && units[unit + 1] != '\0') {
		rest = whole % 1024;
		whole /= 1024;
		unit++;
	}
	if (unit < 0)
		text_addf(t, "%" PRIu64 " B", n);
	else
		text_addf(
		    t, "%" PRIu64 ".%u %ciB", whole, (unsigned)(rest * 10 / 1024), units[unit]);
}

void
time_text(int64_t when, struct text *t)
{
	time_t c = (time_t)when;
	char buf[40];
	struct tm tm;

	if (gmtime_r(&c, &tm) == NULL || strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text_addf(t, "%" PRId64, when);
	else
		text_add(t, buf);
}

void
value_text(const struct ctl_node *n, int64_t now, struct text *t)
{
	uint64_t v = ctl_number(n);

	switch (n->type) {
	case CTL_STR:
		for (size_t i = 0; i < n->body.n; i++)
			text_char(t,
			    n->body.p[i] < ' ' || n->body.p[i] == 0x7f ? '?' : (char)n->body.p[i]);
		break;
	case CTL_BOOL:
		text_add(t, v != 0 ? "yes" : "no");
		break;
	case CTL_UINT:
		text_addf(t, "%" PRIu64, v);
		break;
	case CTL_SPAN:
		span_text(v, t);
		break;
	case CTL_BYTES:
		bytes_text(v, t);
		break;
	case CTL_SPI:
		text_addf(t, "0x%08" PRIx64, v);
		break;
	case CTL_COOKIE:
		text_addf(t, "%016" PRIx64, v);
		break;
	case CTL_TIME:
		span_text(now > (int64_t)v ? (uint64_t)now - v : 0, t);
		text_add(t, " ago");
		break;
	case CTL_RECORD:
	case CTL_LIST:
	case CTL_TYPES:
		break;
	}
}
