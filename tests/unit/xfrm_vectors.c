/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/xfrm_vectors.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

const char *
source_path(const char *name, char *buf, size_t cap)
{
	const char *dir = getenv("RINGTAIL_SRCDIR");

	snprintf(buf, cap, "%s/%s", dir != NULL ? dir : ".", name);
	return buf;
}

FILE *
vectors_open(const char *name)
{
	char rel[128], path[512];
	FILE *f;

	snprintf(rel, sizeof(rel), "tests/vectors/xfrm/%s.txt", name);
	f = fopen(source_path(rel, path, sizeof(path)), "r");
	ck_assert_msg(f != NULL, "cannot read %s", path);
	return f;
}

bool
vectors_next(FILE *f, struct vector *out)
{
	char line[8192], hex[4200], type[32];

	do {
		if (fgets(line, sizeof(line), f) == NULL)
			return false;
	} while (line[0] == '#');
	ck_assert_int_eq(sscanf(line, "%63s %31s %4199s", out->label, type, hex), 3);
	out->n = strlen(hex) / 2;
	ck_assert_uint_le(out->n, sizeof(out->b));
	for (size_t i = 0; i < out->n; i++) {
		unsigned v;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &v), 1);
		out->b[i] = (uint8_t)v;
	}
	return true;
}

void
vector_find(const char *name, const char *label, unsigned nth, struct vector *out)
{
	FILE *f = vectors_open(name);
	bool found = false;

	while (!found && vectors_next(f, out))
		found = strcmp(out->label, label) == 0 && nth-- == 0;
	fclose(f);
	ck_assert_msg(found, "no %s in %s", label, name);
}
