/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test-support.h"
#include "worker/cfut-line-private.h"

/* Both ends of a channel, with an output on one of them. */
typedef struct
{
  TestCensus census;
  CfutChannel *parent;
  CfutChannel *worker;
  CfutOutput output;
} Pair;

static void
pair_set_up (Pair *self)
{
  g_autoptr(GError) error = NULL;
  int fds[2];

  test_census_take (&self->census);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  self->parent = cfut_channel_new_take_fd (fds[0], CFUT_FRAME_FROM_WORKER, &error);
  g_assert_no_error (error);
  self->worker = cfut_channel_new_take_fd (fds[1], CFUT_FRAME_FROM_PARENT, &error);
  g_assert_no_error (error);
  g_assert_true (cfut_output_init (&self->output, self->worker, &error));
  g_assert_no_error (error);
}

static void
pair_tear_down (Pair *self)
{
  cfut_output_clear (&self->output);
  cfut_channel_free (self->worker);
  g_clear_pointer (&self->parent, cfut_channel_free);
  test_census_check (&self->census);
}

static gboolean
add (Pair    *self,
     guint64  call,
     gsize    length)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_RESULT, .call = call, .attempt = 1 };
  g_autofree guint8 *data = g_malloc0 (length + 1);
  g_autoptr(GVariant) body = NULL;

  body = g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, length, 1));

  return cfut_output_add (&self->output, &header, body);
}

static void
report (Pair    *self,
        guint64  call,
        double   fraction)
{
  const CfutFrameHeader header = { .type = CFUT_FRAME_PROGRESS, .call = call, .attempt = 1 };

  cfut_output_set_progress (&self->output, &header, fraction, NULL);
}

static gboolean
timer_fires (Pair *self,
             int   timeout_ms)
{
  struct pollfd fd = { .fd = self->output.timer_fd, .events = POLLIN };

  return poll (&fd, 1, timeout_ms) == 1;
}

/* The frames that have arrived, as text. */
static char *
receive (Pair *self)
{
  GString *text = g_string_new (NULL);
  CfutFrame frame;

  while (cfut_channel_read (self->parent, G_MAXSSIZE) == CFUT_CHANNEL_OK)
    while (cfut_channel_next (self->parent, &frame, NULL) == CFUT_CHANNEL_OK)
      g_string_append_printf (text, "%s%s %u", text->len > 0 ? ", " : "",
                              cfut_frame_type_get_name (frame.header.type),
                              (guint) frame.header.call);

  return g_string_free (text, FALSE);
}

static void
assert_received (Pair       *self,
                 const char *expected)
{
  g_autofree char *text = receive (self);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_batch (void)
{
  Pair pair;

  g_test_summary ("Answers gather until the flush, and no timer is needed for that");

  pair_set_up (&pair);

  cfut_output_hold (&pair.output, g_get_monotonic_time ());
  g_assert_false (add (&pair, 1, 8));
  g_assert_false (add (&pair, 2, 8));
  assert_received (&pair, "");
  g_assert_true (cfut_output_flush (&pair.output));
  assert_received (&pair, "RESULT 1, RESULT 2");
  g_assert_false (timer_fires (&pair, 0));

  pair_tear_down (&pair);
}

static void
test_full (void)
{
  Pair pair;
  g_autofree CfutJournal *journal = g_new0 (CfutJournal, 1);

  g_test_summary ("A batch is full when it is large, or when the journal has no room for it");

  pair_set_up (&pair);
  cfut_channel_set_journal (pair.worker, journal);

  for (guint64 call = 1; call < 30; call++)
    g_assert_false (add (&pair, call, 1000));
  while (!add (&pair, 30, 1000))
    ;
  g_assert_true (cfut_channel_is_noted (pair.worker));
  g_assert_true (cfut_output_flush (&pair.output));

  g_assert_true (add (&pair, 1, sizeof journal->data));
  g_assert_false (cfut_channel_is_noted (pair.worker));
  g_assert_true (cfut_output_flush (&pair.output));
  g_assert_false (add (&pair, 2, 8));
  g_assert_true (cfut_channel_is_noted (pair.worker));

  pair_tear_down (&pair);
}

static void
test_held (void)
{
  Pair pair;

  g_test_summary ("What is held is written by the watcher when its time has come");

  pair_set_up (&pair);

  add (&pair, 1, 8);
  cfut_output_hold (&pair.output, g_get_monotonic_time ());
  add (&pair, 2, 8);
  cfut_output_hold (&pair.output, g_get_monotonic_time ());
  g_assert_true (timer_fires (&pair, -1));
  g_assert_false (cfut_output_tick (&pair.output));
  assert_received (&pair, "RESULT 1, RESULT 2");

  /* A timer that was overtaken by a flush does nothing, and can be armed again. */
  add (&pair, 3, 8);
  cfut_output_hold (&pair.output, g_get_monotonic_time ());
  g_assert_true (cfut_output_flush (&pair.output));
  g_assert_true (timer_fires (&pair, -1));
  g_assert_false (cfut_output_tick (&pair.output));
  assert_received (&pair, "RESULT 3");

  add (&pair, 4, 8);
  cfut_output_hold (&pair.output, g_get_monotonic_time ());
  g_assert_true (timer_fires (&pair, -1));
  g_assert_false (cfut_output_tick (&pair.output));
  assert_received (&pair, "RESULT 4");

  pair_tear_down (&pair);
}

static void
test_early_tick (void)
{
  Pair pair;

  g_test_summary ("A tick before the time writes nothing and asks for another");

  pair_set_up (&pair);

  add (&pair, 1, 8);
  cfut_output_hold (&pair.output, g_get_monotonic_time () + 20000);
  cfut_output_wake (&pair.output);
  g_assert_true (timer_fires (&pair, -1));
  g_assert_false (cfut_output_tick (&pair.output));
  assert_received (&pair, "");
  g_assert_true (timer_fires (&pair, -1));
  g_assert_false (cfut_output_tick (&pair.output));
  assert_received (&pair, "RESULT 1");

  pair_tear_down (&pair);
}

/* So that no machine is too slow for a report to be the next too early. */
static void
put_off_progress (Pair *self)
{
  self->output.progress_free += G_USEC_PER_SEC / 2;
}

static void
test_progress (void)
{
  Pair pair;

  g_test_summary ("The first report goes at once, the next when its time has come or its result does");

  pair_set_up (&pair);

  report (&pair, 1, 0.1);
  assert_received (&pair, "PROGRESS 1");
  put_off_progress (&pair);
  report (&pair, 1, 0.2);
  report (&pair, 1, 0.3);
  assert_received (&pair, "");
  g_assert_true (timer_fires (&pair, -1));
  g_assert_false (cfut_output_tick (&pair.output));
  assert_received (&pair, "PROGRESS 1");

  put_off_progress (&pair);
  report (&pair, 1, 0.4);
  add (&pair, 1, 8);
  report (&pair, 2, 0.1);
  g_assert_true (cfut_output_flush (&pair.output));
  assert_received (&pair, "PROGRESS 1, RESULT 1");
  add (&pair, 2, 8);
  g_assert_true (cfut_output_flush (&pair.output));
  assert_received (&pair, "PROGRESS 2, RESULT 2");

  pair_tear_down (&pair);
}

static gpointer
flush_thread (gpointer data)
{
  return GINT_TO_POINTER (cfut_output_flush (data));
}

static void
read_until_progress (CfutChannel *channel)
{
  CfutFrame frame;

  while (TRUE)
    {
      g_assert_cmpint (cfut_channel_read_wait (channel, G_MAXSSIZE), ==, CFUT_CHANNEL_OK);
      while (cfut_channel_next (channel, &frame, NULL) == CFUT_CHANNEL_OK)
        if (frame.header.type == CFUT_FRAME_PROGRESS)
          return;
    }
}

static void
test_no_room (void)
{
  Pair pair;
  GThread *thread;
  guint64 call = 1;

  g_test_summary ("Without room the watcher comes back later, and the main thread waits");

  pair_set_up (&pair);

  /* Progress that finds no room is left to the watcher. */
  while (cfut_channel_flush (pair.worker) == CFUT_CHANNEL_OK)
    add (&pair, call++, 100000);
  report (&pair, call, 0.5);
  g_assert_true (timer_fires (&pair, -1));
  g_assert_true (cfut_output_tick (&pair.output));
  g_assert_true (cfut_output_tick (&pair.output));

  thread = g_thread_new ("flush", flush_thread, &pair.output);
  read_until_progress (pair.parent);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_false (cfut_output_tick (&pair.output));

  g_clear_pointer (&pair.parent, cfut_channel_free);
  add (&pair, call, 8);
  g_assert_false (cfut_output_flush (&pair.output));

  pair_tear_down (&pair);
}

static void
test_early_cancels (void)
{
  CfutRunning running;

  g_test_summary ("The last cancels that came too early are remembered, each for one use");

  cfut_running_init (&running);

  for (guint64 id = 1; id <= CFUT_RUNNING_N_EARLY + 8; id++)
    cfut_running_cancel (&running, id, 2);

  for (guint64 id = 1; id <= CFUT_RUNNING_N_EARLY + 8; id++)
    for (guint round = 0; round < 2; round++)
      for (guint32 attempt = 1; attempt <= 3; attempt++)
        {
          CfutCall *call = cfut_call_new ("f", NULL, -1, attempt, NULL, NULL);
          gboolean cancelled;

          cfut_running_begin (&running, call, id, attempt, 0);
          cancelled = g_cancellable_is_cancelled (cfut_call_get_cancellable (call));
          cfut_running_end (&running);

          g_assert_true (cancelled == (round == 0 && attempt == 2 && id > 8));
          g_assert_finalize_object (call);
        }

  cfut_running_clear (&running);
}

static void
test_line (void)
{
  TestCensus census;
  g_autoptr(CfutLine) line = NULL;
  g_autoptr(GError) error = NULL;
  CfutClaims *claims;
  struct rlimit before, none;
  int channel[2], control[2], claims_fd;

  g_test_summary ("A line takes its descriptors, also when it cannot use them; its watcher can be stopped");

  test_census_take (&census);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel), ==, 0);
  g_assert_null (cfut_line_new_take_fds (dup (1), channel[0], channel[1], &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  test_census_check (&census);

  claims = cfut_claims_new (CFUT_ARENA_CAPACITY, &error);
  g_assert_no_error (error);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel), ==, 0);
  claims_fd = dup (cfut_claims_get_fd (claims));
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = before;
  none.rlim_cur = 0;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  g_assert_null (cfut_line_new_take_fds (channel[0], channel[1], claims_fd, &error));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_clear_error (&error);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control), ==, 0);
  line = cfut_line_new_take_fds (channel[1], control[1], dup (cfut_claims_get_fd (claims)), &error);
  g_assert_no_error (error);
  g_assert_true (cfut_line_watch (line, &error));
  g_assert_no_error (error);

  /* The descriptors go when the thread has. */
  cfut_line_stop (line);
  g_clear_pointer (&line, cfut_line_unref);
  cfut_claims_free (claims);
  close (channel[0]);
  {
    struct pollfd fd = { .fd = control[0], .events = POLLIN };

    g_assert_cmpint (poll (&fd, 1, -1), ==, 1);
  }
  close (control[0]);
  test_census_check (&census);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/output/batch", test_batch);
  g_test_add_func ("/output/full-batch", test_full);
  g_test_add_func ("/output/held", test_held);
  g_test_add_func ("/output/early-tick", test_early_tick);
  g_test_add_func ("/output/progress", test_progress);
  g_test_add_func ("/output/no-room", test_no_room);
  g_test_add_func ("/running/early-cancels", test_early_cancels);
  g_test_add_func ("/line/descriptors", test_line);

  return g_test_run ();
}
