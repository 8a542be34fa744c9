/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/check.h"

#include "conf/conf.h"
#include "ident/psk.h"
#include "ringtail/ike/cred.h"
#include "ringtail/loop/loop.h"

struct findings {
	const char *path;
	size_t      errors, warnings;
};

static void
print_diags(const struct conf_diags *diags, struct findings *f)
{
	for (size_t i = 0; i < diags->n; i++) {
		struct buf line = { 0 };
		if (conf_diag_print(&diags->v[i], &line) == IKE_OK)
			(void)fwrite(line.p, 1, line.n, stderr);
		buf_free(&line);
	}
	f->errors += diags->errors;
	f->warnings += diags->warnings;
}

static void
print_note(void *arg, unsigned line, unsigned notes)
{
	struct findings *f = arg;

	for (unsigned bit = 1; bit < PSK_NOTES; bit <<= 1) {
		if ((notes & bit) == 0)
			continue;
		(void)fprintf(stderr, "%s:%u: warning: %s\n", f->path, line, psk_note_text((enum psk_note)bit));
		f->warnings++;
	}
}

static void
check_keys(const struct conf *c, struct findings *f)
{
	struct secret text = { 0 };

	if (c->path_psk == NULL || !conf_needs_psk(c))
		return;
	f->path = c->path_psk;
	ike_err err = files_load_secret(c->path_psk, &text);
	if (err == IKE_OK) {
		psk_check(secret_slice(&text), print_note, f);
	} else {
		(void)fprintf(stderr, "%s:%u: error: cannot use %s: %s; " KEY_FILE_RULE "\n", c->psk_file, c->psk_line, c->path_psk,
		    ike_err_text(err));
		f->errors++;
	}
	secret_free(&text);
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

int
conf_check_file(const char *path)
{
	struct conf_reader reader;
	struct conf_diags diags = { 0 };
	struct conf *conf = NULL;
	struct findings f = { 0 };

	files_reader(&reader);
	ike_err err = conf_parse(&reader, path, &diags, &conf);
	print_diags(&diags, &f);
	if (err != IKE_OK && err != IKE_E_SYNTAX)
		(void)fprintf(stderr, "%s: %s\n", path, ike_err_text(err));
	if (err == IKE_OK)
		check_keys(conf, &f);
	(void)fprintf(stderr, "%s: %zu error%s, %zu warning%s\n", path, f.errors, plural(f.errors), f.warnings, plural(f.warnings));
	conf_diags_free(&diags);
	conf_unref(conf);
	return err == IKE_OK && f.errors == 0 ? 0 : 1;
}
