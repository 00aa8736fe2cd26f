/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * What tests of all rooms share. Whatever waits here has a deadline far beyond
 * what any machine needs, and aborts the test when it passes.
 */

/* A latch: closed until some thread opens it, then open for good. Needs no
 * initialisation if static or zero-filled. */
typedef struct
{
  GMutex lock;
  GCond opened_cond;
  gboolean opened;
} TestLatch;

void     test_latch_init    (TestLatch *self);
void     test_latch_clear   (TestLatch *self);
void     test_latch_open    (TestLatch *self);
void     test_latch_wait    (TestLatch *self);
gboolean test_latch_is_open (TestLatch *self);

/* Waits until @cancellable is cancelled; opens @listening, if it is not NULL, when
 * that would be heard. */
void     test_wait_for_cancel (GCancellable *cancellable,
                               TestLatch    *listening);

/* Iterates @context (NULL: the default one) until @condition holds. */
typedef gboolean (*TestCondition) (gpointer user_data);

void     test_iterate_until (GMainContext  *context,
                             TestCondition  condition,
                             gpointer       user_data);
/* ... until *@flag is set by any thread (g_atomic_int_set). */
void     test_iterate_until_set (GMainContext *context,
                                 gint         *flag);

/* What a process holds: taken before a test, asserted to be the same after it.
 * The check iterates the default context while there is more than before. */
typedef struct
{
  guint n_fds;
  guint n_children; /* zombies are counted */
} TestCensus;

void     test_census_take   (TestCensus *self);
void     test_census_check  (const TestCensus *self);

guint    test_count_fds      (void);
guint    test_count_children (void);
guint    test_count_threads  (void);

gboolean test_is_under_valgrind (void);
/* The address or the thread sanitizer. */
gboolean test_is_sanitized      (void);

/* How often to do what shows as much as it can in @n rounds: that, or fewer
 * where each takes long and is looked at closely. */
guint    test_scale          (guint n);

/* The memory this process takes, in bytes. Under valgrind, which keeps what was
 * freed, 0. */
gsize    test_get_memory     (void);

G_END_DECLS
