/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#define AT(field) offsetof(struct conf_timers, field)

static const struct directive rows[] = {
	{ ROW("counter", dir_number, AT(counter)), .max = 100 },
	{ ROW("interval", dir_time, AT(interval)), .min = 1 },
	{ ROW("persend", dir_number, AT(persend)), .min = 1, .max = 10 },
	{ ROW("phase1", dir_time, AT(phase1)), .min = 1 },
	{ ROW("phase2", dir_time, AT(phase2)), .min = 1 },
	{ ROW("natt_keepalive", dir_time, AT(natt_keepalive)) },
	{ ROW("audit", dir_time, AT(audit)) },
	{ ROW("auto_exit_delay", dir_none, 0), .flags = DIR_IGNORED,
	    .note = "Apple's; the daemon does not exit by itself" },
};

DIR_TABLE(dir_timer, "timer", rows);
