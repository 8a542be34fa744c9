/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/xfrm_priv.h"

#include <errno.h>
#include <string.h>

void
xfrm_reason_clear(struct kern *k)
{
	k->errnum = 0;
	k->reason[0] = '\0';
}

void
xfrm_refusal_keep(const struct kern *k, struct xfrm_refusal *out)
{
	out->errnum = k->errnum;
	memcpy(out->reason, k->reason, sizeof(out->reason));
}

void
xfrm_refusal_restore(struct kern *k, const struct xfrm_refusal *r)
{
	k->errnum = r->errnum;
	memcpy(k->reason, r->reason, sizeof(k->reason));
}

/* --- what is missing --- */

struct part {
	const char *module, *config;
};

static struct part
type_part(const struct sa_spec *s)
{
	bool v6 = s->id.dst.family == 6;

	switch (s->id.proto) {
	case PROTO_AH:
		return v6 ? (struct part){ "ah6", "CONFIG_INET6_AH" }
			  : (struct part){ "ah4", "CONFIG_INET_AH" };
	case PROTO_IPCOMP:
		return v6 ? (struct part){ "ipcomp6", "CONFIG_INET6_IPCOMP" }
			  : (struct part){ "ipcomp", "CONFIG_INET_IPCOMP" };
	default:
		return v6 ? (struct part){ "esp6", "CONFIG_INET6_ESP" }
			  : (struct part){ "esp4", "CONFIG_INET_ESP" };
	}
}

/* The kernel's options for an algorithm, and the generators of its IVs, without which an SA is refused as well. */
static const struct {
	uint16_t id;
	const char *config;
} configs[] = {
	{ ENCR_DES, "CONFIG_CRYPTO_DES CBC" },
	{ ENCR_3DES, "CONFIG_CRYPTO_DES CBC" },
	{ ENCR_BLOWFISH, "CONFIG_CRYPTO_BLOWFISH CBC" },
	{ ENCR_CAST128, "CONFIG_CRYPTO_CAST5 CBC" },
	{ ENCR_AES_CBC, "CONFIG_CRYPTO_AES CBC ECHAINIV" },
	{ ENCR_AES_CTR, "CONFIG_CRYPTO_AES CTR SEQIV" },
	{ ENCR_CAMELLIA_CBC, "CONFIG_CRYPTO_CAMELLIA CBC" },
	{ ENCR_TWOFISH, "CONFIG_CRYPTO_TWOFISH CBC" },
	{ ENCR_AES_GCM_8, "CONFIG_CRYPTO_GCM SEQIV" },
	{ ENCR_AES_GCM_12, "CONFIG_CRYPTO_GCM SEQIV" },
	{ ENCR_AES_GCM_16, "CONFIG_CRYPTO_GCM SEQIV" },
	{ ENCR_AES_CCM_8, "CONFIG_CRYPTO_CCM SEQIV" },
	{ ENCR_AES_CCM_12, "CONFIG_CRYPTO_CCM SEQIV" },
	{ ENCR_AES_CCM_16, "CONFIG_CRYPTO_CCM SEQIV" },
	{ ENCR_CHACHA20_POLY1305, "CONFIG_CRYPTO_CHACHA20POLY1305 SEQIV" },
	{ ENCR_NULL, "CONFIG_CRYPTO_NULL" },
	{ ENCR_NULL_AES_GMAC, "CONFIG_CRYPTO_GCM SEQIV" },
	{ INTEG_HMAC_MD5_96, "CONFIG_CRYPTO_HMAC MD5" },
	{ INTEG_HMAC_SHA1_96, "CONFIG_CRYPTO_HMAC SHA1" },
	{ INTEG_HMAC_SHA256_96, "CONFIG_CRYPTO_HMAC SHA256" },
	{ INTEG_HMAC_SHA256_128, "CONFIG_CRYPTO_HMAC SHA256" },
	{ INTEG_HMAC_SHA384_192, "CONFIG_CRYPTO_HMAC SHA512" },
	{ INTEG_HMAC_SHA512_256, "CONFIG_CRYPTO_HMAC SHA512" },
	{ INTEG_AES_XCBC_96, "CONFIG_CRYPTO_XCBC" },
	{ INTEG_AES_CMAC_96, "CONFIG_CRYPTO_CMAC" },
	{ INTEG_HMAC_RIPEMD160_96, "CONFIG_CRYPTO_HMAC RMD160" },
	{ COMP_DEFLATE, "CONFIG_CRYPTO_DEFLATE" },
};

static const char *
config_of(uint16_t id)
{
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++)
		if (configs[i].id == id)
			return configs[i].config;
	return NULL;
}

static void
add_alg(struct text *t, uint16_t id, bool config)
{
	const struct alg *a = alg_get(id);

	if (a == NULL)
		return;
	text_char(t, ' ');
	text_add(t, a->xfrm != NULL ? a->xfrm : a->name);
	if (config && config_of(id) != NULL)
		text_addf(t, " (%s)", config_of(id));
}

static void
add_algs(struct text *t, const struct sa_spec *s, bool config)
{
	add_alg(t, s->encr, config);
	add_alg(t, s->integ, config);
	add_alg(t, s->comp, config);
}

/* The refusal of an SA, in the cases known from practice. */
static void
add_sa_hint(struct text *t, enum xfrm_ask what, int errnum, const struct sa_spec *s)
{
	struct part p = type_part(s);

	switch (errnum) {
	case EPROTONOSUPPORT:
		text_addf(t, "; kernel module %s missing (%s)", p.module, p.config);
		break;
	case ENOSYS:
	case EOPNOTSUPP:
		text_add(t, "; unknown to this kernel, one of:");
		add_algs(t, s, true);
		break;
	case ENOENT:
		text_add(t, "; no crypto module for one of:");
		add_algs(t, s, true);
		break;
	case EINVAL:
		text_add(t, "; in an SA with");
		add_algs(t, s, false);
		break;
	case ESRCH:
		if (what == ASK_SA_UPDATE)
			text_add(t, "; its SPI is no longer reserved (net.core.xfrm_acq_expires)");
		break;
	default:
		break;
	}
}

static void
add_hint(struct text *t, enum xfrm_ask what, int errnum, const struct sa_spec *s)
{
	if (errnum == EPERM)
		text_add(t, "; needs CAP_NET_ADMIN");
	else if (errnum == ENOMEM)
		text_add(t, "; the kernel is out of memory, or of what this control group may have");
	else if (s != NULL && (what == ASK_SA_ADD || what == ASK_SA_UPDATE))
		add_sa_hint(t, what, errnum, s);
	else if (what == ASK_SP && errnum == EINVAL)
		text_add(t, "; no valid combination of direction, level, mode and addresses");
	else if (what == ASK_SOCKET && errnum == EOPNOTSUPP)
		text_add(t, "; kernel option CONFIG_XFRM missing");
}

static ike_err
code_of(enum xfrm_ask what, int errnum)
{
	switch (errnum) {
	case EEXIST:
		return IKE_E_EXISTS;
	case ENOENT:
		/* ALLOCSPI: the one SPI we offered is taken; adding an SA: no such algorithm */
		return what == ASK_SA_RESERVE ? IKE_E_EXISTS
		       : what == ASK_SA_ADD || what == ASK_SA_UPDATE ? IKE_E_KERNEL
								     : IKE_E_NOTFOUND;
	case ESRCH:
		return IKE_E_NOTFOUND;
	default:
		return IKE_E_KERNEL;
	}
}

ike_err
xfrm_refused(
    struct kern *k, enum xfrm_ask what, int errnum, const char *text, const struct sa_spec *s)
{
	struct text t = text_in(k->reason, sizeof(k->reason));
	char buf[64];
	bool own_words = text != NULL && text[0] != '\0';

	k->errnum = errnum;
	if (own_words) {
		text_add(&t, text);
		text_add(&t, " (");
	}
	text_add(&t, strerror_r(errnum, buf, sizeof(buf)));
	add_hint(&t, what, errnum, s);
	if (own_words)
		text_char(&t, ')');
	return code_of(what, errnum);
}

ike_err
xfrm_unmade(struct kern *k, ike_err err, const struct sa_spec *s)
{
	struct text t = text_in(k->reason, sizeof(k->reason));

	k->errnum = EINVAL;
	switch (err) {
	case IKE_E_UNSUPPORTED:
		k->errnum = EOPNOTSUPP;
		text_add(&t, "not possible with XFRM");
		break;
	case IKE_E_RANGE:
		text_add(&t, "Invalid argument");
		break;
	default:
		text_add(&t, ike_err_text(err));
		break;
	}
	if (s != NULL && (s->encr != 0 || s->integ != 0 || s->comp != 0)) {
		text_char(&t, ':');
		add_algs(&t, s, false);
	}
	return err;
}
