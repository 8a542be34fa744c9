/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulated kernel under the conformance suite. */
#include "kern/conform.h"
#include "sim/simkern.h"

static struct simkern *sim;
static ike_time now;
static unsigned features;

static struct kern *
open_sim(void)
{
	sim = simkern_new(features);
	if (sim == NULL)
		return NULL;
	simkern_tick(sim, now = SEC(1));
	return simkern_kern(sim);
}

static struct kern *
other_sim(struct kern *kern)
{
	(void)kern;
	return simkern_other(sim);
}

static void
close_sim(struct kern *kern)
{
	(void)kern;
	simkern_free(sim);
}

static void
wait_sim(struct kern *kern, unsigned ms)
{
	ike_time end = now + MSEC(ms);

	while (simkern_deadline(sim) <= end) {
		now = simkern_deadline(sim);
		simkern_tick(sim, now);
	}
	simkern_tick(sim, now = end);
	kern->ops->readable(kern);
}

static bool
send_sim(struct kern *kern, const struct sa_flow *flow)
{
	struct sim_packet p = { .flow = *flow, .len = 100 };
	struct sim_wire w;
	const char *why;

	(void)kern;
	return simkern_send(sim, &p, &w, &why) != SIM_DROPPED;
}

static bool
reflect_sim(struct kern *kern, const struct sa_flow *flow, const struct endpoint *from)
{
	struct sim_packet p = { .flow = *flow, .len = 100 };
	struct sim_wire w;
	const char *why;

	(void)kern;
	if (simkern_send(sim, &p, &w, &why) != SIM_PROTECTED)
		return false;
	w.layer[0].src = w.inner.flow.src = from->addr;
	w.layer[0].dst = w.inner.flow.dst = flow->src;
	w.layer[0].encap_sport = from->port;
	return simkern_receive(sim, &w, &why) == SIM_DELIVERED;
}

static void
squeeze_sim(struct kern *kern)
{
	(void)kern;
	simkern_set_event_limit(sim, 4);
}

const struct conform_backend *
conform_sim(const char *name, unsigned want)
{
	static struct conform_backend b = {
		.open = open_sim,
		.close = close_sim,
		.other = other_sim,
		.wait = wait_sim,
		.send = send_sim,
		.reflect = reflect_sim,
		.squeeze = squeeze_sim,
		.acq_expires = 30,
		.tells_sp_expire = true,
		.tells_packet = true,
	};

	b.name = name;
	features = want;
	return &b;
}
