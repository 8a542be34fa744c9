/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/pfkey_ext.h"

#include <linux/pfkeyv2.h>
#include <string.h>

const char *
pfkey_type_name(uint8_t type)
{
	static const char *const names[] = {
		[SADB_GETSPI] = "GETSPI",
		[SADB_UPDATE] = "UPDATE",
		[SADB_ADD] = "ADD",
		[SADB_DELETE] = "DELETE",
		[SADB_GET] = "GET",
		[SADB_ACQUIRE] = "ACQUIRE",
		[SADB_REGISTER] = "REGISTER",
		[SADB_EXPIRE] = "EXPIRE",
		[SADB_FLUSH] = "FLUSH",
		[SADB_DUMP] = "DUMP",
		[SADB_X_PROMISC] = "X_PROMISC",
		[SADB_X_PCHANGE] = "X_PCHANGE",
		[SADB_X_SPDUPDATE] = "X_SPDUPDATE",
		[SADB_X_SPDADD] = "X_SPDADD",
		[SADB_X_SPDDELETE] = "X_SPDDELETE",
		[SADB_X_SPDGET] = "X_SPDGET",
		[SADB_X_SPDACQUIRE] = "X_SPDACQUIRE",
		[SADB_X_SPDDUMP] = "X_SPDDUMP",
		[SADB_X_SPDFLUSH] = "X_SPDFLUSH",
		[SADB_X_SPDSETIDX] = "X_SPDSETIDX",
		[SADB_X_SPDEXPIRE] = "X_SPDEXPIRE",
		[SADB_X_SPDDELETE2] = "X_SPDDELETE2",
		[SADB_X_NAT_T_NEW_MAPPING] = "X_NAT_T_NEW_MAPPING",
		[SADB_X_MIGRATE] = "X_MIGRATE",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

ike_err
pfkey_next_msg(struct slice *rest, struct slice *out)
{
	struct sadb_msg h;
	size_t n;

	if (rest->n < sizeof(h))
		return IKE_E_SHORT;
	memcpy(&h, rest->p, sizeof(h));
	n = (size_t)h.sadb_msg_len * PFKEY_UNIT;
	if (h.sadb_msg_version != PF_KEY_V2 || n < sizeof(h))
		return IKE_E_FORMAT;
	if (n > rest->n)
		return IKE_E_SHORT;
	*out = slice_of(rest->p, n);
	*rest = slice_of(rest->p + n, rest->n - n);
	return IKE_OK;
}
