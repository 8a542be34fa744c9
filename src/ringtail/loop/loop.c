/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/loop/loop.h"

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "kern/kern.h"
#include "kern/rtnl.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

ike_time
loop_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return SEC(ts.tv_sec) + ts.tv_nsec;
}

static int64_t
wallclock(void *arg)
{
	(void)arg;
	return (int64_t)time(NULL);
}

void
loop_rearm(struct loop *l)
{
	ike_time when = daemon_deadline(l->daemon), now = loop_now();
	ike_time wait = when <= now ? 0 : when - now;
	struct timeval tv = { .tv_sec = (time_t)(wait / SEC(1)), .tv_usec = (suseconds_t)(wait % SEC(1) / 1000) };

	if (when == IKE_NEVER)
		(void)event_del(l->timer);
	else
		(void)event_add(l->timer, &tv);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	daemon_tick(l->daemon, loop_now());
	loop_rearm(l);
}

static void
on_kern_event(void *arg, const struct kern_event *ev)
{
	struct loop *l = arg;

	if (l->daemon != NULL)
		daemon_kernel(l->daemon, ev, loop_now());
}

static void
on_kern_readable(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	l->kern->ops->readable(l->kern);
	loop_rearm(l);
}

static void
on_addr(void *arg, enum rtnl_change what, const struct rtnl_addr *a)
{
	struct loop *l = arg;

	if (what == RTNL_REMOVED) {
		udp_close_addr(l, &a->addr);
		if (l->daemon != NULL)
			daemon_address(l->daemon, &a->addr, false, loop_now());
		return;
	}
	if (!a->usable)
		return;
	if (udp_open_addr(l, &a->addr) == IKE_OK && l->daemon != NULL)
		daemon_address(l->daemon, &a->addr, true, loop_now());
}

static void
on_rtnl_readable(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	if (rtnl_readable(l->rtnl) != IKE_OK)
		log_put(&l->logger, LOG_L_WARNING, NULL, "address changes may have been missed");
	loop_rearm(l);
}

static void
log_diags(struct loop *l, const struct conf_diags *diags, char *why, size_t cap)
{
	for (size_t i = 0; i < diags->n; i++) {
		struct buf line = { 0 };
		if (conf_diag_print(&diags->v[i], &line) == IKE_OK && line.n > 0) {
			int n = (int)(line.n - (line.p[line.n - 1] == '\n'));
			bool error = diags->v[i].severity == CONF_ERROR;
			log_put(&l->logger, error ? LOG_L_ERROR : LOG_L_WARNING, NULL, "%.*s", n, (const char *)line.p);
			if (error && why != NULL && why[0] == '\0')
				(void)snprintf(why, cap, "%.*s", n, (const char *)line.p);
		}
		buf_free(&line);
	}
}

static ike_err
read_conf(struct loop *l, struct conf **out, char *why, size_t cap)
{
	struct conf_reader reader;
	struct conf_diags diags = { 0 };

	if (why != NULL)
		why[0] = '\0';
	files_reader(&reader);
	log_put(&l->logger, LOG_L_INFO, NULL, "Reading configuration from \"%s\"", l->opt.conf_path);
	ike_err err = conf_parse(&reader, l->opt.conf_path, &diags, out);
	log_diags(l, &diags, why, cap);
	if (err != IKE_OK)
		log_put(&l->logger, LOG_L_ERROR, NULL, "fatal parse failure (%zu errors)", diags.errors);
	if (err != IKE_OK && why != NULL && why[0] == '\0')
		(void)snprintf(why, cap, "%s", ike_err_text(err));
	conf_diags_free(&diags);
	return err;
}

/* The kernel's socket is opened once: the SAs, their events and what is under way hang on it. */
static void
note_kernel_change(struct loop *l, const struct conf *old, const struct conf *fresh)
{
	if (old->kernel_interface != fresh->kernel_interface)
		log_put(&l->logger, LOG_L_WARNING, NULL,
		    "kernel_interface has changed: restart the daemon to use it, it goes on with %s", l->kern->ops->name);
	if (old->pfkey_buffer != fresh->pfkey_buffer)
		log_put(&l->logger, LOG_L_WARNING, NULL, "pfkey_buffer has changed: restart the daemon to use it");
}

static ike_err
conf_load(void *arg, struct conf **out, char *why, size_t cap)
{
	return read_conf(arg, out, why, cap);
}

static void
conf_used(void *arg, struct conf *conf)
{
	struct loop *l = arg;
	struct conf *old = l->conf;

	l->conf = conf_ref(conf);
	note_kernel_change(l, old, conf);
	log_follow_conf(l);
	/* the name of the log file was in it */
	conf_unref(old);
}

static void
stop(void *arg)
{
	struct loop *l = arg;

	(void)event_base_loopexit(l->base, NULL);
}

/* The back end's name; NULL: the first that this kernel has. */
static const char *
kernel_name(const struct conf *c)
{
	switch ((enum conf_kernel)c->kernel_interface) {
	case CONF_KERNEL_XFRM:
		return "xfrm";
	case CONF_KERNEL_PFKEY:
		return "pfkey";
	case CONF_KERNEL_AUTO:
		break;
	}
	return NULL;
}

static ike_err
open_kernel(struct loop *l)
{
	struct kern_options ko = { .events = true, .probe = true, .rx_buffer = l->conf->pfkey_buffer * 1024 };
	char why[200], feats[120];
	struct text t = text_in(why, sizeof(why)), f = text_in(feats, sizeof(feats));

	ike_err err = kern_open(kernel_name(l->conf), &ko, &t, &l->kern);
	if (err != IKE_OK) {
		log_put(&l->logger, LOG_L_ERROR, NULL, "no kernel interface: %s (%s)", why, ike_err_text(err));
		return err;
	}
	kern_features_text(l->kern->features, &f);
	log_put(&l->logger, LOG_L_INFO, NULL, "kernel interface %s: %s", l->kern->ops->name, feats);
	if ((l->kern->features & KERN_ESP) == 0)
		log_put(&l->logger, LOG_L_WARNING, NULL,
		    "this kernel offers no ESP (module esp4, esp6): no SA can be installed until it does");
	if (strcmp(l->kern->ops->name, "pfkey") == 0)
		log_put(&l->logger, LOG_L_WARNING, NULL,
		    "through PF_KEY there are no AEAD ciphers and no hmac_sha256 with RFC 4868's 128 bits: they are left out of "
		    "all proposals; hmac_sha256_96 means the 96 bits that PF_KEY has");
	l->kern->on_event = on_kern_event;
	l->kern->event_arg = l;
	return IKE_OK;
}

static struct event *
watch(struct loop *l, int fd, event_callback_fn fn)
{
	struct event *ev = event_new(l->base, fd, EV_READ | EV_PERSIST, fn, l);

	if (ev != NULL && event_add(ev, NULL) == 0)
		return ev;
	if (ev != NULL)
		event_free(ev);
	return NULL;
}

static ike_err
open_daemon(struct loop *l)
{
	struct env env = {
		.arg = l, .log = &l->logger, .crypto = l->crypto, .kern = l->kern, .ike_port = l->opt.ike_port,
		.natt_port = l->opt.natt_port, .send = udp_send, .ctl_send = unixsock_send, .wallclock = wallclock,
		.read_secret = files_read_secret, .source_addr = udp_source_addr, .stop = stop, .conf_load = conf_load,
		.conf_used = conf_used,
		.file_load = state_file_load, .file_store = state_file_store, .file_append = state_file_append,
		.handover_load = fdstore_load, .keep_secret = state_secret,
	};
	fdstore_boot_id(env.boot_id);

	TRY(daemon_new(&env, l->conf, loop_now(), &l->daemon));
	l->timer = evtimer_new(l->base, on_timer, l);
	l->kern_ev = watch(l, l->kern->ops->fd(l->kern), on_kern_readable);
	return l->timer == NULL || l->kern_ev == NULL ? IKE_E_NOMEM : IKE_OK;
}

ike_err
loop_open(struct loop *l, const struct loop_options *opt)
{
	memset(l, 0, sizeof(*l));
	l->opt = *opt;
	list_init(&l->sockets);
	list_init(&l->ctl.clients);
	l->notify_fd = -1;
	l->send_log = l->file_log = (struct log_limit){ .per = SEC(10), .burst = 10 };
	fdstore_open(l);
	log_open(l);
	log_follow_conf(l);
	notify_open(l);
	log_put(&l->logger, LOG_L_INFO, NULL, "@(#)ringtail %s, %s", RINGTAIL_VERSION, crypto_library());
	TRY(read_conf(l, &l->conf, NULL, 0));
	log_follow_conf(l);
	l->base = event_base_new();
	if (l->base == NULL)
		return IKE_E_NOMEM;
	TRY(crypto_new(NULL, &l->crypto));
	TRY(open_kernel(l));
	/* sockets first: a daemon that takes over has things to send */
	TRY(rtnl_new(on_addr, l, &l->rtnl));
	TRY(udp_check(l));
	TRY(open_daemon(l));
	l->rtnl_ev = watch(l, rtnl_fd(l->rtnl), on_rtnl_readable);
	if (l->rtnl_ev == NULL)
		return IKE_E_NOMEM;
	TRY(unixsock_open(l));
	fdstore_settle(l);
	return signals_open(l);
}

int
loop_run(struct loop *l)
{
	loop_rearm(l);
	if (event_base_dispatch(l->base) < 0)
		l->status = 1;
	return l->status;
}

static void
free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

void
loop_free(struct loop *l)
{
	unixsock_close(l);
	signals_close(l);
	free_event(&l->leave);
	free_event(&l->timer);
	free_event(&l->kern_ev);
	free_event(&l->rtnl_ev);
	daemon_free(l->daemon);
	l->daemon = NULL;
	udp_close_all(l);
	rtnl_free(l->rtnl);
	kern_close(l->kern);
	crypto_free(l->crypto);
	fdstore_close(l);
	notify_close(l);
	/* all events are gone by now */
	if (l->base != NULL)
		event_base_free(l->base);
	files_forget(l);
	pidfile_remove(l);
	log_close(l);
	conf_unref(l->conf);
}
