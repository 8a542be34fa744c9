/* SPDX-License-Identifier: BSD-3-Clause */
#include "fault.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "lab.h"

const char *const fault_names[FAULT_KINDS] = { "sa-out", "sa-in", "sa-pair", "sa-flush", "sa-change", "sa-foreign", "sa-stray", "sa-twin",
	"sa-migrate", "sp-delete", "sp-priority", "sp-action", "sp-proto", "sp-flush", "sp-foreign" };

#define FIRST_SPI 0x7777
#define STRAY_REQID 0x5254fff0 /* in the range that the daemon keeps for itself */
#define FOREIGN_ADDR 0xc000024d /* 192.0.2.77 */
#define SLOW_MS 100 /* long enough for a packet of each flow */

/* Each SA added here has an SPI of its own, so that what an earlier fault left is not taken for what a later one did. */
static uint32_t last_spi = FIRST_SPI;

/* The SPI of the SA that was changed last. */
static uint32_t changed_spi;

static uint32_t
fresh_spi(void)
{
	return htonl(++last_spi);
}

/* room for any request made here */
struct request {
	struct nlmsghdr h;
	char body[2048];
};

static void
begin(struct request *r, uint16_t type, const void *body, size_t len)
{
	memset(r, 0, sizeof(*r));
	r->h.nlmsg_type = type;
	r->h.nlmsg_len = (uint32_t)NLMSG_LENGTH(len);
	memcpy(NLMSG_DATA(&r->h), body, len);
}

static void
ask(struct host *host, struct request *r, const char *what)
{
	int err = kdump_ask(host->k, &r->h);

	if (err != 0) {
		fprintf(stderr, "inject: %s: %s: %s\n", host->name, what, strerror(err));
		exit(2);
	}
}

/* An SA may have gone by itself meanwhile; true if it was there. */
static bool
delete_sa(struct host *host, uint32_t dst, uint32_t spi, uint8_t proto)
{
	struct xfrm_usersa_id id = { .daddr.a4 = dst, .spi = spi, .family = AF_INET, .proto = proto };
	struct request r;
	int err;

	begin(&r, XFRM_MSG_DELSA, &id, sizeof(id));
	err = kdump_ask(host->k, &r.h);
	return err == 0;
}

/*
 * Delete the SAs from |src| to |dst|, as setkey's deleteall does; return how many.
 */
static unsigned
delete_all(struct host *host, uint32_t src, uint32_t dst)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < host->k->n_sas; i++) {
		const struct ksa *sa = &host->k->sas[i];

		if (sa->src == src && sa->dst == dst && !sa->larval)
			n += delete_sa(host, dst, sa->spi, sa->proto);
	}
	return n;
}

static void
flush_sas(struct host *host)
{
	struct xfrm_usersa_flush flush = { .proto = 0 };
	struct request r;

	begin(&r, XFRM_MSG_FLUSHSA, &flush, sizeof(flush));
	ask(host, &r, "flushing the SAs");
}

static unsigned
count_live(const struct kdump *k)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < k->n_sas; i++)
		n += !k->sas[i].larval;
	return n;
}

static void
add_sa(struct host *host, uint32_t dst, uint32_t spi, uint32_t reqid)
{
	union { struct xfrm_algo a; char room[sizeof(struct xfrm_algo) + 16]; } enc = { .room = "" };
	union { struct xfrm_algo_auth a; char room[sizeof(struct xfrm_algo_auth) + 32]; } auth = { .room = "" };
	struct xfrm_usersa_info sa = { .id = { .daddr.a4 = dst, .spi = spi, .proto = IPPROTO_ESP },
		.saddr.a4 = host->addr, .family = AF_INET, .mode = XFRM_MODE_TRANSPORT, .reqid = reqid };
	struct request r;

	sa.sel.family = AF_INET;
	sa.lft.soft_byte_limit = sa.lft.hard_byte_limit = XFRM_INF;
	sa.lft.soft_packet_limit = sa.lft.hard_packet_limit = XFRM_INF;
	enc.a.alg_key_len = 128;
	auth.a.alg_key_len = 256;
	auth.a.alg_trunc_len = 128;
	strcpy(enc.a.alg_name, "cbc(aes)");
	strcpy(auth.a.alg_name, "hmac(sha256)");
	begin(&r, XFRM_MSG_NEWSA, &sa, sizeof(sa));
	kdump_attr(&r.h, sizeof(r), XFRMA_ALG_CRYPT, &enc, sizeof(enc));
	kdump_attr(&r.h, sizeof(r), XFRMA_ALG_AUTH_TRUNC, &auth, sizeof(auth));
	ask(host, &r, "adding an SA");
}

static void
write_policy(struct host *host, uint16_t type, const struct kpol *p)
{
	struct xfrm_userpolicy_info info = { .sel = p->sel, .dir = p->dir, .action = p->action, .priority = p->priority };
	struct request r;

	info.lft.soft_byte_limit = info.lft.hard_byte_limit = XFRM_INF;
	info.lft.soft_packet_limit = info.lft.hard_packet_limit = XFRM_INF;
	begin(&r, type, &info, sizeof(info));
	if (p->n_tmpl > 0)
		kdump_attr(&r.h, sizeof(r), XFRMA_TMPL, &p->tmpl, sizeof(p->tmpl));
	ask(host, &r, "writing a policy");
}

static void
delete_policy(struct host *host, const struct kpol *p)
{
	struct xfrm_userpolicy_id id = { .sel = p->sel, .dir = p->dir };
	struct request r;

	begin(&r, XFRM_MSG_DELPOLICY, &id, sizeof(id));
	ask(host, &r, "deleting a policy");
}

static void
flush_policies(struct host *host)
{
	struct request r;

	begin(&r, XFRM_MSG_FLUSHPOLICY, "", 0);
	ask(host, &r, "flushing the policies");
}

/* Block 198.51.100.0/24, of which nobody here has an address. */
static struct kpol
foreign_policy(void)
{
	struct kpol p = { .dir = XFRM_POLICY_OUT, .action = XFRM_POLICY_BLOCK, .priority = 77 };

	p.sel.family = AF_INET;
	p.sel.daddr.a4 = htonl(0xc6336400);
	p.sel.prefixlen_d = 24;
	return p;
}

static const struct ksa *
find_sa(const struct kdump *k, uint32_t src, uint32_t dst)
{
	size_t i;

	for (i = 0; i < k->n_sas; i++)
		if (k->sas[i].src == src && k->sas[i].dst == dst && !k->sas[i].larval)
			return &k->sas[i];
	return NULL;
}

/* How many SAs of ours there are. */
static unsigned
count_foreign(const struct kdump *k)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < k->n_sas; i++)
		n += k->sas[i].dst == htonl(FOREIGN_ADDR);
	return n;
}

/* One of the policies with IPsec, by number. */
static const struct kpol *
pick_policy(const struct kdump *k, unsigned pick)
{
	size_t i, n = 0;

	for (i = 0; i < k->n_pols; i++)
		n += k->pols[i].n_tmpl > 0;
	if (n == 0)
		return NULL;
	pick %= (unsigned)n;
	for (i = 0; k->pols[i].n_tmpl == 0 || pick > 0; i++)
		pick -= k->pols[i].n_tmpl > 0;
	return &k->pols[i];
}

/*
 * Move the SA towards |peer| to an address that is nobody's, and return how many were moved.  The kernel deletes it and adds another,
 * and reports only the move.
 */
static unsigned
migrate(struct host *host, const struct host *peer)
{
	struct xfrm_user_migrate m = { .proto = IPPROTO_ESP, .mode = XFRM_MODE_TRANSPORT, .old_family = AF_INET,
		.new_family = AF_INET };
	struct xfrm_userpolicy_id id = { .dir = XFRM_POLICY_OUT };
	const struct kdump *k = host->k;
	struct request r;
	const struct ksa *sa = find_sa(k, host->addr, peer->addr);
	size_t pol;

	for (pol = 0; pol < k->n_pols; pol++)
		if (k->pols[pol].dir == XFRM_POLICY_OUT && k->pols[pol].sel.daddr.a4 == peer->addr && k->pols[pol].n_tmpl > 0)
			break;
	if (!sa || pol == k->n_pols)
		return 0;
	id.sel = k->pols[pol].sel;
	m.reqid = sa->reqid;
	m.old_saddr.a4 = m.new_saddr.a4 = host->addr;
	m.old_daddr.a4 = peer->addr;
	m.new_daddr.a4 = htonl(FOREIGN_ADDR);
	begin(&r, XFRM_MSG_MIGRATE, &id, sizeof(id));
	kdump_attr(&r.h, sizeof(r), XFRMA_MIGRATE, &m, sizeof(m));
	ask(host, &r, "moving an SA");
	return 1;
}

/*
 * Another SA in the place of the one towards |peer|, with the same name and other keys.  The daemon tells them apart by the second of
 * their birth if nobody reports it.  |slow|: packets come in between, for which the kernel asks the daemon.
 */
static bool
change_sa(struct host *host, const struct host *peer, bool slow, struct fault_done *done)
{
	const struct ksa *sa = find_sa(host->k, host->addr, peer->addr);

	if (!sa)
		return false;
	while ((uint64_t)time(NULL) <= sa->added)
		poll(NULL, 0, 50);
	if (!delete_sa(host, sa->dst, sa->spi, sa->proto))
		return false;
	if (slow)
		poll(NULL, 0, SLOW_MS);
	add_sa(host, sa->dst, sa->spi, sa->reqid);
	changed_spi = sa->spi;
	done->sas_changed = 1;
	return true;
}

static bool
do_sa(enum fault_kind kind, struct host *host, const struct host *peer, unsigned pick, struct fault_done *done)
{
	const struct ksa *sa;

	if (kind == FAULT_SA_OUT || kind == FAULT_SA_PAIR)
		done->sas_gone += delete_all(host, host->addr, peer->addr);
	if (kind == FAULT_SA_IN || kind == FAULT_SA_PAIR)
		done->sas_gone += delete_all(host, peer->addr, host->addr);
	if (kind == FAULT_SA_FLUSH) {
		done->sas_gone = count_live(host->k);
		flush_sas(host);
	}
	if (kind == FAULT_SA_FOREIGN)
		add_sa(host, htonl(FOREIGN_ADDR), fresh_spi(), 0);
	if (kind == FAULT_SA_STRAY) {
		add_sa(host, htonl(FOREIGN_ADDR), fresh_spi(), STRAY_REQID);
		done->stray = 1;
	}
	if (kind == FAULT_SA_CHANGE)
		return change_sa(host, peer, pick % 2 != 0, done);
	if (kind == FAULT_SA_TWIN && (sa = find_sa(host->k, host->addr, peer->addr))) {
		add_sa(host, peer->addr, fresh_spi(), sa->reqid);
		done->twins = 1;
		return true;
	}
	if (kind == FAULT_SA_MIGRATE) {
		done->sas_gone = done->stray = migrate(host, peer);
		return done->stray > 0;
	}
	return kind == FAULT_SA_FOREIGN || kind == FAULT_SA_STRAY || done->sas_gone > 0;
}

static bool
change_policy(enum fault_kind kind, struct host *host, const struct kpol *old, struct fault_done *done)
{
	struct kpol p = *old;

	if (kind == FAULT_SP_PRIORITY)
		p.priority += 5;
	if (kind == FAULT_SP_ACTION)
		p.action = XFRM_POLICY_BLOCK;
	if (kind == FAULT_SP_PROTO)
		p.tmpl.id.proto = IPPROTO_AH;
	write_policy(host, XFRM_MSG_UPDPOLICY, &p);
	done->pols_changed = 1;
	return true;
}

bool
fault_do(enum fault_kind kind, struct host *host, const struct host *peer, unsigned pick, struct fault_done *done)
{
	struct kpol foreign = foreign_policy();
	const struct kpol *p;

	memset(done, 0, sizeof(*done));
	kdump_sas(host->k);
	kdump_pols(host->k);
	p = pick_policy(host->k, pick);
	if (kind <= FAULT_SA_MIGRATE)
		return do_sa(kind, host, peer, pick, done);
	if (kind == FAULT_SP_FOREIGN) {
		write_policy(host, XFRM_MSG_NEWPOLICY, &foreign);
		return true;
	}
	if (!p)
		return false;
	if (kind == FAULT_SP_DELETE) {
		delete_policy(host, p);
		done->pols_gone = 1;
		return true;
	}
	if (kind == FAULT_SP_FLUSH) {
		done->pols_gone = (unsigned)host->k->n_pols;
		flush_policies(host);
		return true;
	}
	return change_policy(kind, host, p, done);
}

bool
fault_bystander_fine(enum fault_kind kind, struct host *host)
{
	struct kpol foreign = foreign_policy();
	size_t i;

	if (kind == FAULT_SA_CHANGE) {
		kdump_sas(host->k);
		for (i = 0; i < host->k->n_sas; i++)
			if (host->k->sas[i].spi == changed_spi)
				return false;
		return true;
	}
	if (kind >= FAULT_SA_FOREIGN && kind <= FAULT_SA_MIGRATE) {
		kdump_sas(host->k);
		return count_foreign(host->k) == (kind == FAULT_SA_FOREIGN);
	}
	if (kind != FAULT_SP_FOREIGN)
		return true;
	kdump_pols(host->k);
	for (i = 0; i < host->k->n_pols; i++)
		if (host->k->pols[i].priority == foreign.priority && host->k->pols[i].action == foreign.action)
			return true;
	return false;
}

void
fault_tidy(enum fault_kind kind, struct host *host)
{
	struct kpol foreign = foreign_policy();

	if (kind == FAULT_SA_FOREIGN)
		delete_all(host, host->addr, htonl(FOREIGN_ADDR));
	if (kind == FAULT_SP_FOREIGN)
		delete_policy(host, &foreign);
}

void
fault_noise(struct host *host, unsigned n)
{
	while (n-- > 0) {
		add_sa(host, htonl(FOREIGN_ADDR), fresh_spi(), 0);
		delete_sa(host, htonl(FOREIGN_ADDR), htonl(last_spi), IPPROTO_ESP);
	}
}
