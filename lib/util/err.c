/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/err.h"

static const struct err_info infos[] = {
#define X(name, class, v1, v2, text) [IKE_E_##name] = { #name, text, class, v1, v2 },
	IKE_ERR_LIST(X)
#undef X
};

static const struct err_info outside = { "UNKNOWN", "unknown error", ERR_FAIL, 0, 0 };

const struct err_info *
ike_err_info(ike_err err)
{
	unsigned n = (unsigned)err;

	return n < IKE_E_COUNT ? &infos[n] : &outside;
}

const char *
ike_err_text(ike_err err)
{
	return ike_err_info(err)->text;
}
