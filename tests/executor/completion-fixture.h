/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut.h>

#include "kinds.h"
#include "test-support.h"

G_BEGIN_DECLS

/* What the tests of a queue of completions have in common: a queue, and an executor
 * of some kind whose calls go there. */

typedef struct
{
  TestCensus census;
  CfutCompletionQueue *queue;
  CfutExecutor *executor;
  gboolean has_waited;
} Fixture;

/* A TestManualExecutor: calls are ended by the test. */
extern const Kind manual;

/* For functions. */
extern Fixture *current;
/* What wait-for-gate waits for; hang opens it, and waits to be cancelled. */
extern TestLatch *gate;

/* tenfold(x), wait-for-gate() and hang(). */
void register_functions (void);

/* Of a call that is done. */
void check_completion (CfutCompletion *completion, guint64 tag, gint64 result);
CfutCompletion *drain_one (CfutCompletionQueue *queue);
void assert_empty (CfutCompletionQueue *queue);
void push (Fixture *fixture, const char *function, GVariant *arguments, guint64 tag);
void wait_for_one (Fixture *fixture);
gboolean is_readable (int fd);
void poll_for_one (int fd);
void set_up (Fixture *fixture, gconstpointer data);
void tear_down (Fixture *fixture, gconstpointer data);

/* path: a literal */
#define ADD(path, kind, func) \
  G_STMT_START { \
    g_autofree char *full_path = g_strdup_printf ("/completion-queue/%s/" path, (kind)->name); \
    g_test_add (full_path, Fixture, kind, set_up, func, tear_down); \
  } G_STMT_END

G_END_DECLS
