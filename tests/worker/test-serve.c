/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>

#include "call/cfut-chunk-private.h"
#include "fake-parent.h"

static void
test_table (void)
{
  FakeParent parent;
  GVariantIter iter;
  const char *name, *parameter_type, *result_type;
  const char *last = "";
  guint n_functions = 0;

  g_test_summary ("READY lists the functions with their types, sorted by name");

  fake_parent_begin (&parent);

  g_variant_iter_init (&iter, parent.table);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &name, &parameter_type, &result_type))
    {
      g_assert_cmpint (strcmp (last, name), <, 0);
      last = name;
      n_functions++;

      if (g_str_equal (name, "add"))
        {
          g_assert_cmpstr (parameter_type, ==, "(xx)");
          g_assert_cmpstr (result_type, ==, "x");
        }
      if (g_str_equal (name, "nothing"))
        {
          g_assert_cmpstr (parameter_type, ==, "()");
          g_assert_cmpstr (result_type, ==, "()");
        }
    }
  g_assert_cmpuint (n_functions, ==, 25);

  fake_parent_end (&parent);
}

static void
test_calls (void)
{
  FakeParent parent;

  g_test_summary ("Calls are answered with their results, one by one");

  fake_parent_begin (&parent);

  for (gint64 i = 0; i < 100; i++)
    {
      g_autoptr(GVariant) result = NULL;

      result = fake_parent_call (&parent, "add", g_variant_new ("(xx)", i, G_GINT64_CONSTANT (7)), "x");
      g_assert_cmpint (g_variant_get_int64 (result), ==, i + 7);
    }

  g_variant_unref (fake_parent_call (&parent, "nothing", g_variant_new ("()"), "()"));

  fake_parent_end (&parent);
}

static void
test_batch (void)
{
  FakeParent parent;
  guint64 first = 0;

  g_test_summary ("Calls of one batch are answered in their order");

  fake_parent_begin (&parent);

  for (gint64 i = 0; i < 1000; i++)
    {
      guint64 call = fake_parent_queue (&parent, "add", g_variant_new ("(xx)", i, i), NULL);

      if (first == 0)
        first = call;
    }
  fake_parent_flush (&parent);

  for (gint64 i = 0; i < 1000; i++)
    {
      g_autoptr(GVariant) result = fake_parent_get_result (&parent, first + i, "x");

      g_assert_cmpint (g_variant_get_int64 (result), ==, 2 * i);
    }

  fake_parent_end (&parent);
}

static void
test_large_bodies (void)
{
  const gsize lengths[] = { 0, 1, 10000, 65536, 1 << 20, (8 << 20) + 1, CFUT_ARENA_CAPACITY + 1 };
  FakeParent parent;

  g_test_summary ("Large arguments and results cross whole, also many in a row");

  fake_parent_begin (&parent);

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree guint8 *data = g_malloc (lengths[i] + 1);
      g_autoptr(GVariant) bytes = NULL;
      g_autoptr(GVariant) arguments = NULL;
      g_autoptr(GVariant) result = NULL;

      for (gsize j = 0; j < lengths[i]; j++)
        data[j] = j * 31 + i;
      bytes = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, lengths[i], 1);
      arguments = g_variant_ref_sink (g_variant_new_tuple (&bytes, 1));
      bytes = NULL;

      result = fake_parent_call (&parent, "echo", arguments, "(ay)");
      g_assert_cmpmem (g_variant_get_data (result), g_variant_get_size (result),
                       g_variant_get_data (arguments), g_variant_get_size (arguments));
    }

  fake_parent_end (&parent);
}

static void
test_many_large_results (void)
{
  FakeParent parent;
  g_autofree guint8 *data = g_malloc0 (100000);
  guint64 first = 0;

  g_test_summary ("More results than the socket holds wait for a parent that is slow to read");

  fake_parent_begin (&parent);

  for (guint i = 0; i < 30; i++)
    {
      GVariant *bytes = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, 100000 - i, 1);
      guint64 call = fake_parent_queue (&parent, "echo", g_variant_new_tuple (&bytes, 1), NULL);

      if (first == 0)
        first = call;
    }

  /* The worker reads no more while it cannot write; so both ends take turns. */
  for (guint i = 0; i < 30; i++)
    {
      g_autoptr(GVariant) result = NULL;
      CfutChannelStatus status = cfut_channel_flush (parent.channel);

      g_assert_cmpint (status, !=, CFUT_CHANNEL_CLOSED);
      while (status == CFUT_CHANNEL_BLOCKED)
        {
          struct pollfd fd = {
            .fd = cfut_channel_peek_fd (parent.channel), .events = POLLIN | POLLOUT,
          };

          g_assert_cmpint (poll (&fd, 1, -1), ==, 1);
          if (fd.revents & POLLIN)
            break;
          status = cfut_channel_flush (parent.channel);
        }

      result = fake_parent_get_result (&parent, first + i, "(ay)");
      g_assert_cmpuint (g_variant_get_size (result), >=, 100000 - i);
    }

  fake_parent_end (&parent);
}

static void
test_errors (void)
{
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  guint64 call;

  g_test_summary ("Errors come back as they were; a bad result is an error");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "fail", g_variant_new ("(s)", "Nichts geht – gar nichts"), NULL);
  fake_parent_flush (&parent);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_assert_cmpstr (error->message, ==, "Nichts geht – gar nichts");
  g_clear_error (&error);

  call = fake_parent_queue (&parent, "wrong-type", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);

  call = fake_parent_queue (&parent, "silent", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&error);

  fake_parent_end (&parent);
}

static void
test_bad_calls (void)
{
  FakeParent parent;
  CfutFrameHeader header = { .format = CFUT_FORMAT_PICKLE };
  g_autoptr(GError) error = NULL;
  guint64 call;

  g_test_summary ("A call that cannot be run is answered with why, and the worker goes on");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, NULL, g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_clear_error (&error);

  call = fake_parent_queue_full (&parent, &header, "nothing", g_variant_new ("()"));
  fake_parent_flush (&parent);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  /* Two numbers are expected. */
  call = fake_parent_queue (&parent, "add", g_variant_new ("(x)", G_GINT64_CONSTANT (1)), NULL);
  fake_parent_flush (&parent);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
  g_clear_error (&error);

  g_variant_unref (fake_parent_call (&parent, "nothing", g_variant_new ("()"), "()"));

  fake_parent_end (&parent);
}

static void
test_what_a_call_knows (void)
{
  FakeParent parent;
  CfutFrameHeader header = { .attempt = 3, .time = G_GINT64_CONSTANT (123456789012) };
  g_autoptr(GVariant) result = NULL;
  g_autofree char *text = NULL;
  guint64 call;

  g_test_summary ("A function sees its name, its deadline and its attempt");

  fake_parent_begin (&parent);

  call = fake_parent_queue_full (&parent, &header, "describe-call", g_variant_new ("()"));
  fake_parent_flush (&parent);
  result = fake_parent_get_result (&parent, call, "(sxu)");
  text = g_variant_print (result, FALSE);
  g_assert_cmpstr (text, ==, "('describe-call', 123456789012, 3)");

  fake_parent_end (&parent);
}

/* What the function that a call with these runs takes for its deadline. */
static gint64
get_deadline (FakeParent *parent,
              gint64      time,
              gint64      timeout)
{
  CfutFrameHeader header = { .time = time, .timeout = timeout };
  guint64 call = fake_parent_queue_full (parent, &header, "describe-call", g_variant_new ("()"));
  g_autoptr(GVariant) result = NULL;
  gint64 deadline;

  fake_parent_flush (parent);
  result = fake_parent_get_result (parent, call, "(sxu)");
  g_variant_get_child (result, 1, "x", &deadline);

  return deadline;
}

static void
test_timeout (void)
{
  const gint64 minute = 60 * G_USEC_PER_SEC;
  FakeParent parent;
  gint64 before, deadline;

  g_test_summary ("A time-out counts from the start of the call, unless the deadline is before that");

  fake_parent_begin (&parent);

  before = g_get_monotonic_time ();
  deadline = get_deadline (&parent, -1, minute);
  g_assert_cmpint (deadline, >=, before + minute);
  g_assert_cmpint (deadline, <=, g_get_monotonic_time () + minute);

  before = g_get_monotonic_time ();
  deadline = get_deadline (&parent, before + 1000 * minute, minute);
  g_assert_cmpint (deadline, >=, before + minute);
  g_assert_cmpint (deadline, <=, g_get_monotonic_time () + minute);

  g_assert_cmpint (get_deadline (&parent, before + minute, 1000 * minute), ==, before + minute);
  g_assert_cmpint (get_deadline (&parent, -1, G_MAXINT64), ==, G_MAXINT64);
  g_assert_cmpint (get_deadline (&parent, -1, 0), ==, -1);

  fake_parent_end (&parent);
}

static void
test_durations (void)
{
  FakeParent parent;
  CfutFrame frame;
  char *gate = make_gate ();
  gint64 before, took;

  g_test_summary ("An answer says how long its call took, and not how long it waited");

  fake_parent_begin (&parent);

  before = g_get_monotonic_time ();
  fake_parent_queue (&parent, "report-and-wait", g_variant_new ("(s)", gate), NULL);
  fake_parent_queue (&parent, "nothing", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, 1, NULL);
  fake_parent_get_progress (&parent, 1, NULL); /* 50 ms later */
  open_gate (gate);

  fake_parent_next (&parent, &frame);
  took = g_get_monotonic_time () - before;
  g_assert_cmpint (frame.header.time, >=, 40 * 1000 * 1000);
  g_assert_cmpint (frame.header.time, <=, took * 1000);

  fake_parent_next (&parent, &frame);
  g_assert_cmpint (frame.header.time, >=, 0);
  g_assert_cmpint (frame.header.time, <=, (g_get_monotonic_time () - before) * 1000);

  fake_parent_end (&parent);
}

static void
test_result_does_not_wait (void)
{
  FakeParent parent;
  char *gate = make_gate ();
  guint64 quick, slow;

  g_test_summary ("A result does not wait for the call behind it");

  fake_parent_begin (&parent);

  quick = fake_parent_queue (&parent, "nothing", g_variant_new ("()"), NULL);
  slow = fake_parent_queue (&parent, "wait-for-gate", g_variant_new ("(s)", gate), NULL);
  fake_parent_flush (&parent);

  g_variant_unref (fake_parent_get_result (&parent, quick, "()"));
  open_gate (gate);
  g_variant_unref (fake_parent_get_result (&parent, slow, "()"));

  fake_parent_end (&parent);
}

static void
test_progress_is_merged (void)
{
  FakeParent parent;
  guint64 call;
  guint n_frames = 0;
  double fraction, last = 0;
  g_autofree char *message = NULL;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("Of many reports few are sent, the newest, and the last before the result");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "report-much", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  do
    {
      g_clear_pointer (&message, g_free);
      fraction = fake_parent_get_progress (&parent, call, &message);
      g_assert_cmpfloat (fraction, >, last);
      last = fraction;
      n_frames++;
    }
  while (fraction < 1.0);
  g_assert_cmpstr (message, ==, "step 10000");
  g_assert_cmpuint (n_frames, <, 5000);

  result = fake_parent_get_result (&parent, call, "()");

  fake_parent_end (&parent);
}

static void
test_progress_comes_by_itself (void)
{
  FakeParent parent;
  char *gate = make_gate ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  guint64 call;

  g_test_summary ("A report that was held back is sent while the function does something else");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "report-and-wait", g_variant_new ("(s)", gate), NULL);
  fake_parent_flush (&parent);
  g_assert_cmpfloat (fake_parent_get_progress (&parent, call, &first), ==, 0.1);
  g_assert_cmpfloat (fake_parent_get_progress (&parent, call, &second), ==, 0.2);
  g_assert_cmpstr (first, ==, "first");
  g_assert_cmpstr (second, ==, "second");

  open_gate (gate);
  g_variant_unref (fake_parent_get_result (&parent, call, "()"));

  fake_parent_end (&parent);
}

static void
test_long_progress (void)
{
  FakeParent parent;
  g_autofree char *message = NULL;
  guint64 call;

  g_test_summary ("A long message is cut, between characters");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "report-long", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, &message);
  g_assert_cmpuint (strlen (message), ==, 1023);
  g_variant_unref (fake_parent_get_result (&parent, call, "()"));

  fake_parent_end (&parent);
}

static void
test_cancel_running (void)
{
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  guint64 call;

  g_test_summary ("A running call sees its cancellable triggered, by its own attempt only");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "wait-for-cancel", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, NULL);

  fake_parent_cancel (&parent, call, 2);
  fake_parent_cancel (&parent, call + 1, 1);
  fake_parent_cancel (&parent, call, 1);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  fake_parent_end (&parent);
}

static void
test_cancel_before_start (void)
{
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  guint64 call;

  g_test_summary ("A cancel that is faster than its call is remembered, and the call is not run");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "wait-for-cancel", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, NULL);

  /* Of two cancels the first is handled when the second is. */
  fake_parent_cancel (&parent, call + 1, 1);
  fake_parent_cancel (&parent, call, 1);
  error = fake_parent_get_error (&parent, call);
  g_clear_error (&error);

  call = fake_parent_queue (&parent, "spin", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  fake_parent_end (&parent);
}

static void
test_revoked (void)
{
  FakeParent parent;
  char *gate = make_gate ();
  guint32 slot;
  guint64 slow, revoked, last;

  g_test_summary ("A call that was taken back is skipped without an answer, and its slot is freed");

  fake_parent_begin (&parent);

  slow = fake_parent_queue (&parent, "wait-for-gate", g_variant_new ("(s)", gate), NULL);
  revoked = fake_parent_queue (&parent, "spin", g_variant_new ("()"), &slot);
  last = fake_parent_queue (&parent, "nothing", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);

  g_assert_true (cfut_claims_revoke (parent.claims, slot, cfut_claims_get_generation (revoked, 1)));
  open_gate (gate);

  g_variant_unref (fake_parent_get_result (&parent, slow, "()"));
  g_variant_unref (fake_parent_get_result (&parent, last, "()"));
  g_assert_false (cfut_claims_is_claimed (parent.claims, slot, cfut_claims_get_generation (revoked, 1)));

  fake_parent_end (&parent);
}

static void
test_chunk (void)
{
  FakeParent parent;
  CfutFrameHeader header = { .flags = CFUT_FRAME_FLAG_CHUNK };
  g_autoptr(GVariant) result = NULL;
  g_autofree char *text = NULL;
  double fraction = 0;
  guint64 call;
  CfutFrame frame;

  g_test_summary ("A chunk gives the results that there are and says which items failed, and why");

  fake_parent_begin (&parent);

  call = fake_parent_queue_full (&parent, &header, "halve",
                                 g_variant_new_parsed ("[int64 2, 3, 4, 5, 6]"));
  fake_parent_flush (&parent);

  while (TRUE)
    {
      g_autoptr(GVariant) progress = NULL;

      fake_parent_next (&parent, &frame);
      g_assert_cmpuint (frame.header.call, ==, call);
      if (frame.header.type != CFUT_FRAME_PROGRESS)
        break;

      progress = cfut_channel_take_variant (parent.channel, &frame, G_VARIANT_TYPE ("(ds)"), FALSE, NULL);
      g_variant_get (progress, "(ds)", &fraction, NULL);
    }

  /* Half of the last of five. */
  g_assert_cmpfloat_with_epsilon (fraction, 0.9, 0.001);

  g_assert_cmpint (frame.header.type, ==, CFUT_FRAME_RESULT);
  g_assert_cmpint (frame.header.flags, ==, CFUT_FRAME_FLAG_CHUNK);
  g_assert_cmpuint (cfut_claims_get_item (parent.claims, frame.header.slot), ==, 5);
  result = cfut_channel_take_variant (parent.channel, &frame, G_VARIANT_TYPE ("(axa(usisssay))"), FALSE, NULL);
  text = g_variant_print (result, FALSE);
  g_assert_cmpstr (text, ==,
                   "([1, 2, 3], [(1, 'g-io-error-quark', 13, '3 is odd', '', '', []), (3, 'g-io-error-quark', 13, '5 is odd', '', '', [])])");

  fake_parent_end (&parent);
}

static void
test_chunk_counts_items (void)
{
  FakeParent parent;
  CfutFrameHeader header = { .flags = CFUT_FRAME_FLAG_CHUNK };
  char *gate = make_gate ();
  const char *type = "(a()a(usisssay))";
  g_autoptr(GVariant) result = NULL;
  guint64 call;

  g_test_summary ("The page tells which item of a chunk has started; a cancel fails those that have not");

  fake_parent_begin (&parent);

  call = fake_parent_queue_full (&parent, &header, "report-and-wait",
                                 g_variant_new_parsed ("[('',), (%s,), ('',), ('',)]", gate));
  fake_parent_flush (&parent);

  /* The second item has reported when its own second report comes. */
  while (fake_parent_get_progress (&parent, call, NULL) < 0.3)
    ;
  g_assert_cmpuint (cfut_claims_get_item (parent.claims, header.slot), ==, 2);

  fake_parent_cancel (&parent, call, 1);
  /* ... and this one is handled when the answer to it is not there. */
  open_gate (gate);

  while (TRUE)
    {
      CfutFrame frame;

      fake_parent_next (&parent, &frame);
      if (frame.header.type == CFUT_FRAME_PROGRESS)
        continue;

      if ((frame.header.flags & CFUT_FRAME_FLAG_ALL) != 0)
        type = "a()";
      result = cfut_channel_take_variant (parent.channel, &frame, G_VARIANT_TYPE (type), FALSE, NULL);
      break;
    }
  {
    g_autoptr(GVariant) results = cfut_chunk_dup_results (result);

    g_assert_cmpuint (g_variant_n_children (results) + cfut_chunk_count_failures (result), ==, 4);
    g_assert_cmpuint (g_variant_n_children (results), >=, 2);
  }

  fake_parent_end (&parent);
}

static void
test_call_kept (void)
{
  FakeParent parent;

  g_test_summary ("A function may keep its call; another runs all the same");

  fake_parent_begin (&parent);

  for (guint i = 0; i < 3; i++)
    {
      guint64 call = fake_parent_queue (&parent, "hold-for-ever", g_variant_new ("()"), NULL);

      fake_parent_flush (&parent);
      fake_parent_get_progress (&parent, call, NULL);
      g_variant_unref (fake_parent_get_result (&parent, call, "()"));
    }

  fake_parent_end (&parent);
}

static void
test_setup (void)
{
  FakeParent parent;
  GVariantDict setup;
  g_autoptr(GVariant) cwd = NULL;
  g_autoptr(GVariant) limit = NULL;
  g_autoptr(GVariant) initialized = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("The working directory, limits and the initializer are in place before the first call");

  fake_parent_start (&parent, NULL, NULL, G_SUBPROCESS_FLAGS_NONE);

  g_variant_dict_init (&setup, NULL);
  g_variant_dict_insert (&setup, "cwd", "^ay", "/proc");
  g_variant_dict_insert_value (&setup, "rlimits",
                               g_variant_new_parsed ("[(%u, uint64 1000, uint64 2000)]", RLIMIT_CPU));
  g_variant_dict_insert (&setup, "initializer", "s", "initialize");
  g_variant_dict_insert (&setup, "initializer-arguments", "v", g_variant_new ("(s)", "well"));
  fake_parent_set_up (&parent, g_variant_dict_end (&setup));

  cwd = fake_parent_call (&parent, "get-cwd", g_variant_new ("()"), "s");
  g_assert_cmpstr (g_variant_get_string (cwd, NULL), ==, "/proc");
  limit = fake_parent_call (&parent, "get-rlimit", g_variant_new ("(u)", RLIMIT_CPU), "(tt)");
  text = g_variant_print (limit, FALSE);
  g_assert_cmpstr (text, ==, "(1000, 2000)");
  initialized = fake_parent_call (&parent, "get-initialized", g_variant_new ("()"), "s");
  g_assert_cmpstr (g_variant_get_string (initialized, NULL), ==, "well");

  fake_parent_end (&parent);
}

/* Sends @setup, which is to fail with @domain and @code. */
static void
assert_setup_fails (GVariant   *setup,
                    GQuark      domain,
                    int         code,
                    const char *text)
{
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  g_autofree char *message = NULL;

  fake_parent_start (&parent, NULL, NULL, G_SUBPROCESS_FLAGS_STDERR_PIPE);
  fake_parent_send_setup (&parent, setup);

  error = fake_parent_get_error (&parent, 0);
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, text));

  message = fake_parent_read_stderr (&parent);
  g_assert_nonnull (strstr (message, text));
  g_assert_cmpint (fake_parent_wait (&parent), ==, 1);
}

static void
test_setup_fails (void)
{
  g_test_summary ("A set-up that fails is told to the parent, with its reason, and the worker ends");

  assert_setup_fails (g_variant_new_parsed ("{'initializer': <'initialize'>, "
                                            "'initializer-arguments': <<('badly',)>>}"),
                      G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No badly database");
  assert_setup_fails (g_variant_new_parsed ("{'initializer': <'initialize'>}"),
                      G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "initialize");
  assert_setup_fails (g_variant_new_parsed ("{'initializer': <'no-such'>}"),
                      CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "no-such");
  assert_setup_fails (g_variant_new_parsed ("{'cwd': <b'/no/such/place'>}"),
                      CFUT_ERROR, CFUT_ERROR_START_FAILED, "/no/such/place");
  assert_setup_fails (g_variant_new_parsed ("{'rlimits': <[(%u, uint64 2, uint64 1)]>}", RLIMIT_NOFILE),
                      CFUT_ERROR, CFUT_ERROR_START_FAILED, "resource limit 7");
  assert_setup_fails (g_variant_new_parsed ("{'colour': <'green'>}"),
                      CFUT_ERROR, CFUT_ERROR_START_FAILED, "colour");
  assert_setup_fails (g_variant_new_parsed ("{'cwd': <7>}"),
                      CFUT_ERROR, CFUT_ERROR_START_FAILED, "cwd");
}

int
main (int    argc,
      char **argv)
{
  register_functions ();
  cfut_init (&argc, &argv);

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker/table", test_table);
  g_test_add_func ("/worker/calls", test_calls);
  g_test_add_func ("/worker/batch", test_batch);
  g_test_add_func ("/worker/large-bodies", test_large_bodies);
  g_test_add_func ("/worker/many-large-results", test_many_large_results);
  g_test_add_func ("/worker/errors", test_errors);
  g_test_add_func ("/worker/bad-calls", test_bad_calls);
  g_test_add_func ("/worker/what-a-call-knows", test_what_a_call_knows);
  g_test_add_func ("/worker/timeout", test_timeout);
  g_test_add_func ("/worker/durations", test_durations);
  g_test_add_func ("/worker/result-does-not-wait", test_result_does_not_wait);
  g_test_add_func ("/worker/progress-is-merged", test_progress_is_merged);
  g_test_add_func ("/worker/progress-comes-by-itself", test_progress_comes_by_itself);
  g_test_add_func ("/worker/long-progress", test_long_progress);
  g_test_add_func ("/worker/cancel-running", test_cancel_running);
  g_test_add_func ("/worker/cancel-before-start", test_cancel_before_start);
  g_test_add_func ("/worker/revoked", test_revoked);
  g_test_add_func ("/worker/chunk", test_chunk);
  g_test_add_func ("/worker/chunk-counts-items", test_chunk_counts_items);
  g_test_add_func ("/worker/call-kept", test_call_kept);
  g_test_add_func ("/worker/setup", test_setup);
  g_test_add_func ("/worker/setup-fails", test_setup_fails);

  return g_test_run ();
}
