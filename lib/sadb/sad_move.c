/* SPDX-License-Identifier: BSD-3-Clause */
#include "sadb/sad_move.h"

/* Short names for the tables. */
enum {
	ABS = SAD_ABSENT,
	LAR = SAD_LARVAL,
	LIV = SAD_LIVE,
	DYI = SAD_DYING,
	EXP = SAD_EXPIRED,
	GON = SAD_GONE,
	UNK = SAD_UNKNOWN,
	XXX = SAD_HAVE_COUNT
};

/*
 * A larval state that ends by itself is gone like any other; only a complete SA can reach its hard lifetime.  A row
 * whose SA has ended stays so: what is heard afterwards is late.
 */
/* clang-format off */
static const unsigned char next_have[SAD_HAVE_COUNT][SAD_FACT_COUNT] = {
	/*                 RESERVED INSTALLED DELETED LARVAL LIVE SOFT HARD VANISHED OVERRUN */
	[SAD_ABSENT]  = {  LAR,     LIV,      ABS,    LAR,   LIV, ABS, ABS, ABS,     UNK },
	[SAD_LARVAL]  = {  XXX,     LIV,      ABS,    LAR,   LIV, LAR, GON, GON,     UNK },
	[SAD_LIVE]    = {  XXX,     XXX,      ABS,    LIV,   LIV, DYI, EXP, GON,     UNK },
	[SAD_DYING]   = {  XXX,     XXX,      ABS,    DYI,   DYI, DYI, EXP, GON,     UNK },
	[SAD_EXPIRED] = {  XXX,     XXX,      ABS,    EXP,   EXP, EXP, EXP, EXP,     EXP },
	[SAD_GONE]    = {  LAR,     LIV,      ABS,    GON,   GON, GON, GON, GON,     GON },
	[SAD_UNKNOWN] = {  LAR,     LIV,      ABS,    LAR,   LIV, DYI, EXP, GON,     UNK },
};

static const unsigned char action[SAD_HAVE_COUNT][SAD_WANT_COUNT] = {
	/*                 ABSENT           RESERVED         INSTALLED */
	[SAD_ABSENT]  = {  SAD_A_FREE,      SAD_A_RESERVE,   SAD_A_LOST },
	[SAD_LARVAL]  = {  SAD_A_DELETE,    SAD_A_NONE,      SAD_A_INSTALL },
	/* Somebody else has completed our reservation: the SPI is his. */
	[SAD_LIVE]    = {  SAD_A_DELETE,    SAD_A_LOST,      SAD_A_NONE },
	[SAD_DYING]   = {  SAD_A_DELETE,    SAD_A_LOST,      SAD_A_SOFT },
	[SAD_EXPIRED] = {  SAD_A_FREE,      SAD_A_ILLEGAL,   SAD_A_HARD },
	[SAD_GONE]    = {  SAD_A_FREE,      SAD_A_RESERVE,   SAD_A_LOST },
	[SAD_UNKNOWN] = {  SAD_A_RECONCILE, SAD_A_RECONCILE, SAD_A_RECONCILE },
};
/* clang-format on */

enum sad_have
sad_next(enum sad_have have, enum sad_fact fact)
{
	if ((unsigned)have >= SAD_HAVE_COUNT || (unsigned)fact >= SAD_FACT_COUNT)
		return SAD_HAVE_COUNT;
	return (enum sad_have)next_have[have][fact];
}

enum sad_act
sad_action(enum sad_have have, enum sad_want want)
{
	if ((unsigned)have >= SAD_HAVE_COUNT || (unsigned)want >= SAD_WANT_COUNT)
		return SAD_A_ILLEGAL;
	return (enum sad_act)action[have][want];
}

const char *
sad_want_name(unsigned want)
{
	static const char *const name[SAD_WANT_COUNT] = { "absent", "reserved", "installed" };

	return want < SAD_WANT_COUNT ? name[want] : "invalid";
}

const char *
sad_have_name(unsigned have)
{
	static const char *const name[SAD_HAVE_COUNT] = { "absent", "larval", "live", "dying",
		"expired", "gone", "unknown" };

	return have < SAD_HAVE_COUNT ? name[have] : "invalid";
}
