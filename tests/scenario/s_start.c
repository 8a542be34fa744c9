/* SPDX-License-Identifier: BSD-3-Clause */
#include "scenario/hosts.h"
int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, NULL, 0);
}
