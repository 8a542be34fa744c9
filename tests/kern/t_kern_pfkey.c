/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The conformance suite on the kernel below, through PF_KEY.  Each case runs in a network namespace of its own, so that
 * nothing of the host is touched.  Exit status 77 (skipped) where that is not permitted or the kernel has none.
 */
#include "kern/conform.h"

#include <stdio.h>
#include <stdlib.h>

int
main(void)
{
	const struct conform_backend *b = conform_real("pfkey", "pfkey");
	char said[200];
	struct text why = text_in(said, sizeof(said));

	if (!conform_real_works(b, &why)) {
		printf("skip pfkey: %s\n", said);
		return 77;
	}
	return conform_run(b, "pfkey", NULL) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
