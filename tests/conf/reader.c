/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/reader.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ike_err
test_read_file(const char *path, struct buf *out)
{
	uint8_t chunk[4096];
	size_t n;
	ike_err err = IKE_OK;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return IKE_E_NOTFOUND;
	while (err == IKE_OK && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		err = buf_append(out, slice_of(chunk, n));
	fclose(f);
	return err;
}

static ike_err
read_one(void *arg, const char *path, struct buf *out)
{
	const struct test_reader *t = arg;
	char full[1024];

	if (t->mem_name != NULL && strcmp(path, t->mem_name) == 0)
		return buf_append(out, t->mem);
	if (t->root == NULL || path[0] == '/')
		return IKE_E_NOTFOUND;
	snprintf(full, sizeof(full), "%s/%s", t->root, path);
	return test_read_file(full, out);
}

static ike_err
glob_all(void *arg, const char *pattern, conf_path_fn *fn, void *fn_arg)
{
	const struct test_reader *t = arg;
	char full[1024];
	glob_t g;
	ike_err err = IKE_OK;

	if (t->mem_name != NULL && strcmp(pattern, t->mem_name) == 0)
		return fn(fn_arg, pattern);
	if (t->root == NULL || pattern[0] == '/' || pattern[0] == '~')
		return IKE_E_NOTFOUND;
	snprintf(full, sizeof(full), "%s/%s", t->root, pattern);
	if (glob(full, 0, NULL, &g) != 0)
		return IKE_E_NOTFOUND;
	for (size_t i = 0; err == IKE_OK && i < g.gl_pathc; i++)
		err = fn(fn_arg, g.gl_pathv[i] + strlen(t->root) + 1);
	globfree(&g);
	return err;
}

struct conf_reader
test_reader(struct test_reader *t)
{
	return (struct conf_reader){ .arg = t, .read = read_one, .glob = glob_all };
}

const char *
test_conf_root(char *buf, size_t cap)
{
	const char *src = getenv("RINGTAIL_SRCDIR");

	snprintf(buf, cap, "%s/tests/conf", src == NULL ? "." : src);
	return buf;
}

ike_err
test_parse(const char *text, struct conf_diags *diags, struct conf **out)
{
	struct test_reader t = { .mem_name = "t.conf", .mem = slice_str(text) };
	struct conf_reader r = test_reader(&t);

	return conf_parse(&r, "t.conf", diags, out);
}
