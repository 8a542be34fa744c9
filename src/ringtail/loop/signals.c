/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/loop/loop.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/wait.h>

/* How long the end waits for first negotiations, which cannot be handed over; and between two looks. */
#define LEAVE_PATIENCE SEC(2)
static const struct timeval leave_poll = { .tv_usec = 20000 };

/* Hand everything over if somebody takes it, at a good moment; else end as the configuration says. */
static void
leave(struct loop *l)
{
	if (fdstore_can_hand_over(l)) {
		if (!daemon_at_rest(l->daemon) && loop_now() < l->leave_by && l->leave != NULL &&
		    event_add(l->leave, &leave_poll) == 0)
			return;
		if (fdstore_hand_over(l) == IKE_OK) {
			event_base_loopbreak(l->base);
			return;
		}
	}
	daemon_shutdown(l->daemon, END_AS_CONFIGURED, loop_now());
	event_base_loopbreak(l->base);
}

static void
on_leave(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	leave(arg);
}

static void
on_stop(evutil_socket_t sig, short what, void *arg)
{
	struct loop *l = arg;

	(void)what;
	log_put(&l->logger, LOG_L_INFO, NULL, "caught signal %d", (int)sig);
	(void)notify_send(l, "STOPPING=1", -1);
	/* who says it twice means now */
	l->leave_by = l->leave_by != 0 ? loop_now() : loop_now() + LEAVE_PATIENCE;
	if (l->leave == NULL)
		l->leave = evtimer_new(l->base, on_leave, l);
	leave(l);
}

static void
on_hup(evutil_socket_t sig, short what, void *arg)
{
	struct loop *l = arg;

	(void)what;
	log_put(&l->logger, LOG_L_INFO, NULL, "caught signal %d", (int)sig);
	notify_reloading(l);
	ike_err err = daemon_hup(l->daemon, loop_now());
	notify_reloaded(l, err == IKE_OK);
	loop_rearm(l);
}

/* USR1: the state of everything, in words, to the log. */
static void
on_usr1(evutil_socket_t sig, short what, void *arg)
{
	struct loop *l = arg;
	const struct daemon *d = l->daemon;
	struct sadb_counts n;

	(void)sig;
	(void)what;
	sadb_count(d->sadb, &n);
	log_put(&l->logger, LOG_L_INFO, NULL, "state: %zu IKE SAs, %zu children, %u SAs of ours, %u foreign, %u policies of others",
	    d->ikes.ids.count, d->children.ids.count, n.sa_ours, n.sa_foreign, n.sp_foreign);
	log_put(&l->logger, LOG_L_INFO, NULL,
	    "state: %llu datagrams in, %llu out, %llu dropped, %llu retransmissions, %llu acquires, %llu rekeys",
	    (unsigned long long)d->stats.datagrams_in, (unsigned long long)d->stats.datagrams_out,
	    (unsigned long long)d->stats.dropped, (unsigned long long)d->stats.retransmissions,
	    (unsigned long long)d->stats.acquires, (unsigned long long)d->stats.rekeys);
}

static void
on_usr2(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	log_reopen(arg);
}

static void
on_chld(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

ike_err
signals_open(struct loop *l)
{
	static const struct {
		int               sig;
		event_callback_fn fn;
	} table[] = {
		{ SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_hup }, { SIGUSR1, on_usr1 }, { SIGUSR2, on_usr2 },
		{ SIGCHLD, on_chld },
	};

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return IKE_E_IO;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		l->signals[i] = evsignal_new(l->base, table[i].sig, table[i].fn, l);
		if (l->signals[i] == NULL || event_add(l->signals[i], NULL) != 0)
			return IKE_E_NOMEM;
	}
	return IKE_OK;
}

void
signals_close(struct loop *l)
{
	for (size_t i = 0; i < sizeof(l->signals) / sizeof(l->signals[0]); i++)
		if (l->signals[i] != NULL)
			event_free(l->signals[i]);
}
