/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kern_ops - the kernel as the model wants it: operations and events, types only.
 *
 * Back ends (XFRM netlink, PF_KEY, the simulated kernel) embed a struct kern as their first member and fill in ops.
 * Requests are synchronous: they return when the kernel has answered.  Events come through on_event, never from
 * within a request.  After IKE_E_KERNEL or IKE_E_EXISTS or IKE_E_NOTFOUND, kern->errnum and kern->reason hold the
 * kernel's own words until the next request, and what is missing or to be done where that is known.
 *
 *   IKE_E_EXISTS        EEXIST; ENOENT where one SPI was to be reserved
 *   IKE_E_NOTFOUND      ESRCH (SAs), ENOENT (policies)
 *   IKE_E_UNSUPPORTED   the interface has no words for it; the kernel was not asked
 *   IKE_E_RANGE         a value that cannot be; the kernel was not asked
 *   IKE_E_KERNEL        everything else: ENOMEM, EPROTONOSUPPORT, ENOSYS, ENOENT (algorithms), EINVAL, EPERM, ENOBUFS ...
 */
#ifndef SADB_KERN_OPS_H
#define SADB_KERN_OPS_H

#include "sadb/sa.h"
#include "sadb/sp.h"

enum kern_feature {
	KERN_ESP = 1 << 0,
	KERN_AH = 1 << 1,
	KERN_IPCOMP = 1 << 2,
	KERN_ESN = 1 << 3,
	KERN_MARK = 1 << 4,
	KERN_IFID = 1 << 5,
	KERN_MIGRATE = 1 << 6,
	KERN_EVENTS_ALL = 1 << 7, /* reports changes that others make */
	KERN_FEW_ALGS = 1 << 8,   /* takes what PF_KEY can name only: kern_takes_alg() */
};

/*
 * Can a kernel with |features| be given |id|?  PF_KEY on Linux has no AEAD ciphers, and of SHA-256 only the form with 96 bits.
 * Whether the kernel has code for it is another matter.
 */
static inline bool
kern_takes_alg(unsigned features, uint16_t id)
{
	const struct alg *a = alg_get(id);

	if ((features & KERN_FEW_ALGS) == 0 || a == NULL)
		return true;
	return a->pfkey != ALG_NO_NUMBER && (a->flags & ALG_AEAD) == 0 &&
	       id != INTEG_HMAC_SHA256_128;
}

enum kern_event_kind {
	KERN_EV_ACQUIRE, /* a packet needs an SA */
	KERN_EV_SOFT,
	KERN_EV_HARD, /* SA lifetime */
	KERN_EV_SA_NEW,
	KERN_EV_SA_UPDATE,
	KERN_EV_SA_DELETE,
	KERN_EV_SA_FLUSH,
	KERN_EV_SP_NEW,
	KERN_EV_SP_UPDATE,
	KERN_EV_SP_DELETE,
	KERN_EV_SP_FLUSH,
	KERN_EV_SP_EXPIRE,
	KERN_EV_MAPPING, /* peer's NAT mapping changed */
	KERN_EV_MIGRATE,
	KERN_EV_OVERRUN, /* events were lost: everything is unknown until the next dump */
};

struct kern_event {
	enum kern_event_kind kind;
	struct sa_spec sa; /* SOFT, HARD, SA_*; MAPPING: the old one. Keys are never in events. */
	struct sp_spec sp; /* SP_*, and the policy of an ACQUIRE (templates included) */
	/* ACQUIRE */
	struct addr acq_src, acq_dst; /* addresses the SA is wanted between */
	struct sa_selector acq_sel;   /* the packet */
	uint32_t acq_seq;
	/* MAPPING */
	struct endpoint map_new;
	uint8_t flush_proto; /* SA_FLUSH: enum prop_proto, PROTO_NONE: all */
	uint32_t pid;        /* netlink port id of who caused it, 0: the kernel or not known */
};

struct kern;

/* Who gets events. */
typedef void
kern_event_fn(void *arg, const struct kern_event *ev);

/* One row of a dump: exactly one of |sa| and |sp| is not NULL. */
typedef void
kern_row_fn(
    void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp);

enum { KERN_DUMP_SA = 1, KERN_DUMP_SP = 2 };

struct kern_ops {
	const char *name; /* "xfrm", "pfkey", "sim" */
	/* Reserve |id|.spi for an inbound SA (a larval state).  IKE_E_EXISTS: taken, pick another. */
	ike_err (*sa_reserve)(struct kern *, const struct sa_id *id, const struct addr *src,
	    uint8_t mode, uint32_t reqid);
	/* Add the SA, or turn a larval state of the same id into it when |larval|.  Does not wipe |keys|. */
	ike_err (*sa_install)(
	    struct kern *, const struct sa_spec *, const struct sa_keys *keys, bool larval);
	/* Other ends, and UDP encapsulation between the ports; ports 0: none.  IKE_E_NOTFOUND, IKE_E_UNSUPPORTED, IKE_E_STATE: larval. */
	ike_err (*sa_readdress)(struct kern *, const struct sa_id *, const struct endpoint *src,
	    const struct endpoint *dst);
	ike_err (*sa_delete)(
	    struct kern *, const struct sa_id *, const struct addr *src); /* IKE_E_NOTFOUND */
	/* IKE_E_NOTFOUND; |spec_out| may be NULL. */
	ike_err (*sa_get)(struct kern *, const struct sa_id *, const struct addr *src,
	    struct sa_spec *spec_out, struct sa_usage *usage_out);
	/* PROTO_NONE: all. */
	ike_err (*sa_flush)(struct kern *, uint8_t proto);
	/* |replace|: put in place of one with the same id, atomically; else IKE_E_EXISTS. */
	ike_err (*sp_install)(struct kern *, const struct sp_spec *, bool replace);
	ike_err (*sp_delete)(struct kern *, const struct sp_id *); /* IKE_E_NOTFOUND */
	ike_err (*sp_flush)(struct kern *);
	/*
	 * All SAs and/or policies; |fn| must not call back into the kernel.  After an error the rows that came are worthless: some
	 * may be missing.
	 */
	ike_err (*dump)(struct kern *, unsigned what, kern_row_fn *fn, void *arg);
	/* Ready an IKE socket: bypass policies both ways; |encap|: UDP encapsulation of ESP as well. */
	ike_err (*socket_prepare)(struct kern *, int fd, uint8_t family, bool encap);
	/* Tell the kernel that an ACQUIRE will not be answered, so that the next packet asks again. */
	ike_err (*acquire_failed)(
	    struct kern *, uint32_t seq, const struct sa_id *id, const struct addr *src);
	int (*fd)(struct kern *);        /* readable when events wait; -1: none */
	void (*readable)(struct kern *); /* read events and pass them to on_event */
	void (*free)(struct kern *);
};

struct kern {
	const struct kern_ops *ops;
	unsigned features; /* enum kern_feature, probed at creation */
	kern_event_fn *on_event;
	void *event_arg;
	uint32_t pid;     /* in events that we caused ourselves, if they are reported; 0: not known */
	int errnum;       /* errno of the last refusal */
	char reason[240]; /* "Requested type not found (Protocol not supported; kernel module esp4 missing ...)" */
};

#endif
