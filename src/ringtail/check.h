/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `ringtail -t`: what can be said about a configuration before it is used, the file of pre-shared keys included, so that a reload
 * that follows refuses nothing that was not said here (but for what the kernel refuses).
 */
#ifndef RINGTAIL_CHECK_H
#define RINGTAIL_CHECK_H

/* Every finding in the configuration |path| to standard error; returns the exit status, 1 if there is an error. */
int
conf_check_file(const char *path);

#endif
