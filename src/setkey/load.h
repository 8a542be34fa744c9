/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load - a whole file as a difference: what it says and the kernel already has stays untouched.
 */
#ifndef SETKEY_LOAD_H
#define SETKEY_LOAD_H

#include "setkey/exec.h"
#include "setkey/plan.h"

struct load_counts {
	unsigned same, added, changed, removed; /* policies and SAs */
};

/* Does |list| begin with a flush, so that it can be loaded as a difference? */
bool
setkey_loads(const struct setkey_list *list);

/*
 * Make the kernel what |list| says.  Refusals are printed and counted as in setkey_exec(), and the rest goes on.
 * IKE_E_NOMEM is the only error; what has been done stays.
 */
MUST_USE ike_err
setkey_load(struct setkey_run *r, const struct setkey_list *list, struct load_counts *count);

/* How would the kernel's policies have to change for those of |list|?  Changes nothing.  IKE_E_NOMEM. */
MUST_USE ike_err
setkey_compare(struct setkey_run *r, const struct setkey_list *list, struct load_counts *count);

/* Is |have| in the kernel what |want| asks for?  Numbers that somebody gave where |want| leaves them open do not count. */
bool
load_sp_fits(const struct sp_spec *want, const struct sp_spec *have);

#endif
