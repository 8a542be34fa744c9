/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/world.h"

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "sadb/sadb.h"
#include "util/text.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONF_NAME "test.conf"

uint32_t
world_random(struct world *w)
{
	/* splitmix64 */
	uint64_t z = (w->rng += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 16);
}

void
world_note(struct world *w, struct slice bytes)
{
	uint8_t key[16] = { 0 };

	memcpy(key, &w->transcript, 8);
	w->transcript = siphash24(key, bytes);
}

struct world *
world_new(const struct world_options *opt)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->opt = *opt;
	w->rng = opt->seed;
	w->now = SEC(1);
	w->features = SIMKERN_ALL;
	return w;
}

/* The node's env. */

static void
env_send(void *arg, const struct dgram *d)
{
	net_send(arg, d);
}

static void
env_ctl_send(void *arg, uint64_t client, struct slice msg)
{
	struct node *n = arg;

	(void)client;
	if (buf_append(&n->answer, msg) != IKE_OK)
		n->answer.n = 0;
}

static int64_t
env_wallclock(void *arg)
{
	const struct node *n = arg;

	return (int64_t)SIMKERN_EPOCH + n->wall_ahead + n->w->now / SEC(1);
}

static ike_err
env_read_secret(void *arg, const char *path, struct slice *out, uint64_t *version_out)
{
	const struct node *n = arg;

	if (strcmp(path, "/psk") != 0)
		return IKE_E_NOTFOUND;
	if (n->psk == NULL)
		return IKE_E_PERM;
	*out = slice_str(n->psk);
	*version_out = (uintptr_t)n->psk;
	return IKE_OK;
}

static ike_err
env_source_addr(void *arg, const struct addr *remote, struct addr *out)
{
	const struct node *n = arg;

	if (remote->family != n->addr.family)
		return IKE_E_NOTFOUND;
	*out = n->addr;
	return IKE_OK;
}

static struct node_file *
find_file(struct node *n, const char *name)
{
	for (size_t i = 0; i < NODE_FILES; i++)
		if (strcmp(n->file[i].name, name) == 0)
			return &n->file[i];
	return NULL;
}

static ike_err
env_file_load(void *arg, const char *name, struct buf *out)
{
	const struct node_file *f = find_file(arg, name);

	return f == NULL ? IKE_E_NOTFOUND : buf_append(out, buf_slice(&f->text));
}

/* The file |name| for writing, made if it is not there. */
static ike_err
open_file(struct node *n, const char *name, struct node_file **out)
{
	struct node_file *f = find_file(n, name);

	if (n->disk_full)
		return IKE_E_IO;
	if (f == NULL)
		f = find_file(n, "");
	if (f == NULL || strlen(name) >= sizeof(f->name))
		return IKE_E_INTERNAL;
	memcpy(f->name, name, strlen(name) + 1);
	*out = f;
	return IKE_OK;
}

static ike_err
env_file_store(void *arg, const char *name, struct slice text)
{
	struct node_file *f;

	TRY(open_file(arg, name, &f));
	return buf_set(&f->text, text);
}

static ike_err
env_file_append(void *arg, const char *name, struct slice text)
{
	struct node_file *f;

	TRY(open_file(arg, name, &f));
	return buf_append(&f->text, text);
}

static ike_err
env_keep_secret(void *arg, const char *name, uint8_t *secret, size_t n)
{
	struct node_file *f = find_file(arg, name);

	if (f == NULL)
		return env_file_store(arg, name, slice_of(secret, n));
	if (f->text.n != n)
		return IKE_E_FORMAT;
	memcpy(secret, f->text.p, n);
	return IKE_OK;
}

struct slice
node_file(const struct node *n, const char *name)
{
	for (size_t i = 0; i < NODE_FILES; i++)
		if (strcmp(n->file[i].name, name) == 0)
			return buf_slice(&n->file[i].text);
	return slice_of(NULL, 0);
}

void
node_set_file(struct node *n, const char *name, struct slice text)
{
	struct buf fresh = { 0 };
	struct node_file *f;

	if (buf_append(&fresh, text) != IKE_OK || open_file(n, name, &f) != IKE_OK) {
		n->w->error = IKE_E_NOMEM;
		buf_free(&fresh);
		return;
	}
	buf_move(&f->text, &fresh);
	if (f->text.n == 0)
		f->name[0] = '\0';
}

void
node_power_off(struct node *n)
{
	struct kern *k = simkern_other(n->kern);

	node_stop(n, false);
	n->boot_id[0]++;
	(void)!k->ops->sa_flush(k, PROTO_NONE);
	(void)!k->ops->sp_flush(k);
	for (size_t i = 0; i < NODE_FILES; i++)
		if (strncmp(n->file[i].name, "run/", 4) == 0) {
			buf_free(&n->file[i].text);
			n->file[i].name[0] = '\0';
		}
}

static ike_err
env_handover_load(void *arg, struct secret *out)
{
	struct node *n = arg;

	if (n->left.n == 0)
		return IKE_E_NOTFOUND;
	secret_move(out, &n->left);
	return IKE_OK;
}

static void
env_stop(void *arg)
{
	(void)arg;
}

static void
log_sink(void *arg, const struct log_record *r)
{
	struct node *n = arg;
	char line[1100];
	int len = snprintf(line, sizeof(line), "%10.3f %s %s%s%s: %s\n", (double)n->w->now / 1e9, n->name,
	    r->peer != NULL ? "[" : "", r->peer != NULL ? r->peer : "", r->peer != NULL ? "] " : "", r->text);

	if (len > 0 && buf_append(&n->log, slice_of(line, strlen(line))) != IKE_OK)
		n->log.n = 0;
	if (n->w->opt.no_pcap)
		return;
	world_note(n->w, slice_str(r->text));
}

void
world_put(struct world *w, const char *path, const char *text)
{
	for (size_t i = 0; i < WORLD_TEXTS; i++) {
		struct world_text *t = &w->text[i];
		if (t->path != NULL && strcmp(t->path, path) != 0)
			continue;
		*t = (struct world_text){ path, text };
		return;
	}
	w->error = IKE_E_FULL;
}

static ike_err
read_text(void *arg, const char *path, struct buf *out)
{
	const struct node *n = arg;

	if (strcmp(path, CONF_NAME) == 0)
		return buf_append(out, slice_str(n->conf_text));
	for (size_t i = 0; i < WORLD_TEXTS; i++) {
		const struct world_text *t = &n->w->text[i];
		if (t->path != NULL && strcmp(t->path, path) == 0)
			return t->text == NULL ? IKE_E_PERM : buf_append(out, slice_str(t->text));
	}
	return IKE_E_NOTFOUND;
}

/* In the order of being put, not of names: tests put them as they want them. */
static ike_err
glob_text(void *arg, const char *pattern, conf_path_fn *fn, void *fn_arg)
{
	const struct node *n = arg;
	bool found = false;

	if (strcmp(pattern, CONF_NAME) == 0)
		return fn(fn_arg, pattern);
	for (size_t i = 0; i < WORLD_TEXTS; i++) {
		const char *path = n->w->text[i].path;
		if (path == NULL || fnmatch(pattern, path, 0) != 0)
			continue;
		found = true;
		TRY(fn(fn_arg, path));
	}
	return found ? IKE_OK : IKE_E_NOTFOUND;
}

static void
on_kern_event(void *arg, const struct kern_event *ev)
{
	struct node *n = arg;

	if (n->daemon != NULL)
		daemon_kernel(n->daemon, ev, n->w->now);
}

/* |why|: the first fault; NULL: all to standard error. */
static ike_err
parse(struct node *n, struct conf **out, struct text *why)
{
	struct conf_reader reader = { .arg = n, .read = read_text, .glob = glob_text };
	struct conf_diags diags = { 0 };

	ike_err err = conf_parse(&reader, CONF_NAME, &diags, out);
	for (size_t i = 0; err != IKE_OK && err != IKE_E_NOMEM && i < diags.n; i++) {
		const struct conf_diag *m = &diags.v[i];
		if (why == NULL)
			(void)fprintf(stderr, "%s:%u:%u: %s\n", m->file, m->line, m->col, m->text);
		else if (why->n == 0 && m->severity == CONF_ERROR)
			text_addf(why, "%s:%u:%u: %s", m->file, m->line, m->col, m->text);
	}
	conf_diags_free(&diags);
	return err;
}

static ike_err
env_conf_load(void *arg, struct conf **out, char *why, size_t cap)
{
	struct text t = text_in(why, cap);

	return parse(arg, out, &t);
}

static void
env_conf_used(void *arg, struct conf *conf)
{
	struct node *n = arg;
	struct conf *old = n->conf;

	n->conf = conf_ref(conf);
	conf_unref(old);
}

ike_err
node_start(struct node *n)
{
	struct world *w = n->w;
	uint8_t seed[24];
	struct crypto_options co = { .seed = slice_of(seed, sizeof(seed)) };

	memset(seed, 0, sizeof(seed));
	memcpy(seed, &w->opt.seed, 8);
	memcpy(seed + 8, &n->index, sizeof(n->index));
	memcpy(seed + 16, &n->generation, sizeof(n->generation));
	n->generation++;
	n->seen_event = 0;
	TRY(crypto_new(&co, &n->crypto));
	struct env env = {
		.arg = n, .log = &n->logger, .crypto = n->crypto, .kern = simkern_kern(n->kern), .ike_port = 500,
		.natt_port = 4500, .send = env_send, .ctl_send = env_ctl_send, .wallclock = env_wallclock,
		.read_secret = env_read_secret, .source_addr = env_source_addr, .stop = env_stop, .conf_load = env_conf_load,
		.conf_used = env_conf_used,
		.file_load = env_file_load, .file_store = env_file_store, .file_append = env_file_append,
		.keep_secret = env_keep_secret,
		.handover_load = env_handover_load,
	};
	memcpy(env.boot_id, n->boot_id, sizeof(env.boot_id));
	env.kern->on_event = on_kern_event;
	env.kern->event_arg = n;
	ike_err err = daemon_new(&env, n->conf, w->now, &n->daemon);
	if (err != IKE_OK) {
		crypto_free(n->crypto);
		n->crypto = NULL;
	}
	return err;
}

void
node_stop(struct node *n, bool term)
{
	if (n->daemon == NULL)
		return;
	if (term)
		daemon_shutdown(n->daemon, END_AS_CONFIGURED, n->w->now);
	daemon_free(n->daemon);
	n->daemon = NULL;
	crypto_free(n->crypto);
	n->crypto = NULL;
}

void
node_close(struct node *n)
{
	if (n->daemon != NULL)
		daemon_shutdown(n->daemon, END_CLOSE, n->w->now);
	node_stop(n, false);
}

ike_err
node_hand_over(struct node *n)
{
	TRY(daemon_hand_over(n->daemon, n->w->now, &n->left));
	node_stop(n, false);
	return IKE_OK;
}

ike_err
node_configure(struct node *n, const char *text)
{
	struct conf *fresh;
	char why[300];

	n->conf_text = text;
	if (n->daemon != NULL) {
		daemon_tick(n->daemon, n->w->now);
		ike_err err = reload_now(n->daemon, 0, why, sizeof(why));
		daemon_tick(n->daemon, n->w->now);
		return err;
	}
	TRY(parse(n, &fresh, NULL));
	conf_unref(n->conf);
	n->conf = fresh;
	return IKE_OK;
}

static enum log_level
level(const struct world *w)
{
	return w->opt.debug2 ? LOG_L_DEBUG2 : w->opt.no_pcap ? LOG_L_ERROR : LOG_L_DEBUG;
}

struct node *
world_node(struct world *w, const char *name, const char *addr, const char *conf, const char *psk)
{
	struct node *n = &w->node[w->n_nodes];

	if (w->n_nodes == WORLD_NODES)
		return NULL;
	memset(n, 0, sizeof(*n));
	n->w = w;
	n->index = w->n_nodes;
	n->name = name;
	n->conf_text = conf;
	n->psk = psk;
	n->logger = (struct logger){ .sink = log_sink, .arg = n, .max = level(w) };
	w->error = addr_parse(addr, &n->addr);
	if (w->error == IKE_OK)
		w->error = parse(n, &n->conf, NULL);
	if (w->error != IKE_OK)
		return NULL;
	n->kern = simkern_new(w->features);
	if (n->kern == NULL)
		w->error = IKE_E_NOMEM;
	w->n_nodes++;
	if (w->error == IKE_OK) {
		simkern_tick(n->kern, w->now);
		w->error = node_start(n);
	}
	return w->error == IKE_OK ? n : NULL;
}

void
world_free(struct world *w)
{
	if (w == NULL)
		return;
	for (unsigned i = 0; i < w->n_nodes; i++) {
		struct node *n = &w->node[i];
		node_stop(n, false);
		simkern_free(n->kern);
		conf_unref(n->conf);
		buf_free(&n->log);
		buf_free(&n->answer);
		secret_free(&n->left);
		for (size_t k = 0; k < NODE_FILES; k++)
			buf_free(&n->file[k].text);
	}
	net_free(w);
	buf_free(&w->pcap);
	buf_free(&w->keys);
	buf_free(&w->v1_keys);
	free(w);
}

/* Time. */

static ike_time
node_next(const struct node *n)
{
	ike_time t = simkern_deadline(n->kern), d;

	if (n->asleep)
		return IKE_NEVER;
	if (simkern_pending(n->kern) > 0)
		return n->w->now;
	if (n->daemon != NULL && (d = daemon_deadline(n->daemon)) < t)
		t = d;
	return t;
}

static void
serve(struct node *n)
{
	struct world *w = n->w;
	struct kern *k = simkern_kern(n->kern);

	simkern_tick(n->kern, w->now);
	if (simkern_pending(n->kern) > 0)
		k->ops->readable(k);
	if (n->daemon != NULL && daemon_deadline(n->daemon) <= w->now)
		daemon_tick(n->daemon, w->now);
	capture_keys(n);
}

static void
watch_pairs(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		for (unsigned k = 0; k < w->n_nodes && w->n_nodes <= 4; k++) {
			unsigned n = i == k ? 0 : node_pairs(&w->node[i], &w->node[k]);
			if (n > w->max_pairs)
				w->max_pairs = n;
		}
}

/* Everything that is due now, until nothing more is. */
static void
settle_instant(struct world *w)
{
	bool more = true;

	/* a daemon that asks to be called again at the same instant for ever would hang the test, not the world */
	for (unsigned guard = 0; more && guard < 100000; guard++) {
		more = false;
		net_deliver(w);
		for (unsigned i = 0; i < w->n_nodes; i++) {
			if (node_next(&w->node[i]) <= w->now) {
				serve(&w->node[i]);
				more = true;
			}
			capture_keys(&w->node[i]);
		}
		more = more || net_next(w) <= w->now;
	}
	if (!w->opt.no_pcap)
		watch_pairs(w);
}

static ike_time
next_instant(const struct world *w)
{
	ike_time t = net_next(w);

	for (unsigned i = 0; i < w->n_nodes; i++) {
		ike_time n = node_next(&w->node[i]);
		if (n < t)
			t = n;
	}
	return t;
}

void
world_run_to(struct world *w, ike_time until)
{
	settle_instant(w);
	for (;;) {
		ike_time t = next_instant(w);
		if (t > until)
			break;
		if (t > w->now)
			w->now = t;
		settle_instant(w);
	}
	w->now = until;
	settle_instant(w);
}

void
world_run(struct world *w, ike_time span)
{
	world_run_to(w, w->now + span);
}

bool
world_run_until(struct world *w, bool (*cond)(struct world *w, void *arg), void *arg, ike_time span)
{
	ike_time end = w->now + span;

	settle_instant(w);
	while (!cond(w, arg)) {
		ike_time t = next_instant(w);
		if (t > end) {
			world_run_to(w, end);
			return cond(w, arg);
		}
		if (t > w->now)
			w->now = t;
		settle_instant(w);
	}
	return true;
}
