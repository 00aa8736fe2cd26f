/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__) || \
    __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define IS_SANITIZED
/* Part of both; gcc lacks the header that declares it. */
size_t __sanitizer_get_current_allocated_bytes (void);
#endif

/* Far too long for any machine, valgrind included. */
#define DEADLINE_US (120 * G_USEC_PER_SEC)

void
test_latch_init (TestLatch *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->opened_cond);
  self->opened = FALSE;
}

void
test_latch_clear (TestLatch *self)
{
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->opened_cond);
}

void
test_latch_open (TestLatch *self)
{
  g_mutex_lock (&self->lock);
  self->opened = TRUE;
  g_cond_broadcast (&self->opened_cond);
  g_mutex_unlock (&self->lock);
}

void
test_latch_wait (TestLatch *self)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_US;

  g_mutex_lock (&self->lock);
  while (!self->opened)
    if (!g_cond_wait_until (&self->opened_cond, &self->lock, deadline))
      g_error ("A latch stayed closed");
  g_mutex_unlock (&self->lock);
}

gboolean
test_latch_is_open (TestLatch *self)
{
  gboolean opened;

  g_mutex_lock (&self->lock);
  opened = self->opened;
  g_mutex_unlock (&self->lock);

  return opened;
}

static void
open_cb (GCancellable *cancellable,
         gpointer      user_data)
{
  test_latch_open (user_data);
}

void
test_wait_for_cancel (GCancellable *cancellable,
                      TestLatch    *listening)
{
  TestLatch cancelled;
  gulong handler;

  test_latch_init (&cancelled);
  handler = g_cancellable_connect (cancellable, G_CALLBACK (open_cb), &cancelled, NULL);
  if (listening != NULL)
    test_latch_open (listening);
  test_latch_wait (&cancelled);
  g_cancellable_disconnect (cancellable, handler);
  test_latch_clear (&cancelled);
}

static gboolean
wake_up_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* @condition may be made true by another thread that does not wake @context,
 * so it is looked at again every few milliseconds. */
static gboolean
iterate_until_or_deadline (GMainContext  *context,
                           TestCondition  condition,
                           gpointer       user_data)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_US;
  GSource *wake_up = g_timeout_source_new (2);
  gboolean held;

  g_source_set_callback (wake_up, wake_up_cb, NULL, NULL);
  g_source_attach (wake_up, context);

  while (!(held = condition (user_data)) && g_get_monotonic_time () < deadline)
    g_main_context_iteration (context, TRUE);

  g_source_destroy (wake_up);
  g_source_unref (wake_up);

  return held;
}

void
test_iterate_until (GMainContext  *context,
                    TestCondition  condition,
                    gpointer       user_data)
{
  if (!iterate_until_or_deadline (context, condition, user_data))
    g_error ("What a test waited for did not happen");
}

static gboolean
flag_is_set (gpointer user_data)
{
  return g_atomic_int_get ((gint *) user_data) != 0;
}

void
test_iterate_until_set (GMainContext *context,
                        gint         *flag)
{
  test_iterate_until (context, flag_is_set, flag);
}

static guint
count_entries (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

guint
test_count_fds (void)
{
  return count_entries ("/proc/self/fd") - 1; /* the directory itself */
}

guint
test_count_threads (void)
{
  return count_entries ("/proc/self/task");
}

/* The parent of the process that /proc/@name/stat tells of, or 0. */
static guint64
read_parent (const char *name)
{
  g_autofree char *path = g_build_filename ("/proc", name, "stat", NULL);
  g_autofree char *stat = NULL;
  const char *after_name;

  if (!g_file_get_contents (path, &stat, NULL, NULL))
    return 0;

  /* "PID (COMMAND) STATE PPID ...", where COMMAND may hold anything. */
  after_name = strrchr (stat, ')');
  if (after_name == NULL || strlen (after_name) < 4)
    return 0;

  return g_ascii_strtoull (after_name + 4, NULL, 10);
}

guint
test_count_children (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc", 0, NULL);
  guint64 self = (guint64) getpid ();
  const char *name;
  guint n = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_ascii_isdigit (name[0]) && read_parent (name) == self)
      n++;

  return n;
}

gboolean
test_is_under_valgrind (void)
{
  const char *preloaded = g_getenv ("LD_PRELOAD");

  return preloaded != NULL && strstr (preloaded, "vgpreload") != NULL;
}

gboolean
test_is_sanitized (void)
{
#ifdef IS_SANITIZED
  return TRUE;
#else
  return FALSE;
#endif
}

guint
test_scale (guint n)
{
  if (test_is_under_valgrind ())
    n /= 20;
  if (test_is_sanitized ())
    n /= 4;

  return MAX (n, 1);
}

gsize
test_get_memory (void)
{
#ifdef IS_SANITIZED
  /* What is resident includes what was freed and is kept back. */
  return __sanitizer_get_current_allocated_bytes ();
#else
  g_autofree char *statm = NULL;
  unsigned long size, resident;

  if (test_is_under_valgrind ())
    return 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL));
  g_assert_cmpint (sscanf (statm, "%lu %lu", &size, &resident), ==, 2);

  return resident * (gsize) sysconf (_SC_PAGESIZE);
#endif
}

/* The default context, which the check iterates, and GLib's own, which watches
 * children, have a descriptor each from their first use on. */
static void
warm_up (void)
{
  static gsize is_warm;

  if (g_once_init_enter (&is_warm))
    {
      g_autoptr(GSubprocess) process = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, "true", NULL);

      g_assert_nonnull (process);
      g_assert_true (g_subprocess_wait (process, NULL, NULL));
      g_main_context_default ();
      g_once_init_leave (&is_warm, 1);
    }
}

void
test_census_take (TestCensus *self)
{
  warm_up ();

  self->n_fds = test_count_fds ();
  self->n_children = test_count_children ();
}

static gboolean
census_is_back (gpointer user_data)
{
  const TestCensus *before = user_data;

  return test_count_fds () <= before->n_fds &&
         test_count_children () <= before->n_children;
}

void
test_census_check (const TestCensus *self)
{
  if (iterate_until_or_deadline (NULL, census_is_back, (gpointer) self))
    return;

  g_error ("A test began with %u descriptors and %u children and left %u and %u",
           self->n_fds, self->n_children,
           test_count_fds (), test_count_children ());
}
