/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reader - the files of tests/conf for conf_parse(): relative names are below a root directory, absolute ones
 * do not exist, and one file may be kept in memory.
 */
#ifndef TESTS_CONF_READER_H
#define TESTS_CONF_READER_H

#include "conf/conf.h"

struct test_reader {
	const char *root;     /* without a '/' at its end */
	const char *mem_name; /* this name is the text below, NULL: none */
	struct slice mem;
};

/* A reader over |t|, which must outlive it. */
struct conf_reader
test_reader(struct test_reader *t);

/* $RINGTAIL_SRCDIR/tests/conf, written into |buf|. */
const char *
test_conf_root(char *buf, size_t cap);

/* Parse |text| as the file "t.conf".  The result is conf_parse()'s. */
MUST_USE ike_err
test_parse(const char *text, struct conf_diags *diags, struct conf **out);

/* The whole of |path| appended to |out|. */
MUST_USE ike_err
test_read_file(const char *path, struct buf *out);

#endif
