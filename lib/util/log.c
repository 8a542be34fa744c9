/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/log.h"
#include "util/text.h"

#include <stddef.h>

#define LOG_TEXT_MAX 1000

void
log_vput(
    const struct logger *l, enum log_level level, const char *peer, const char *fmt, va_list ap)
{
	char array[LOG_TEXT_MAX + 1];
	struct text text;

	if (l == NULL || l->sink == NULL || level > l->max)
		return;
	text = text_in(array, sizeof(array));
	text_vaddf(&text, fmt, ap);
	l->sink(l->arg, &(struct log_record){ .level = level, .peer = peer, .text = array });
}

void
log_put(const struct logger *l, enum log_level level, const char *peer, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vput(l, level, peer, fmt, ap);
	va_end(ap);
}

/* Give back what the time since |last| has earned. */
static void
refill(struct log_limit *l, ike_time now)
{
	ike_time earned;

	if (l->spent == 0 || now <= l->last)
		return;
	earned = (now - l->last) / l->per;
	if (earned >= (ike_time)l->spent) {
		l->spent = 0;
	} else {
		l->spent -= (uint32_t)earned;
		l->last += earned * l->per;
	}
}

bool
log_allow(struct log_limit *l, ike_time now, uint64_t *suppressed_out)
{
	uint32_t size = l->burst == 0 ? 1 : l->burst;

	if (l->per > 0) {
		refill(l, now);
		if (l->spent >= size) {
			l->suppressed++;
			return false;
		}
		if (l->spent++ == 0)
			l->last = now;
	}
	*suppressed_out = l->suppressed;
	l->suppressed = 0;
	return true;
}

const char *
log_level_name(enum log_level level)
{
	static const char *const names[] = { "error", "warning", "notify", "info", "debug",
		"debug2" };
	unsigned n = (unsigned)level;

	return n < sizeof(names) / sizeof(names[0]) ? names[n] : "debug2";
}
