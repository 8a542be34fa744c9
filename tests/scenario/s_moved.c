/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was asked for and not answered, asked for elsewhere, and answered after all; what one end believes to be made and the other
 * does not; and attempts of which one end has forgotten the beginning.  A few seconds after the network is well again there is one pair
 * with both its ends in both kernels.
 */
#include "scenario/hosts.h"

#include "wire/const.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

#define DPD "dpd_delay 10; dpd_retry 5; dpd_maxfail 5;"
static const char v1[] = "greet off;\n" REMOTE("main", DPD) PLAIN_SAINFO;
static const char v2[] = "greet off;\n" REMOTE("ikev2", DPD) PLAIN_SAINFO;

HOSTS(v1, v1, v1, 0)
HOSTS(v2, v2, v2, 0)

/* What the network loses at present. */
enum deaf { DEAF_NOT, DEAF_ANSWERS, DEAF_CONFIRM, DEAF_SECOND };

static enum deaf
deaf_of(const struct world *w)
{
	return (enum deaf)(uintptr_t)w->tap_arg;
}

static void
set_deaf(struct world *w, enum deaf deaf)
{
	w->tap_arg = (void *)(uintptr_t)deaf;
}

static bool
tap(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	uint8_t exchange = d->data.n > 18 ? d->data.p[18] : 0;
	bool spi_r = d->data.n > 16 && (d->data.p[8] | d->data.p[9] | d->data.p[10] | d->data.p[11]) != 0;

	(void)arg;
	switch (deaf_of(w)) {
	case DEAF_NOT:
		return true;
	case DEAF_ANSWERS:
		/* b hears and is not heard */
		return from != B(w);
	case DEAF_CONFIRM:
		/* quick mode: a's third message is the short one, and what a says of its end does not arrive either */
		return from != A(w) || (exchange == V1_XCHG_QUICK ? d->data.n > 120 : exchange != V1_XCHG_INFO);
	case DEAF_SECOND:
		/* nothing after the first message and its answer */
		return from != A(w) || !spi_r;
	}
	return true;
}

/* a renews its pair, b makes the new one, and its answer comes when a has asked again on another IKE SA. */
static void
late_answer(struct world *w)
{
	hosts_first_packet(w);
	w->tap = tap;
	set_deaf(w, DEAF_ANSWERS);
	hosts_child_soft(A(w), 0);
	hosts_traffic(w, SEC(9), MSEC(500));
	set_deaf(w, DEAF_NOT);
	hosts_traffic(w, SEC(5), MSEC(200));
}

/* a has its pair, b has half of it and waits for a's word, on an ISAKMP SA that a has ended. */
static void
no_confirmation(struct world *w)
{
	w->tap = tap;
	set_deaf(w, DEAF_CONFIRM);
	node_send(A(w), B(w), 17, 1000, 2000);
	world_run(w, SEC(1));
	hosts_ike_delete(A(w), 0);
	set_deaf(w, DEAF_NOT);
	hosts_traffic(w, SEC(6), MSEC(200));
}

/* Both ends have begun, and each has forgotten what the other began, or would have. */
static void
forgotten(struct world *w)
{
	w->tap = tap;
	set_deaf(w, DEAF_SECOND);
	node_send(A(w), B(w), 17, 1000, 2000);
	world_run(w, SEC(40));
	set_deaf(w, DEAF_NOT);
	hosts_traffic(w, SEC(5), MSEC(200));
}

static const char *
well(struct world *w)
{
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(2), MSEC(100));
	world_run(w, SEC(1));
	const char *wrong = hosts_nothing_lost(w);

	if (wrong == NULL && w->max_pairs > 2)
		wrong = "more than two pairs";
	if (wrong == NULL && (node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1))
		wrong = "not exactly one pair";
	return wrong == NULL ? world_agree(w) : wrong;
}

#define STORY(label, b, r) { .name = label, .build = b, .run = r, .check = well, .runs = 8 }

static const struct scenario scenarios[] = {
	STORY("v1 late answer", build_v1, late_answer),
	STORY("v2 late answer", build_v2, late_answer),
	STORY("v1 no confirmation", build_v1, no_confirmation),
	STORY("v1 forgotten", build_v1, forgotten),
	STORY("v2 forgotten", build_v2, forgotten),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
