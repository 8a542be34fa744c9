/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/ike/exch.h"

#define P(kind) PLD_BIT(PK_##kind)

/* What may stand in a message more than once.  (IKEv1's quick mode has two IDs; how many is its handlers' business.) */
#define MANY (P(NOTIFY) | P(VID) | P(CERT) | P(CERTREQ) | P(NATD) | P(NATOA) | P(DELETE) | P(ID) | P(CP) | P(UNKNOWN))

/* RFC 2408 section 3.1: 128 to 255 are for private use; what is not known of them can only be passed over. */
static bool
only_private(const struct payloads *pl)
{
	for (unsigned i = 0; i < pl->n; i++)
		if (pl->v[i].kind == PK_UNKNOWN && pl->v[i].type < 128)
			return false;
	return true;
}

ike_err
exch_check(const struct step *row, const struct payloads *pl, uint8_t major)
{
	pldset allowed = row->need | row->may | P(UNKNOWN);

	/*
	 * RFC 7296 section 2.5: "If the critical flag is set and the payload type is unrecognized, the message MUST be
	 * rejected"; "If the critical flag is not set and the payload type is unsupported, that payload MUST be ignored."
	 */
	if (pl->bad_critical)
		return IKE_E_CRITICAL;
	if (major == 1 && (pl->seen & P(UNKNOWN)) != 0 && !only_private(pl))
		return IKE_E_UNEXPECTED;
	if ((pl->seen & row->need) != row->need)
		return IKE_E_MISSING;
	if ((pl->seen & ~allowed) != 0 || (pl->twice & ~MANY) != 0)
		return IKE_E_UNEXPECTED;
	return IKE_OK;
}
