/* SPDX-License-Identifier: BSD-3-Clause */
#include "prop/life.h"

/* What a value of 0 stands for when lifetimes are compared. */
static uint32_t
effective(enum life_unit unit, uint32_t value)
{
	if (value != 0)
		return value;
	/*
	 * RFC 2407 section 4.5: "If unspecified, the default value shall be assumed to be 28800
	 * seconds (8 hours)."
	 */
	return unit == LIFE_SECONDS ? LIFE_DEFAULT_SEC : UINT32_MAX;
}

bool
life_negotiate(enum prop_check check, bool phase1, enum life_unit unit, uint32_t mine,
    uint32_t theirs, uint32_t *used_out, uint32_t *claim_out)
{
	uint32_t m = effective(unit, mine), t = effective(unit, theirs);
	uint32_t used = t, claim = 0;

	switch (check) {
	case CHECK_OBEY:
		break;
	case CHECK_STRICT:
		if (t > m)
			return false;
		break;
	case CHECK_CLAIM:
		if (t > m && phase1)
			return false;
		if (t > m)
			used = claim = m;
		break;
	case CHECK_EXACT:
		if (t != m)
			return false;
		break;
	}
	*used_out = unit == LIFE_KILOBYTES && used == UINT32_MAX ? 0 : used;
	*claim_out = claim;
	return true;
}

uint32_t
life_responder(enum prop_check check, uint32_t mine, uint32_t told)
{
	bool accept = false;

	if (told == 0)
		return mine;
	switch (check) {
	case CHECK_OBEY:
		accept = true;
		break;
	case CHECK_STRICT:
	case CHECK_CLAIM:
		accept = mine == 0 || told < mine;
		break;
	case CHECK_EXACT:
		accept = told == mine;
		break;
	}
	return accept ? told : mine;
}

uint32_t
life_clamp(uint32_t value, uint32_t lo, uint32_t hi)
{
	if (value == 0)
		return hi;
	if (hi != 0 && value > hi)
		return hi;
	return value < lo ? lo : value;
}

uint32_t
life_soft(uint32_t hard, unsigned lo, unsigned hi, uint32_t rnd)
{
	uint64_t first, last, soft;

	if (hard <= 1)
		return hard;
	hi = hi > 99 ? 99 : hi;
	lo = lo > hi ? hi : lo;
	first = (uint64_t)hard * lo / 100;
	last = (uint64_t)hard * hi / 100;
	/* |rnd| / 2^32 of the way from first to last, both ends included */
	soft = first + (((last - first + 1) * rnd) >> 32);
	if (soft == 0)
		soft = 1;
	return soft >= hard ? hard - 1 : (uint32_t)soft;
}
