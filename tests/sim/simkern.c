/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: SAs are in a list (dumps), a table by SPI and one by address pair (the choice of an outbound SA).
 * Each op is a thin function around a do_*() that returns an errno; call_begin() and call_end() count, fail and
 * translate.
 */
#include "sim/simkern_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t sim_seed[16] = "simulated kernel";

static uint64_t
hash_spi(const struct simkern *k, const struct sa_id *id)
{
	uint8_t b[21];

	memcpy(b, id->dst.b, 16);
	memcpy(b + 16, &id->spi, 4);
	b[20] = id->proto;
	return htab_hash(&k->sa_by_spi, slice_of(b, sizeof(b)));
}

static bool
spi_eq(const struct hnode *n, const void *key)
{
	return sa_id_equal(&container_of(n, const struct sim_sa, by_spi)->spec.id, key);
}

struct ends {
	const struct addr *src, *dst;
};

static uint64_t
hash_ends(const struct simkern *k, const struct ends *e)
{
	uint8_t b[32];

	memcpy(b, e->src->b, 16);
	memcpy(b + 16, e->dst->b, 16);
	return htab_hash(&k->sa_by_pair, slice_of(b, sizeof(b)));
}

static bool
ends_eq(const struct hnode *n, const void *key)
{
	const struct sa_spec *s = &container_of(n, const struct sim_sa, by_pair)->spec;
	const struct ends *e = key;

	return addr_equal(&s->src, e->src) && addr_equal(&s->id.dst, e->dst);
}

struct sim_sa *
sim_sa_find(const struct simkern *k, const struct sa_id *id)
{
	struct hnode *n = id->spi == 0 ? NULL : htab_find(&k->sa_by_spi, hash_spi(k, id), id);

	return n == NULL ? NULL : container_of(n, struct sim_sa, by_spi);
}

struct sim_sa *
sim_sa_between(const struct simkern *k, const struct addr *src, const struct addr *dst)
{
	struct ends e = { src, dst };
	struct hnode *n = htab_find(&k->sa_by_pair, hash_ends(k, &e), &e);

	return n == NULL ? NULL : container_of(n, struct sim_sa, by_pair);
}

struct sim_sa *
sim_sa_between_next(const struct simkern *k, const struct sim_sa *x)
{
	struct ends e = { &x->spec.src, &x->spec.id.dst };
	struct hnode *n = htab_next(&k->sa_by_pair, &x->by_pair, &e);

	return n == NULL ? NULL : container_of(n, struct sim_sa, by_pair);
}

void
sim_sa_remove(struct simkern *k, struct sim_sa *x)
{
	heap_cancel(&k->timers, &x->timer);
	htab_remove(&k->sa_by_spi, &x->by_spi);
	htab_remove(&k->sa_by_pair, &x->by_pair);
	list_del(&x->link);
	free(x);
}

static struct sim_sa *
sa_add(struct simkern *k, const struct sa_spec *spec, ike_time ends)
{
	struct sim_sa *x = calloc(1, sizeof(*x));
	struct ends e = { &spec->src, &spec->id.dst };

	if (x == NULL)
		return NULL;
	x->spec = *spec;
	x->born = k->now;
	x->serial = k->next_serial++;
	x->u.add_time = sim_wall(k);
	x->timer.kind = TIMER_SA;
	list_init(&x->link);
	if (htab_insert(&k->sa_by_spi, &x->by_spi, hash_spi(k, &spec->id)) != IKE_OK ||
	    htab_insert(&k->sa_by_pair, &x->by_pair, hash_ends(k, &e)) != IKE_OK ||
	    (ends != IKE_NEVER && heap_set(&k->timers, &x->timer, ends) != IKE_OK)) {
		sim_sa_remove(k, x);
		return NULL;
	}
	list_add_head(&k->sas, &x->link); /* dumps begin with the newest */
	return x;
}

struct sim_sa *
sim_sa_larval(struct simkern *k, const struct sa_spec *spec)
{
	struct sim_sa *x = sa_add(k, spec, k->now + SEC(k->acq_expires));

	if (x != NULL) {
		x->larval = true;
		x->spec.life.hard_sec = k->acq_expires;
	}
	return x;
}

void
sim_sa_expire(struct simkern *k, struct sim_sa *x)
{
	sim_report_sa(k, KERN_EV_HARD, x, 0);
	sim_sa_remove(k, x);
}

/* The calls. */

struct call {
	struct kern *kern;
	int errnum; /* to answer with, 0: what comes out */
	bool skip;  /* and not do it */
};

static struct simkern *
kernel_of(struct kern *kern)
{
	return ((struct sim_handle *)(void *)kern)->k;
}

static uint32_t
pid_of(struct kern *kern)
{
	return ((struct sim_handle *)(void *)kern)->pid;
}

/* |put|: an SA or its SPI is to be put into the kernel. */
static struct call
call_begin_as(struct kern *kern, bool put)
{
	struct simkern *k = kernel_of(kern);
	struct call c = { .kern = kern };

	kern->errnum = 0;
	kern->reason[0] = '\0';
	if (kern != &k->daemon.kern)
		return c;
	k->calls++;
	if (k->fail_in != 0 && (put || !k->fail_puts) && --k->fail_in == 0) {
		c.errnum = k->fail_errnum;
		c.skip = !k->fail_after;
	}
	return c;
}

static struct call
call_begin(struct kern *kern)
{
	return call_begin_as(kern, false);
}

static ike_err
call_end(const struct call *c, int errnum)
{
	if (c->errnum != 0)
		errnum = c->errnum;
	if (errnum == 0)
		return IKE_OK;
	c->kern->errnum = errnum == ERANGE ? EINVAL : errnum;
	(void)snprintf(c->kern->reason, sizeof(c->kern->reason), "%s%s", strerror(errnum),
	    errnum == EPROTONOSUPPORT ? " (Requested type not found)" : "");
	switch (errnum) {
	case EEXIST:
		return IKE_E_EXISTS;
	case ESRCH:
	case ENOENT:
		return IKE_E_NOTFOUND;
	case EOPNOTSUPP: /* what back ends refuse by themselves */
		return IKE_E_UNSUPPORTED;
	case ERANGE:
		return IKE_E_RANGE;
	default:
		return IKE_E_KERNEL;
	}
}

static int
do_reserve(
    struct simkern *k, const struct sa_id *id, const struct addr *src, uint8_t mode, uint32_t reqid)
{
	struct sa_spec spec = {
		.id = *id, .src = *src, .mode = mode, .dir = SA_IN, .reqid = reqid
	};

	if (id->spi == 0)
		return EINVAL;
	if (sim_sa_find(k, id) != NULL)
		return ENOENT; /* no SPI left of the one there is to choose from */
	return sim_sa_larval(k, &spec) == NULL ? ENOMEM : 0;
}

static ike_err
op_reserve(
    struct kern *kern, const struct sa_id *id, const struct addr *src, uint8_t mode, uint32_t reqid)
{
	struct call c = call_begin_as(kern, true);
	ike_err err = call_end(&c, c.skip ? 0 : do_reserve(kernel_of(kern), id, src, mode, reqid));

	return err == IKE_E_NOTFOUND && kern->errnum == ENOENT ? IKE_E_EXISTS : err;
}

/* The first end of life by time of an SA born at |born|; IKE_NEVER if it has none. */
static ike_time
first_end(ike_time born, const struct sa_life *l)
{
	uint64_t sec = l->soft_sec != 0 && (l->hard_sec == 0 || l->soft_sec < l->hard_sec)
			   ? l->soft_sec
			   : l->hard_sec;

	return sec == 0 || sec > INT32_MAX ? IKE_NEVER : born + SEC(sec);
}

/* The larval state that a packet made and this SA answers. */
static struct sim_sa *
asked_for(const struct simkern *k, const struct sa_spec *s)
{
	for (struct sim_sa *x = sim_sa_between(k, &s->src, &s->id.dst); x != NULL;
	     x = sim_sa_between_next(k, x)) {
		if (!x->larval || x->spec.id.spi != 0 || x->spec.id.proto != s->id.proto)
			continue;
		if ((s->seq != 0 && x->spec.seq == s->seq) ||
		    (x->spec.reqid == s->reqid && x->spec.mode == s->mode))
			return x;
	}
	return NULL;
}

/* An SA that is live is only given other limits and ports. */
static int
update(struct simkern *k, struct sim_sa *x, const struct sa_spec *s, uint32_t pid)
{
	ike_time end = first_end(x->born, &s->life);

	x->spec.life = s->life;
	x->dying = false;
	if (x->spec.encap_sport != 0 && s->encap_sport != 0) {
		x->spec.encap_sport = s->encap_sport;
		x->spec.encap_dport = s->encap_dport;
	}
	heap_cancel(&k->timers, &x->timer);
	if (end != IKE_NEVER && heap_set(&k->timers, &x->timer, end) != IKE_OK)
		return ENOMEM;
	sim_report_sa(k, KERN_EV_SA_UPDATE, x, pid);
	return 0;
}

static int
do_install(struct simkern *k, const struct sa_spec *s, const struct sa_keys *keys, bool larval,
    uint32_t pid)
{
	struct sim_sa *old = sim_sa_find(k, &s->id), *x, *acq;
	int errnum = sim_check_install(k, s, keys);

	if (errnum != 0)
		return errnum;
	if (larval && old == NULL)
		return ESRCH;
	if (old != NULL && !larval)
		return EEXIST;
	if (old != NULL && !old->larval)
		return update(k, old, s, pid);
	x = sa_add(k, s, first_end(k->now, &s->life));
	if (x == NULL)
		return ENOMEM;
	x->digest = sim_digest(s, keys);
	if (old != NULL)
		sim_sa_remove(k, old);
	acq = asked_for(k, s);
	if (acq != NULL)
		sim_sa_remove(k, acq);
	sim_report_sa(k, larval ? KERN_EV_SA_UPDATE : KERN_EV_SA_NEW, x, pid);
	return 0;
}

static ike_err
op_install(struct kern *kern, const struct sa_spec *s, const struct sa_keys *keys, bool larval)
{
	struct call c = call_begin_as(kern, true);
	ike_err err =
	    call_end(&c, c.skip ? 0 : do_install(kernel_of(kern), s, keys, larval, pid_of(kern)));

	/* no such algorithm: nothing that could be found was looked for */
	return err == IKE_E_NOTFOUND && kern->errnum == ENOENT ? IKE_E_KERNEL : err;
}

static int
do_readdress(struct simkern *k, const struct sa_id *id, const struct endpoint *src,
    const struct endpoint *dst, uint32_t pid)
{
	struct sim_sa *x = sim_sa_find(k, id);
	struct sa_id to = *id;
	struct ends e = { &src->addr, &dst->addr };
	bool other_id = !addr_equal(&id->dst, &dst->addr);

	to.dst = dst->addr;
	if (x == NULL)
		return ESRCH;
	if ((k->features & KERN_MIGRATE) == 0 &&
	    (other_id || !addr_equal(&x->spec.src, &src->addr)))
		return EOPNOTSUPP;
	if (other_id && sim_sa_find(k, &to) != NULL)
		return EEXIST;
	if (other_id)
		sim_report_sa(k, KERN_EV_SA_DELETE, x, pid);
	htab_remove(&k->sa_by_spi, &x->by_spi);
	htab_remove(&k->sa_by_pair, &x->by_pair);
	x->spec.id = to;
	x->spec.src = src->addr;
	x->spec.encap_sport = src->port;
	x->spec.encap_dport = dst->port;
	/* the buckets are there: cannot fail */
	(void)!htab_insert(&k->sa_by_spi, &x->by_spi, hash_spi(k, &to));
	(void)!htab_insert(&k->sa_by_pair, &x->by_pair, hash_ends(k, &e));
	sim_report_sa(k, other_id ? KERN_EV_SA_NEW : KERN_EV_SA_UPDATE, x, pid);
	return 0;
}

static ike_err
op_readdress(struct kern *kern, const struct sa_id *id, const struct endpoint *src,
    const struct endpoint *dst)
{
	struct call c = call_begin(kern);
	const struct sim_sa *x = sim_sa_find(kernel_of(kern), id);

	if (c.errnum == 0 && x != NULL && x->larval)
		return IKE_E_STATE; /* it has no keys to carry elsewhere */
	return call_end(&c, c.skip ? 0 : do_readdress(kernel_of(kern), id, src, dst, pid_of(kern)));
}

static int
do_delete(struct simkern *k, const struct sa_id *id, uint32_t pid)
{
	struct sim_sa *x = sim_sa_find(k, id);

	if (x == NULL)
		return ESRCH;
	sim_report_sa(k, KERN_EV_SA_DELETE, x, pid);
	sim_sa_remove(k, x);
	return 0;
}

static ike_err
op_delete(struct kern *kern, const struct sa_id *id, const struct addr *src)
{
	struct call c = call_begin(kern);

	(void)src;
	return call_end(&c, c.skip ? 0 : do_delete(kernel_of(kern), id, pid_of(kern)));
}

static ike_err
op_get(struct kern *kern, const struct sa_id *id, const struct addr *src, struct sa_spec *spec_out,
    struct sa_usage *usage_out)
{
	struct call c = call_begin(kern);
	const struct sim_sa *x = sim_sa_find(kernel_of(kern), id);

	(void)src;
	if (c.errnum != 0 || x == NULL)
		return call_end(&c, ESRCH);
	if (spec_out != NULL)
		*spec_out = x->spec;
	if (usage_out != NULL)
		*usage_out = x->u;
	return IKE_OK;
}

static int
do_flush(struct simkern *k, uint8_t proto, uint32_t pid)
{
	const struct kern_event ev = { .kind = KERN_EV_SA_FLUSH, .flush_proto = proto, .pid = pid };
	bool any = false;

	LIST_FOR_SAFE(it, &k->sas)
	{
		struct sim_sa *x = container_of(it, struct sim_sa, link);

		if (proto == PROTO_NONE || x->spec.id.proto == proto) {
			sim_sa_remove(k, x);
			any = true;
		}
	}
	if (any)
		sim_report(k, &ev);
	return 0;
}

static ike_err
op_flush(struct kern *kern, uint8_t proto)
{
	struct call c = call_begin(kern);

	return call_end(&c, c.skip ? 0 : do_flush(kernel_of(kern), proto, pid_of(kern)));
}

static ike_err
op_sp_install(struct kern *kern, const struct sp_spec *sp, bool replace)
{
	struct call c = call_begin(kern);

	return call_end(
	    &c, c.skip ? 0 : sim_sp_install(kernel_of(kern), sp, replace, pid_of(kern)));
}

static ike_err
op_sp_delete(struct kern *kern, const struct sp_id *id)
{
	struct call c = call_begin(kern);

	return call_end(&c, c.skip ? 0 : sim_sp_delete(kernel_of(kern), id, pid_of(kern)));
}

static ike_err
op_sp_flush(struct kern *kern)
{
	struct call c = call_begin(kern);

	return call_end(&c, c.skip ? 0 : sim_sp_flush(kernel_of(kern), pid_of(kern)));
}

/* A dump that fails ends after half of the rows, as one that was interrupted. */
static ike_err
op_dump(struct kern *kern, unsigned what, kern_row_fn *fn, void *arg)
{
	struct call c = call_begin(kern);
	const struct simkern *k = kernel_of(kern);
	size_t left = c.errnum != 0 ? (simkern_sa_count(k) + simkern_sp_count(k)) / 2 : SIZE_MAX;

	LIST_FOR(it, &k->sas)
	{
		const struct sim_sa *x = container_of(it, struct sim_sa, link);

		if ((what & KERN_DUMP_SA) != 0 && left > 0) {
			fn(arg, &x->spec, &x->u, NULL);
			left--;
		}
	}
	LIST_FOR(it, &k->sps)
	{
		const struct sim_sp *p = container_of(it, struct sim_sp, link);

		if ((what & KERN_DUMP_SP) != 0 && left > 0) {
			fn(arg, NULL, NULL, &p->spec);
			left--;
		}
	}
	return call_end(&c, 0);
}

static ike_err
op_socket_prepare(struct kern *kern, int fd, uint8_t family, bool encap)
{
	struct call c = call_begin(kern);

	(void)fd;
	(void)family;
	(void)encap;
	return call_end(&c, 0);
}

static ike_err
op_acquire_failed(struct kern *kern, uint32_t seq, const struct sa_id *id, const struct addr *src)
{
	struct call c = call_begin(kern);
	struct simkern *k = kernel_of(kern);

	if (c.skip)
		return call_end(&c, 0);
	for (struct sim_sa *x = sim_sa_between(k, src, &id->dst); x != NULL;
	     x = sim_sa_between_next(k, x)) {
		if (x->larval && x->spec.id.spi == 0 && x->spec.seq == seq) {
			sim_sa_remove(k, x);
			break;
		}
	}
	return call_end(&c, 0); /* one that is forgotten already is given up as well */
}

static int
op_fd(struct kern *kern)
{
	(void)kern;
	return -1;
}

static void
op_free(struct kern *kern)
{
	(void)kern; /* simkern_free() */
}

static const struct kern_ops sim_ops = {
	.name = "sim",
	.sa_reserve = op_reserve,
	.sa_install = op_install,
	.sa_readdress = op_readdress,
	.sa_delete = op_delete,
	.sa_get = op_get,
	.sa_flush = op_flush,
	.sp_install = op_sp_install,
	.sp_delete = op_sp_delete,
	.sp_flush = op_sp_flush,
	.dump = op_dump,
	.socket_prepare = op_socket_prepare,
	.acquire_failed = op_acquire_failed,
	.fd = op_fd,
	.readable = sim_deliver,
	.free = op_free,
};

struct simkern *
simkern_new(unsigned features)
{
	struct simkern *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->features = features;
	k->daemon = (struct sim_handle){ { .ops = &sim_ops, .features = features, .pid = PID_DAEMON }, k, PID_DAEMON };
	k->other = (struct sim_handle){ { .ops = &sim_ops, .features = features, .pid = PID_OTHER }, k, PID_OTHER };
	k->last = &k->first;
	k->acq_expires = 30;
	list_init(&k->sas);
	htab_init(&k->sa_by_spi, sim_seed, spi_eq);
	htab_init(&k->sa_by_pair, sim_seed, ends_eq);
	sim_sp_init(k, sim_seed);
	return k;
}

void
simkern_free(struct simkern *k)
{
	if (k == NULL)
		return;
	while (!list_empty(&k->sas))
		sim_sa_remove(k, container_of(k->sas.next, struct sim_sa, link));
	sim_sp_fini(k);
	sim_free_events(k);
	htab_fini(&k->sa_by_spi);
	htab_fini(&k->sa_by_pair);
	heap_fini(&k->timers);
	free(k);
}
