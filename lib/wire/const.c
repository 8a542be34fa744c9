/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire/const.h"

#define NUMBERS(tag, table, prefix) static const struct name table##_list[] = {
#define N(constant, value, name) { value, name },
#define NUMBERS_END(table, prefix) }; \
	const struct names table = { prefix, table##_list, sizeof table##_list / sizeof table##_list[0] };
#include "wire/const.def"
