# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += tests/unit/t_conf_text
tests_unit_t_conf_text_SOURCES = tests/unit/t_conf_text.c
tests_unit_t_conf_text_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_conf_fixtures
tests_unit_t_conf_fixtures_SOURCES = tests/unit/t_conf_fixtures.c $(conf_reader_sources)
tests_unit_t_conf_fixtures_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_conf_find
tests_unit_t_conf_find_SOURCES = tests/unit/t_conf_find.c $(conf_reader_sources)
tests_unit_t_conf_find_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_conf_scale
tests_unit_t_conf_scale_SOURCES = tests/unit/t_conf_scale.c $(conf_reader_sources)
tests_unit_t_conf_scale_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_conf_alloc
tests_unit_t_conf_alloc_SOURCES = tests/unit/t_conf_alloc.c $(conf_reader_sources) $(fail_alloc_sources)
tests_unit_t_conf_alloc_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_conf_alloc_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_conf_diff
tests_unit_t_conf_diff_SOURCES = tests/unit/t_conf_diff.c $(conf_reader_sources) $(fail_alloc_sources)
tests_unit_t_conf_diff_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_conf_diff_LDADD = $(ringtail_test_libs)
TESTS += tests/conf/cli.sh
EXTRA_DIST += tests/conf/cli.sh
conf_reader_sources = tests/conf/reader.c tests/conf/reader.h
EXTRA_DIST += \
	tests/conf/accepted/kernel_interface.conf \
	tests/conf/accepted/kernel_interface.expect \
	tests/conf/accepted/policies/a.setkey \
	tests/conf/accepted/policies/b.setkey \
	tests/conf/accepted/policy_file.conf \
	tests/conf/rejected/kernel_interface.conf \
	tests/conf/rejected/kernel_interface.expect \
	tests/conf/rejected/policies/after.setkey \
	tests/conf/rejected/policies/errors.setkey \
	tests/conf/rejected/policies/more.setkey \
	tests/conf/rejected/policy_file.conf \
	tests/conf/accepted/policy_file.expect \
	tests/conf/rejected/policy_file.expect \
	tests/conf/accepted/aggressive_default.conf \
	tests/conf/accepted/aggressive_default.expect \
	tests/conf/accepted/apple.conf \
	tests/conf/accepted/apple.expect \
	tests/conf/accepted/comments.conf \
	tests/conf/accepted/comments.expect \
	tests/conf/accepted/empty.conf \
	tests/conf/accepted/empty.expect \
	tests/conf/accepted/field_aws.conf \
	tests/conf/accepted/field_aws.expect \
	tests/conf/accepted/identifiers.conf \
	tests/conf/accepted/identifiers.expect \
	tests/conf/accepted/identifiers_old.conf \
	tests/conf/accepted/identifiers_old.expect \
	tests/conf/accepted/ikev2.conf \
	tests/conf/accepted/ikev2.expect \
	tests/conf/accepted/ikev2_ciphers.conf \
	tests/conf/accepted/ikev2_ciphers.expect \
	tests/conf/accepted/ikev2_lists.conf \
	tests/conf/accepted/ikev2_lists.expect \
	tests/conf/accepted/inc/one.conf \
	tests/conf/accepted/inc/two.conf \
	tests/conf/accepted/include.conf \
	tests/conf/accepted/include.expect \
	tests/conf/accepted/include_relative.conf \
	tests/conf/accepted/include_relative.expect \
	tests/conf/accepted/inherit.conf \
	tests/conf/accepted/inherit.expect \
	tests/conf/accepted/inherit_address.conf \
	tests/conf/accepted/inherit_address.expect \
	tests/conf/accepted/inherit_anonymous.conf \
	tests/conf/accepted/inherit_anonymous.expect \
	tests/conf/accepted/inherit_as_parsed.conf \
	tests/conf/accepted/inherit_as_parsed.expect \
	tests/conf/accepted/inherit_certificates.conf \
	tests/conf/accepted/inherit_certificates.expect \
	tests/conf/accepted/inherit_lists.conf \
	tests/conf/accepted/inherit_lists.expect \
	tests/conf/accepted/keyid.txt \
	tests/conf/accepted/ldapcfg.conf \
	tests/conf/accepted/ldapcfg.expect \
	tests/conf/accepted/lenient_bom.conf \
	tests/conf/accepted/lenient_bom.expect \
	tests/conf/accepted/lenient_commas.conf \
	tests/conf/accepted/lenient_commas.expect \
	tests/conf/accepted/lenient_equals.conf \
	tests/conf/accepted/lenient_equals.expect \
	tests/conf/accepted/lenient_glued.conf \
	tests/conf/accepted/lenient_glued.expect \
	tests/conf/accepted/lenient_include.conf \
	tests/conf/accepted/lenient_include.expect \
	tests/conf/accepted/lenient_no_compression.conf \
	tests/conf/accepted/lenient_no_compression.expect \
	tests/conf/accepted/lenient_not_glued.conf \
	tests/conf/accepted/lenient_not_glued.expect \
	tests/conf/accepted/lenient_parentheses.conf \
	tests/conf/accepted/lenient_parentheses.expect \
	tests/conf/accepted/lenient_repeats.conf \
	tests/conf/accepted/lenient_repeats.expect \
	tests/conf/accepted/lenient_semicolons.conf \
	tests/conf/accepted/lenient_semicolons.expect \
	tests/conf/accepted/listen.conf \
	tests/conf/accepted/listen.expect \
	tests/conf/accepted/listen_adminsock.conf \
	tests/conf/accepted/listen_adminsock.expect \
	tests/conf/accepted/listen_adminsock_ids.conf \
	tests/conf/accepted/listen_adminsock_ids.expect \
	tests/conf/accepted/listen_adminsock_off.conf \
	tests/conf/accepted/listen_adminsock_off.expect \
	tests/conf/accepted/listen_empty.conf \
	tests/conf/accepted/listen_empty.expect \
	tests/conf/accepted/log_levels.conf \
	tests/conf/accepted/log_levels.expect \
	tests/conf/accepted/mode_cfg.conf \
	tests/conf/accepted/mode_cfg.expect \
	tests/conf/accepted/mode_cfg_words.conf \
	tests/conf/accepted/mode_cfg_words.expect \
	tests/conf/accepted/padding.conf \
	tests/conf/accepted/padding.expect \
	tests/conf/accepted/padding_kame.conf \
	tests/conf/accepted/padding_kame.expect \
	tests/conf/accepted/path.conf \
	tests/conf/accepted/path.expect \
	tests/conf/accepted/peers_certfile.conf \
	tests/conf/accepted/peers_certfile.expect \
	tests/conf/accepted/plain_rsa.conf \
	tests/conf/accepted/plain_rsa.expect \
	tests/conf/accepted/plain_rsa_late.conf \
	tests/conf/accepted/plain_rsa_late.expect \
	tests/conf/accepted/privsep.conf \
	tests/conf/accepted/privsep.expect \
	tests/conf/accepted/privsep_root.conf \
	tests/conf/accepted/privsep_root.expect \
	tests/conf/accepted/proposal_all.conf \
	tests/conf/accepted/proposal_all.expect \
	tests/conf/accepted/proposal_certificates.conf \
	tests/conf/accepted/proposal_certificates.expect \
	tests/conf/accepted/proposal_unusable.conf \
	tests/conf/accepted/proposal_unusable.expect \
	tests/conf/accepted/radiuscfg.conf \
	tests/conf/accepted/radiuscfg.expect \
	tests/conf/accepted/radiuscfg_empty.conf \
	tests/conf/accepted/radiuscfg_empty.expect \
	tests/conf/accepted/remote_all.conf \
	tests/conf/accepted/remote_all.expect \
	tests/conf/accepted/remote_default.conf \
	tests/conf/accepted/remote_default.expect \
	tests/conf/accepted/remote_headers.conf \
	tests/conf/accepted/remote_headers.expect \
	tests/conf/accepted/remote_name_is_address.conf \
	tests/conf/accepted/remote_name_is_address.expect \
	tests/conf/accepted/remote_same_address.conf \
	tests/conf/accepted/remote_same_address.expect \
	tests/conf/accepted/remote_situation.conf \
	tests/conf/accepted/remote_situation.expect \
	tests/conf/accepted/remote_switches.conf \
	tests/conf/accepted/remote_switches.expect \
	tests/conf/accepted/sainfo_all.conf \
	tests/conf/accepted/sainfo_all.expect \
	tests/conf/accepted/sainfo_default.conf \
	tests/conf/accepted/sainfo_default.expect \
	tests/conf/accepted/sainfo_duplicate_anonymous.conf \
	tests/conf/accepted/sainfo_duplicate_anonymous.expect \
	tests/conf/accepted/sainfo_headers.conf \
	tests/conf/accepted/sainfo_headers.expect \
	tests/conf/accepted/sainfo_host_bits.conf \
	tests/conf/accepted/sainfo_host_bits.expect \
	tests/conf/accepted/sainfo_order.conf \
	tests/conf/accepted/sainfo_order.expect \
	tests/conf/accepted/sainfo_remoteid_unknown.conf \
	tests/conf/accepted/sainfo_remoteid_unknown.expect \
	tests/conf/accepted/sainfo_unusable.conf \
	tests/conf/accepted/sainfo_unusable.expect \
	tests/conf/accepted/sainfo_words.conf \
	tests/conf/accepted/sainfo_words.expect \
	tests/conf/accepted/sample_kame.conf \
	tests/conf/accepted/sample_kame.expect \
	tests/conf/accepted/sample_roadwarrior_client.conf \
	tests/conf/accepted/sample_roadwarrior_client.expect \
	tests/conf/accepted/sample_roadwarrior_server.conf \
	tests/conf/accepted/sample_roadwarrior_server.expect \
	tests/conf/accepted/talk/racoon.conf \
	tests/conf/accepted/talk/racoon.expect \
	tests/conf/accepted/time_units.conf \
	tests/conf/accepted/time_units.expect \
	tests/conf/accepted/timer.conf \
	tests/conf/accepted/timer.expect \
	tests/conf/accepted/top.conf \
	tests/conf/accepted/top.expect \
	tests/conf/accepted/verify_identifier_off.conf \
	tests/conf/accepted/verify_identifier_off.expect \
	tests/conf/rejected/addresses.conf \
	tests/conf/rejected/addresses.expect \
	tests/conf/rejected/adminsock.conf \
	tests/conf/rejected/adminsock.expect \
	tests/conf/rejected/aggressive_two_groups.conf \
	tests/conf/rejected/aggressive_two_groups.expect \
	tests/conf/rejected/algorithms.conf \
	tests/conf/rejected/algorithms.expect \
	tests/conf/rejected/braces.conf \
	tests/conf/rejected/braces.expect \
	tests/conf/rejected/deep.conf \
	tests/conf/rejected/deep.expect \
	tests/conf/rejected/dh_group_in_remote.conf \
	tests/conf/rejected/dh_group_in_remote.expect \
	tests/conf/rejected/headers.conf \
	tests/conf/rejected/headers.expect \
	tests/conf/rejected/host_names.conf \
	tests/conf/rejected/host_names.expect \
	tests/conf/rejected/identifiers.conf \
	tests/conf/rejected/identifiers.expect \
	tests/conf/rejected/inc/broken.conf \
	tests/conf/rejected/include_broken.conf \
	tests/conf/rejected/include_broken.expect \
	tests/conf/rejected/include_loop.conf \
	tests/conf/rejected/include_loop.expect \
	tests/conf/rejected/junk.conf \
	tests/conf/rejected/junk.expect \
	tests/conf/rejected/lifetime_byte.conf \
	tests/conf/rejected/lifetime_byte.expect \
	tests/conf/rejected/misplaced.conf \
	tests/conf/rejected/misplaced.expect \
	tests/conf/rejected/missing_argument.conf \
	tests/conf/rejected/missing_argument.expect \
	tests/conf/rejected/missing_semicolon.conf \
	tests/conf/rejected/missing_semicolon.expect \
	tests/conf/rejected/mode_cfg.conf \
	tests/conf/rejected/mode_cfg.expect \
	tests/conf/rejected/numbers.conf \
	tests/conf/rejected/numbers.expect \
	tests/conf/rejected/obsolete.conf \
	tests/conf/rejected/obsolete.expect \
	tests/conf/rejected/phase2_authentication.conf \
	tests/conf/rejected/phase2_authentication.expect \
	tests/conf/rejected/placeholders.conf \
	tests/conf/rejected/placeholders.expect \
	tests/conf/rejected/prefix_too_long.conf \
	tests/conf/rejected/prefix_too_long.expect \
	tests/conf/rejected/privsep.conf \
	tests/conf/rejected/privsep.expect \
	tests/conf/rejected/proposals_unusable.conf \
	tests/conf/rejected/proposals_unusable.expect \
	tests/conf/rejected/radius.conf \
	tests/conf/rejected/radius.expect \
	tests/conf/rejected/remote_address.conf \
	tests/conf/rejected/remote_address.expect \
	tests/conf/rejected/sainfo_duplicate.conf \
	tests/conf/rejected/sainfo_duplicate.expect \
	tests/conf/rejected/sainfo_headers.conf \
	tests/conf/rejected/sainfo_headers.expect \
	tests/conf/rejected/sainfo_nothing_left.conf \
	tests/conf/rejected/sainfo_nothing_left.expect \
	tests/conf/rejected/several_files.conf \
	tests/conf/rejected/several_files.expect \
	tests/conf/rejected/strings.conf \
	tests/conf/rejected/strings.expect \
	tests/conf/rejected/surplus_argument.conf \
	tests/conf/rejected/surplus_argument.expect \
	tests/conf/rejected/switches.conf \
	tests/conf/rejected/switches.expect \
	tests/conf/rejected/times.conf \
	tests/conf/rejected/times.expect \
	tests/conf/rejected/too_many_algorithms.conf \
	tests/conf/rejected/too_many_algorithms.expect \
	tests/conf/rejected/unknown_values.conf \
	tests/conf/rejected/unknown_values.expect \
	tests/conf/rejected/unknown_words.conf \
	tests/conf/rejected/unknown_words.expect
