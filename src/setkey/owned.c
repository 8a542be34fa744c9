/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/owned.h"

#include "setkey/plan.h"
#include "setkey/print.h"
#include "util/buf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ike_err
read_whole_file(const char *path, struct buf *out)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char chunk[4096];
	ike_err err = IKE_OK;
	size_t n;

	if (f == NULL)
		return IKE_E_IO;
	while (err == IKE_OK && (n = fread(chunk, 1, sizeof(chunk), f)) != 0)
		err = buf_append(out, slice_of(chunk, n));
	if (err == IKE_OK && ferror(f)) {
		err = IKE_E_IO;
		errno = errno == 0 ? EIO : errno;
	}
	explicit_bzero(chunk, sizeof(chunk));
	if (f != stdin)
		(void)fclose(f);
	return err;
}

/* Are these two names of one file? */
static bool
same_file(const char *a, const char *b)
{
	char ra[PATH_MAX], rb[PATH_MAX];

	return realpath(a, ra) != NULL && realpath(b, rb) != NULL && strcmp(ra, rb) == 0;
}

static ike_err
keep_policies(struct owned *o, const struct plan *p)
{
	for (size_t i = 0; i < p->policies.n; i++) {
		const struct spset_row *row = p->policies.v[i];

		if (row != NULL && spset_find(&o->policies, &row->sp.id) == NULL)
			TRY(spset_add(&o->policies, &row->sp, NULL));
	}
	return IKE_OK;
}

static ike_err
take_text(struct owned *o, bool auto_fwd, const struct buf *text)
{
	struct setkey_env quiet = setkey_libc_env;
	struct setkey_source src = { (const char *)text->p, text->n, 1 };
	struct setkey_list list = { 0 };
	struct plan plan = { .sp = true, .auto_fwd = auto_fwd };
	ike_err err;

	quiet.warn = NULL;
	err = setkey_parse(&src, &quiet, &list);
	if (err == IKE_OK)
		err = plan_make(&plan, &list);
	if (err == IKE_OK)
		err = keep_policies(o, &plan);
	plan_fini(&plan);
	setkey_list_free(&list);
	return err;
}

static ike_err
take_file(struct owned *o, bool auto_fwd, const char *path)
{
	struct buf b = { 0 };
	ike_err err = read_whole_file(path, &b);

	if (err == IKE_OK)
		err = take_text(o, auto_fwd, &b);
	buf_free(&b);
	return err == IKE_E_IO ? IKE_OK : err;
}

ike_err
owned_read(const char *dir, const char *file, bool auto_fwd, struct owned *out)
{
	char path[PATH_MAX];
	ike_err err = IKE_OK;
	FILE *f;

	memset(out, 0, sizeof(*out));
	if (snprintf(path, sizeof(path), "%s/policy_files", dir) >= (int)sizeof(path))
		return IKE_OK;
	f = fopen(path, "re");
	if (f == NULL)
		return IKE_OK;
	while (err == IKE_OK && fgets(path, sizeof(path), f) != NULL) {
		path[strcspn(path, "\n")] = '\0';
		if (path[0] != '/')
			continue;
		out->any = true;
		out->listed = out->listed || (file != NULL && same_file(file, path));
		err = take_file(out, auto_fwd, path);
	}
	(void)fclose(f);
	return err;
}

void
owned_fini(struct owned *o)
{
	spset_clear(&o->policies);
}
