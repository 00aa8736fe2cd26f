/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * One run of an example program: what it printed and how it ended. The main
 * context is iterated meanwhile, so that a test can be the server of a client.
 */
typedef struct
{
  int exit_status;
  char *out;
  char *err;
} ExampleRun;

/* Runs the example @name, built beside the tests, with these arguments. */
ExampleRun *example_run      (const char *name,
                              ...) G_GNUC_NULL_TERMINATED;
ExampleRun *example_run_argv (const char * const *argv);
void        example_run_free (ExampleRun *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ExampleRun, example_run_free)

/* The path of an example that was built. */
char       *example_path     (const char *name);

/* What the groups of @pattern matched in each match in @text: an array of
 * matches, each a NULL-terminated array of strings, the whole match first. */
GPtrArray  *example_match    (const char *text,
                              const char *pattern);

G_END_DECLS
