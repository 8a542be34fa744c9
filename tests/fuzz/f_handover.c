/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The records of a handover, in an envelope that is right: a daemon takes them over, goes on for some seconds, hands itself over and is
 * taken over once more.
 */
#include "fuzz/driver.h"

#include "conf/conf.h"
#include "sadb/sadb.h"
#include "scenario/hosts.h"
#include "unit/handover_fix.h"

#include "ringtail/ike/handover.h"

#include <stdio.h>
#include <stdlib.h>

static const char conf_both[] = REMOTE("ikev2, main", "") PLAIN_SAINFO;

static struct node *node;
static struct env env;
static struct secret left;

static void
send_nothing(void *arg, const struct dgram *d)
{
	(void)arg;
	(void)d;
}

static ike_err
load(void *arg, struct secret *out)
{
	(void)arg;
	if (left.n == 0)
		return IKE_E_NOTFOUND;
	secret_move(out, &left);
	return IKE_OK;
}

/* A host of the simulated world lends its kernel, its files and its configuration. */
static void
set_up(void)
{
	struct world_options o = { .seed = 3, .no_pcap = true };
	struct world *w = world_new(&o);

	node = w == NULL ? NULL : world_node(w, "a", "192.0.2.1", conf_both, PSK_LINES);
	if (node == NULL)
		abort();
	node->logger.max = LOG_L_ERROR;
	node->logger.sink = NULL;
	env = node->daemon->env;
	env.send = send_nothing;
	env.handover_load = load;
	daemon_free(node->daemon);
	node->daemon = NULL;
}

/* Live through what |left| says.  |again|: hand over at the end. */
static void
live(ike_time *now, bool again)
{
	struct daemon *d;

	if (daemon_new(&env, node->conf, *now, &d) != IKE_OK)
		return;
	for (unsigned i = 0; i < 5; i++, *now += SEC(1)) {
		daemon_tick(d, *now);
		const char *wrong = sadb_check(d->sadb);
		if (wrong != NULL) {
			(void)fprintf(stderr, "f_handover: %s\n", wrong);
			abort();
		}
	}
	if (again && daemon_hand_over(d, *now, &left) != IKE_OK)
		abort();
	daemon_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kern *k;
	struct buf records = { 0 }, snapshot = { 0 };
	ike_time now = SEC(4);

	if (node == NULL)
		set_up();
	k = env.kern;
	if (snapshot_head(now, env.boot_id, &records) != IKE_OK || buf_append(&records, slice_of(data, size)) != IKE_OK ||
	    snapshot_make(env.crypto, HANDOVER_MAJOR, HANDOVER_MINOR, buf_slice(&records), &snapshot) != IKE_OK ||
	    secret_copy(buf_slice(&snapshot), &left) != IKE_OK)
		abort();
	buf_free(&records);
	buf_free(&snapshot);
	live(&now, true);
	live(&now, false);
	(void)!k->ops->sa_flush(k, PROTO_NONE);
	secret_free(&left);
	return 0;
}
