/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <stdlib.h>
#include <string.h>

/*
 * All short sessions of a manager: every sequence of events up to a length, each
 * from several beginnings, played by fuzz-session.c, whose world watches what must
 * hold.
 */

/* As in fuzz-session.c. */
enum
{
  SUBMIT, READY, START, ANSWER, FLUSH, SERVE, PROGRESS, DIE, REAP, CANCEL, TIME,
  HANG_UP, LIE, FORGE, SHUTDOWN, GIVE_UP, DEEPEN,
  ASLEEP = 128, /* the manager does not wake before the next event */
};

typedef struct
{
  guint8 event;
  guint8 argument;
} Step;

/* What may come next: about the worker that came last, if about any. */
static const Step steps[] = {
  { SUBMIT, 1 },           /* may be run twice */
  { START, 0 },
  { ANSWER | ASLEEP, 0 },  /* noted */
  { FLUSH, 0 },
  { SERVE, 0 },
  { DIE, 64 },
  { DIE | ASLEEP, 0 },     /* its status is known only when it is reaped */
  { REAP, 0 },
  { CANCEL, 0 },
  { CANCEL, 1 },
  { TIME, 8 },             /* until the manager wants to wake */
  { SHUTDOWN, 0 },
  { GIVE_UP, 0 },
};

/* Where they begin: settings, and events. */
static const struct
{
  const char *name;
  guint n;
  guint8 bytes[16];
} beginnings[] = {
  { "one-call", 5, { 0, SUBMIT, 0, READY, 0 } },
  { "started", 7, { 0, SUBMIT, 1, READY, 0, START, 0 } },
  { "window", 13, { 0, SUBMIT, 0, READY, 0, DEEPEN, 0, SUBMIT, 1, SUBMIT, 0, START, 0 } },
  { "two-workers", 11, { 1, SUBMIT, 0, SUBMIT, 1, READY, 0, READY, 1, START, 0 } },
};

static guint max_length = 2;

static void
walk (guint8 *script,
      gsize   size,
      guint   n_left)
{
  LLVMFuzzerTestOneInput (script, size);
  if (n_left == 0)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      script[size] = steps[i].event;
      script[size + 1] = steps[i].argument;
      walk (script, size + 2, n_left - 1);
    }
}

static void
test_walk (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  guint8 script[64];

  g_test_summary ("Whatever short sequence of events comes, all that must hold does");

  memcpy (script, beginnings[i].bytes, beginnings[i].n);
  walk (script, beginnings[i].n, max_length);
}

/* The argument: the length. */
int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  if (argc > 1)
    max_length = CLAMP (atoi (argv[1]), 1, 8);

  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++)
    {
      g_autofree char *path = g_strconcat ("/session/walk/", beginnings[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_walk);
    }

  return g_test_run ();
}
