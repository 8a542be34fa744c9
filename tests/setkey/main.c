/* SPDX-License-Identifier: BSD-3-Clause */
/* undump: standard input, a dump of setkey, as statements on standard output. */
#include "setkey/undump.h"

int
main(void)
{
	return undump(stdin, stdout) && fflush(stdout) == 0 ? 0 : 1;
}
