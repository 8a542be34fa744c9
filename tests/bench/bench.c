/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/bench.h"

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "sadb/sadb.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct addr
bench_addr(unsigned side, unsigned i)
{
	struct addr a = { .family = 4, .b = { 10, (uint8_t)(1 + side), (uint8_t)(i >> 8), (uint8_t)i } };

	return a;
}

ike_time
bench_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return SEC(ts.tv_sec) + ts.tv_nsec;
}

double
bench_cpu(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

size_t
bench_heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

void
bench_conf(char *out, size_t cap, unsigned version, const char *group)
{
	(void)snprintf(out, cap,
	    "path pre_shared_key \"/psk\";\n"
	    "remote anonymous { exchange_mode %s; lifetime time 24 hours; nat_traversal off;\n"
	    "  proposal { encryption_algorithm aes; hash_algorithm sha256; authentication_method pre_shared_key; dh_group %s; } }\n"
	    "sainfo anonymous { encryption_algorithm aes; authentication_algorithm hmac_sha256; compression_algorithm deflate;\n"
	    "  lifetime time 8 hours; }\n",
	    version == 1 ? "main" : "ikev2", group);
}

/* The kernel: everything is granted, nothing is kept; a dump shows the policies of all peers. */

static ike_err
k_reserve(struct kern *k, const struct sa_id *id, const struct addr *src, uint8_t mode, uint32_t reqid)
{
	(void)k; (void)id; (void)src; (void)mode; (void)reqid;
	return IKE_OK;
}

static ike_err
k_install(struct kern *k, const struct sa_spec *s, const struct sa_keys *keys, bool larval)
{
	(void)s; (void)keys; (void)larval;
	((struct bench_kern *)(void *)k)->installs++;
	return IKE_OK;
}

static ike_err
k_readdress(struct kern *k, const struct sa_id *id, const struct endpoint *a, const struct endpoint *b)
{
	(void)k; (void)id; (void)a; (void)b;
	return IKE_OK;
}

static ike_err
k_delete(struct kern *k, const struct sa_id *id, const struct addr *src)
{
	(void)k; (void)id; (void)src;
	return IKE_OK;
}

static ike_err
k_get(struct kern *k, const struct sa_id *id, const struct addr *src, struct sa_spec *s, struct sa_usage *u)
{
	(void)k; (void)id; (void)src; (void)s;
	memset(u, 0, sizeof(*u));
	return IKE_OK;
}

static ike_err
k_flush(struct kern *k, uint8_t proto)
{
	(void)k; (void)proto;
	return IKE_OK;
}

static ike_err
k_sp_install(struct kern *k, const struct sp_spec *sp, bool replace)
{
	(void)k; (void)sp; (void)replace;
	return IKE_OK;
}

static ike_err
k_sp_delete(struct kern *k, const struct sp_id *id)
{
	(void)k; (void)id;
	return IKE_OK;
}

static ike_err
k_sp_flush(struct kern *k)
{
	(void)k;
	return IKE_OK;
}

static struct sp_spec
policy(unsigned side, unsigned i, enum sp_dir dir)
{
	struct addr mine = bench_addr(side, i), theirs = bench_addr(1 - side, i);
	struct sp_spec sp = { .id = { .dir = (uint8_t)dir }, .priority = SP_PRIO_DEF, .action = SP_IPSEC, .ntmpl = 1 };

	sp.id.sel.src = (struct prefix){ dir == SP_OUT ? mine : theirs, 32 };
	sp.id.sel.dst = (struct prefix){ dir == SP_OUT ? theirs : mine, 32 };
	sp.index = i * 8 + (unsigned)dir;
	sp.tmpl[0] = (struct sp_tmpl){ .proto = PROTO_ESP, .mode = MODE_TRANSPORT, .level = SP_REQUIRE };
	return sp;
}

static ike_err
k_dump(struct kern *k, unsigned what, kern_row_fn *fn, void *arg)
{
	struct bench_kern *b = (struct bench_kern *)(void *)k;

	/* a look at the traffic must not find that everything is gone */
	if (what == KERN_DUMP_SA)
		return IKE_E_UNSUPPORTED;
	for (unsigned i = 0; (what & KERN_DUMP_SP) != 0 && i < b->peers; i++)
		for (int dir = SP_IN; dir <= SP_OUT; dir++) {
			struct sp_spec sp = policy(b->side, i, (enum sp_dir)dir);
			fn(arg, NULL, NULL, &sp);
		}
	return IKE_OK;
}

static ike_err
k_socket(struct kern *k, int fd, uint8_t family, bool encap)
{
	(void)k; (void)fd; (void)family; (void)encap;
	return IKE_OK;
}

static const struct kern_ops ops = {
	.name = "bench", .sa_reserve = k_reserve, .sa_install = k_install, .sa_readdress = k_readdress, .sa_delete = k_delete,
	.sa_get = k_get, .sa_flush = k_flush, .sp_install = k_sp_install, .sp_delete = k_sp_delete, .sp_flush = k_sp_flush,
	.dump = k_dump, .socket_prepare = k_socket,
};

/* The env. */

static void
node_send(void *arg, const struct dgram *d)
{
	struct bench_node *n = arg;

	n->send(n->send_arg, d);
}

static void
node_ctl_send(void *arg, uint64_t client, struct slice msg)
{
	(void)arg; (void)client; (void)msg;
}

static int64_t
node_wallclock(void *arg)
{
	(void)arg;
	return (int64_t)time(NULL);
}

static ike_err
node_read_secret(void *arg, const char *path, struct slice *out, uint64_t *version_out)
{
	(void)arg; (void)path;
	*out = slice_str("* a pre-shared key of reasonable length\n");
	*version_out = 1;
	return IKE_OK;
}

static ike_err
node_source(void *arg, const struct addr *remote, struct addr *out)
{
	(void)arg; (void)remote; (void)out;
	return IKE_E_NOTFOUND;
}

/* No files: nothing is remembered. */
static ike_err
node_file_load(void *arg, const char *name, struct buf *out)
{
	(void)arg; (void)name; (void)out;
	return IKE_E_NOTFOUND;
}

static ike_err
node_file_write(void *arg, const char *name, struct slice text)
{
	(void)arg; (void)name; (void)text;
	return IKE_OK;
}

static ike_err
conf_read(void *arg, const char *path, struct buf *out)
{
	const struct bench_node *n = arg;
	const char *end = strrchr(path, '.');

	return buf_append(out, slice_str(end != NULL && strcmp(end, ".setkey") == 0 ? n->policy_text : n->conf_text));
}

static ike_err
conf_glob(void *arg, const char *pattern, conf_path_fn *fn, void *fn_arg)
{
	(void)arg;
	return fn(fn_arg, pattern);
}

static void
log_error(void *arg, const struct log_record *r)
{
	(void)arg;
	(void)fprintf(stderr, "%s\n", r->text);
}

static void
on_event(void *arg, const struct kern_event *ev)
{
	daemon_kernel(((struct bench_node *)arg)->daemon, ev, bench_now());
}

/* What a daemon before this one left. */
static ike_err
node_handover_load(void *arg, struct secret *out)
{
	struct bench_node *n = arg;

	if (n->left.n == 0)
		return IKE_E_NOTFOUND;
	secret_move(out, &n->left);
	return IKE_OK;
}

ike_err
bench_node_parse(struct bench_node *n, struct conf **out)
{
	struct conf_reader reader = { .arg = n, .read = conf_read, .glob = conf_glob };
	struct conf_diags diags = { 0 };

	ike_err err = conf_parse(&reader, "bench", &diags, out);
	for (size_t i = 0; i < diags.n; i++)
		if (diags.v[i].severity == CONF_ERROR)
			(void)fprintf(stderr, "%u: %s\n", diags.v[i].line, diags.v[i].text);
	conf_diags_free(&diags);
	return err;
}

ike_err
bench_node_start(struct bench_node *n)
{
	struct env env = {
		.arg = n, .log = &n->logger, .crypto = n->crypto, .kern = n->real != NULL ? n->real : &n->kern.kern,
		.ike_port = 500, .natt_port = 4500,
		.send = node_send, .ctl_send = node_ctl_send, .wallclock = node_wallclock, .read_secret = node_read_secret,
		.source_addr = node_source, .file_load = node_file_load, .file_store = node_file_write, .file_append = node_file_write,
		.handover_load = node_handover_load,
	};

	return daemon_new(&env, n->conf, bench_now(), &n->daemon);
}

ike_err
bench_node_open(struct bench_node *n, unsigned side, unsigned peers, const char *conf_text)
{
	n->conf_text = conf_text;
	n->logger = (struct logger){ .sink = log_error, .max = LOG_L_ERROR };
	n->kern = (struct bench_kern){ .kern = { .ops = &ops, .features = KERN_ESP, .on_event = on_event, .event_arg = n },
		.side = side, .peers = peers };
	if (n->real != NULL) {
		n->real->on_event = on_event;
		n->real->event_arg = n;
	}
	TRY(bench_node_parse(n, &n->conf));
	TRY(crypto_new(NULL, &n->crypto));
	return bench_node_start(n);
}

void
bench_node_close(struct bench_node *n)
{
	daemon_free(n->daemon);
	secret_free(&n->left);
	crypto_free(n->crypto);
	conf_unref(n->conf);
}

void
bench_acquire(struct bench_node *n, unsigned i)
{
	struct kern_event ev = { .kind = KERN_EV_ACQUIRE, .sp = policy(n->kern.side, i, SP_OUT), .acq_seq = i + 1 };

	ev.acq_src = bench_addr(n->kern.side, i);
	ev.acq_dst = bench_addr(1 - n->kern.side, i);
	ev.acq_sel = ev.sp.id.sel;
	daemon_kernel(n->daemon, &ev, bench_now());
}

struct parcel {
	struct parcel *next;
	struct dgram   d;
	uint8_t        bytes[];
};

void
bench_wire_send(void *arg, const struct dgram *d)
{
	struct bench_wire *w = arg;
	struct parcel *p = malloc(sizeof(*p) + d->data.n);

	if (p == NULL)
		return;
	*p = (struct parcel){ .d = { .local = d->remote, .remote = d->local, .natt = d->natt } };
	memcpy(p->bytes, d->data.p, d->data.n);
	p->d.data = slice_of(p->bytes, d->data.n);
	*w->last = p;
	w->last = &p->next;
}

bool
bench_wire_deliver(struct bench_wire *w, struct bench_node *to)
{
	struct parcel *p = w->first;

	if (p == NULL)
		return false;
	w->first = p->next;
	if (w->first == NULL)
		w->last = &w->first;
	daemon_datagram(to->daemon, &p->d, bench_now());
	free(p);
	return true;
}
