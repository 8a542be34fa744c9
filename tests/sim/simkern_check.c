/* SPDX-License-Identifier: BSD-3-Clause */
/* What a kernel refuses of an SA, and a digest that stands for its keys. */
#include "sim/simkern_int.h"

#include <errno.h>
#include <string.h>

static const uint8_t digest_seed[16] = "simulated digest";

/* Has the kernel's interface a name for it? */
static bool
is_known(uint16_t id)
{
	const struct alg *a = alg_get(id);

	return id == ALG_ID_NONE || (a != NULL && a->xfrm != NULL);
}

static bool
key_fits(uint16_t id, uint16_t bits, uint16_t len)
{
	const struct alg *a = alg_get(id);

	return a != NULL && (bits == 0 || alg_key_ok(a, bits)) && alg_keymat_len(a, bits) == len;
}

/* What the kernel's init_state functions refuse. */
int
sim_check_install(const struct simkern *k, const struct sa_spec *s, const struct sa_keys *keys)
{
	const struct alg *encr = alg_get(s->encr);
	unsigned needs = s->id.proto == PROTO_ESP  ? KERN_ESP
			 : s->id.proto == PROTO_AH ? KERN_AH
						   : KERN_IPCOMP;

	if ((k->features & needs) == 0 ||
	    ((s->flags & SA_ESN) != 0 && (k->features & KERN_ESN) == 0))
		return EPROTONOSUPPORT;
	if (!is_known(s->encr) || !is_known(s->integ) || !is_known(s->comp))
		return EOPNOTSUPP;
	if (!kern_takes_alg(k->features, s->encr) || !kern_takes_alg(k->features, s->integ))
		return EOPNOTSUPP;
	if ((s->mark_mask != 0 && (k->features & KERN_MARK) == 0) ||
	    (s->if_id != 0 && (k->features & KERN_IFID) == 0))
		return EOPNOTSUPP;
	if (s->id.spi == 0 || (s->mode != MODE_TRANSPORT && s->mode != MODE_TUNNEL))
		return EINVAL;
	if (s->id.proto == PROTO_IPCOMP)
		return s->comp == ALG_ID_NONE ? EINVAL : 0;
	if ((s->id.proto == PROTO_ESP) != (encr != NULL))
		return EINVAL;
	if (encr != NULL && !key_fits(s->encr, s->encr_bits, keys->encr_len))
		return EINVAL;
	if (encr != NULL && (encr->flags & ALG_AEAD) != 0 && s->integ != ALG_ID_NONE &&
	    s->integ != INTEG_NONE)
		return EINVAL;
	if (s->integ != ALG_ID_NONE && s->integ != INTEG_NONE)
		return key_fits(s->integ, 0, keys->integ_len) ? 0 : EINVAL;
	return s->id.proto == PROTO_AH ? EINVAL : 0;
}

uint64_t
sim_digest(const struct sa_spec *s, const struct sa_keys *keys)
{
	uint8_t b[sizeof(keys->encr) + sizeof(keys->integ) + 8];
	uint16_t integ = s->integ == INTEG_NONE ? ALG_ID_NONE : s->integ;
	size_t n = 0;
	uint64_t d;

	memcpy(b, keys->encr, keys->encr_len);
	n += keys->encr_len;
	memcpy(b + n, keys->integ, keys->integ_len);
	n += keys->integ_len;
	memcpy(b + n, &s->encr, 2);
	memcpy(b + n + 2, &integ, 2); /* the truncation is in the id */
	memcpy(b + n + 4, &s->comp, 2);
	memcpy(b + n + 6, &keys->encr_len, 2);
	d = siphash24(digest_seed, slice_of(b, n + 8));
	explicit_bzero(b, sizeof(b));
	return d;
}
