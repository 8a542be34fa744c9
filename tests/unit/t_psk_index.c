/* SPDX-License-Identifier: BSD-3-Clause */
/* The index gives what the walk gives, for every identity in and outside of the file. */
#include "ident/psk_index.h"
#include "unit/fail_alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
same(const struct psk_index *ix, struct slice text, const char *id)
{
	uint8_t a[PSK_MAX], b[PSK_MAX];
	size_t na = 0, nb = 0;
	unsigned la = 0, lb = 0;
	ike_err ea = psk_find(text, id, a, &na, &la), eb = psk_index_find(ix, text, id, b, &nb, &lb);

	ck_assert_msg(ea == eb, "%s: %s and %s", id, ike_err_text(ea), ike_err_text(eb));
	if (ea == IKE_OK)
		ck_assert(na == nb && la == lb && memcmp(a, b, na) == 0);
}

static const char small[] =
    "# comment\n192.0.2.1 one\n192.0.2.2\t0x0102\n192.0.2.1 second\n\nbad 0x123\nbad good\n nokey\npeer.example two words \n";

START_TEST(agrees_with_the_walk)
{
	static const char *const ids[] = { "192.0.2.1", "192.0.2.2", "192.0.2.3", "bad", "nokey", "peer.example", "*", "", "#" };
	static const char with_star[] = "a x\n* star\nb y\n* other\n";
	struct psk_index ix = { 0 };

	ck_assert(psk_index_build(&ix, slice_str(small)) == IKE_OK);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		same(&ix, slice_str(small), ids[i]);
	ck_assert(psk_index_build(&ix, slice_str(with_star)) == IKE_OK);
	same(&ix, slice_str(with_star), "a");
	same(&ix, slice_str(with_star), "b");
	same(&ix, slice_str(with_star), "nobody");
	same(&ix, slice_str(with_star), "*");
	ck_assert(psk_index_build(&ix, slice_of(NULL, 0)) == IKE_OK);
	same(&ix, slice_of(NULL, 0), "a");
	psk_index_free(&ix);
}
END_TEST

START_TEST(ten_thousand_peers)
{
	size_t cap = 10000 * 40, n = 0;
	char *text = malloc(cap), id[32];
	struct psk_index ix = { 0 };

	ck_assert_ptr_nonnull(text);
	for (unsigned i = 0; i < 10000; i++)
		n += (size_t)snprintf(text + n, cap - n, "10.%u.%u.1 key-of-%u\n", i / 250, i % 250, i);
	ck_assert(psk_index_build(&ix, slice_of(text, n)) == IKE_OK);
	for (unsigned i = 0; i < 10000; i += 97) {
		(void)snprintf(id, sizeof(id), "10.%u.%u.1", i / 250, i % 250);
		same(&ix, slice_of(text, n), id);
	}
	same(&ix, slice_of(text, n), "10.0.0.2");
	psk_index_free(&ix);
	free(text);
}
END_TEST

START_TEST(every_allocation_fails)
{
	FAIL_EACH_ALLOC({
		struct psk_index ix = { 0 };
		ike_err err = psk_index_build(&ix, slice_str(small));

		ck_assert(err == (fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK));
		psk_index_free(&ix);
	});
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("psk_index");
	TCase *tc = tcase_create("psk_index");

	tcase_add_test(tc, agrees_with_the_walk);
	tcase_add_test(tc, ten_thousand_peers);
	tcase_add_test(tc, every_allocation_fails);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
