/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/watch.h"

#include "kern/pfkey.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* --- live --- */

static void
put_time(const struct watch *w)
{
	struct timespec now;
	struct tm tm;
	char text[16] = "";

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (w->raw_times)
		fprintf(w->print.out, "%lld.%06ld ", (long long)now.tv_sec, now.tv_nsec / 1000);
	else if (localtime_r(&now.tv_sec, &tm) != NULL &&
		 strftime(text, sizeof(text), "%H:%M:%S", &tm) != 0)
		fprintf(w->print.out, "%s.%06ld ", text, now.tv_nsec / 1000);
}

static void
on_event(void *arg, const struct kern_event *ev)
{
	const struct watch *w = arg;

	put_time(w);
	print_event(&w->print, ev);
}

static void
on_raw(void *arg, struct slice msg)
{
	const struct watch *w = arg;

	print_hex(&w->print, msg);
}

static ike_err
follow(struct watch *w, struct kern *k)
{
	struct pollfd p = { .fd = k->ops->fd(k), .events = POLLIN };

	for (;;) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return IKE_E_IO;
		k->ops->readable(k);
		/* whoever reads from us may have gone */
		if (fflush(w->print.out) != 0)
			return IKE_E_IO;
	}
}

ike_err
watch_live(struct watch *w, const char *kernel, struct text *why)
{
	struct kern_options o = { .events = true, .raw = w->hex ? on_raw : NULL, .raw_arg = w };
	struct kern *k;
	ike_err err;

	TRY(kern_open(kernel, &o, why, &k));
	k->on_event = on_event;
	k->event_arg = w;
	err = follow(w, k);
	text_add(why, strerror(errno));
	kern_close(k);
	return err;
}

/* --- from files --- */

/* What is no event: an answer. */
static void
put_answer(const struct watch *w, struct slice msg, const struct pfkey_hdr *h)
{
	struct kern_sa sa;
	struct sp_spec sp;

	if (h->errnum != 0) {
		return;
	} else if (pfkey_get_sp(msg, &sp) == IKE_OK) {
		print_sp(&w->print, &sp, h->seq);
	} else if (pfkey_get_sa(msg, &sa) == IKE_OK) {
		print_sa(&w->print, &sa, h->seq);
		sa_keys_wipe(&sa.keys);
	}
}

static void
put_message(const struct watch *w, struct slice msg)
{
	struct pfkey_hdr h;
	struct kern_event ev;
	const char *name;

	if (pfkey_get_hdr(msg, &h) != IKE_OK)
		return;
	name = pfkey_type_name(h.type);
	fprintf(w->print.out, "%s(%u) length=%zu errno=%d seq=%u pid=%u", name == NULL ? "unknown" : name,
	    h.type, msg.n, h.errnum, h.seq, h.pid);
	if (h.errnum != 0)
		fprintf(w->print.out, " (%s)", strerror(h.errnum));
	fputc('\n', w->print.out);
	if (w->hex)
		print_hex(&w->print, msg);
	if (pfkey_get_event(msg, &ev) == IKE_OK)
		print_event(&w->print, &ev);
	else
		put_answer(w, msg, &h);
}

ike_err
watch_replay(const struct watch *w, struct slice text)
{
	struct slice msg;

	while (text.n != 0) {
		TRY(pfkey_next_msg(&text, &msg));
		put_message(w, msg);
	}
	return IKE_OK;
}
