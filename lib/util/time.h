/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * time - instants and spans, both in nanoseconds of a clock that never goes back.  The clock itself is the caller's.
 */
#ifndef UTIL_TIME_H
#define UTIL_TIME_H

#include <stdint.h>

typedef int64_t ike_time;

#define IKE_NEVER INT64_MAX
#define USEC(n)   ((ike_time)(n)*1000)
#define MSEC(n)   ((ike_time)(n)*1000000)
#define SEC(n)    ((ike_time)(n)*1000000000)

/* |t| + |span|, staying at IKE_NEVER instead of overflowing. */
static inline ike_time
time_add(ike_time t, ike_time span)
{
	return t == IKE_NEVER || span == IKE_NEVER || (span > 0 && t > IKE_NEVER - span) ? IKE_NEVER
											 : t + span;
}

#endif
