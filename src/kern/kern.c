/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/kern.h"

#include "kern/pfkey.h"
#include "kern/xfrm.h"

#include <errno.h>
#include <string.h>

struct backend {
	const char *name;
	ike_err (*open)(const struct kern_options *, struct kern **);
	const struct kern_manual_ops *manual;
};

static ike_err
open_xfrm(const struct kern_options *o, struct kern **out)
{
	struct xfrm_options x = {
		.events = o->events,
		.probe = o->probe,
		.acq_expires = o->acq_expires,
		.rx_buffer = o->rx_buffer,
		.raw = o->raw,
		.raw_arg = o->raw_arg,
	};

	return xfrm_new(&x, out);
}

static ike_err
open_pfkey(const struct kern_options *o, struct kern **out)
{
	struct pfkey_options x = {
		.events = o->events,
		.probe = o->probe,
		.acq_expires = o->acq_expires,
		.rx_buffer = o->rx_buffer,
		.raw = o->raw,
		.raw_arg = o->raw_arg,
	};

	return pfkey_new(&x, out);
}

/* In order of preference. */
static const struct backend backends[] = {
	{ "xfrm", open_xfrm, &xfrm_manual_ops },
	{ "pfkey", open_pfkey, &pfkey_manual_ops },
};

#define NBACKENDS (sizeof(backends) / sizeof(backends[0]))

static const struct backend *
find(const char *name)
{
	for (size_t i = 0; i < NBACKENDS; i++)
		if (strcmp(backends[i].name, name) == 0)
			return &backends[i];
	return NULL;
}

static ike_err
try_open(const struct backend *b, const struct kern_options *o, struct text *why, struct kern **out)
{
	ike_err err;
	char buf[64];

	errno = 0;
	err = b->open(o, out);
	if (err != IKE_OK && why != NULL) {
		text_add(why, why->n != 0 ? "; " : "");
		text_add(why, b->name);
		text_add(why, ": ");
		text_add(why, errno != 0 ? strerror_r(errno, buf, sizeof(buf)) : ike_err_text(err));
	}
	return err;
}

ike_err
kern_open(const char *name, const struct kern_options *options, struct text *why, struct kern **out)
{
	ike_err err = IKE_E_UNSUPPORTED;

	if (name != NULL) {
		const struct backend *b = find(name);

		return b != NULL ? try_open(b, options, why, out) : IKE_E_NOTFOUND;
	}
	for (size_t i = 0; i < NBACKENDS; i++) {
		err = try_open(&backends[i], options, why, out);
		if (err != IKE_E_UNSUPPORTED)
			break;
	}
	return err;
}

const struct kern_manual_ops *
kern_manual(const struct kern *k)
{
	const struct backend *b = find(k->ops->name);

	return b != NULL ? b->manual : NULL;
}

void
kern_close(struct kern *k)
{
	if (k != NULL)
		k->ops->free(k);
}

static bool
over(uint64_t used, uint64_t limit)
{
	return limit != 0 && used >= limit;
}

enum kern_sa_state
kern_sa_state(const struct kern_sa *sa, uint64_t now)
{
	const struct sa_life *l = &sa->spec.life;
	uint64_t age = now > sa->usage.add_time ? now - sa->usage.add_time : 0;

	if (sa->larval)
		return KERN_SA_LARVAL;
	if (over(age, l->hard_sec) || over(sa->usage.bytes, l->hard_bytes) ||
	    over(sa->usage.packets, l->hard_packets))
		return KERN_SA_DEAD;
	if (over(age, l->soft_sec) || over(sa->usage.bytes, l->soft_bytes) ||
	    over(sa->usage.packets, l->soft_packets))
		return KERN_SA_DYING;
	return KERN_SA_MATURE;
}

const char *
kern_sa_state_name(enum kern_sa_state s)
{
	switch (s) {
	case KERN_SA_LARVAL:
		return "larval";
	case KERN_SA_MATURE:
		return "mature";
	case KERN_SA_DYING:
		return "dying";
	case KERN_SA_DEAD:
		return "dead";
	}
	return "unknown";
}

void
kern_features_text(unsigned features, struct text *t)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{ KERN_ESP, "esp" },
		{ KERN_AH, "ah" },
		{ KERN_IPCOMP, "ipcomp" },
		{ KERN_ESN, "esn" },
		{ KERN_MARK, "mark" },
		{ KERN_IFID, "ifid" },
		{ KERN_MIGRATE, "migrate" },
		{ KERN_EVENTS_ALL, "events" },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((features & words[i].bit) == 0)
			continue;
		text_add(t, any ? " " : "");
		text_add(t, words[i].word);
		any = true;
	}
	if (!any)
		text_add(t, "none");
}
