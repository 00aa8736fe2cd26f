/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "cfut-error-private.h"
#include "fake-parent.h"

/*
 * A host: it takes the calls of its functions out of the worker, instead of
 * having them run. This program is one when it is started as a worker.
 */
#define HOST(name) \
  static void \
  name (CfutWorker *worker, \
        CfutCall   *call)

HOST (reverse)
{
  gsize length;
  const guint8 *data = cfut_call_get_data (call, &length);
  g_autofree guint8 *reversed = g_malloc (length + 1);
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < length; i++)
    reversed[i] = data[length - 1 - i];

  cfut_worker_answer_data (worker, NULL, reversed, length, &error);
  g_assert_no_error (error);
  g_assert_null (cfut_worker_get_call (worker));
}

/* Whether there is a call already that came with the last answer. */
static gboolean exchanged;
static const guint8 *exchanged_data;
static gsize exchanged_length;

/* Answers with what it got, and takes the next call at once. */
HOST (exchange)
{
  gsize length;
  const guint8 *data = cfut_call_get_data (call, &length);

  exchanged_data = cfut_worker_exchange_data (worker, data, length, &exchanged_length, NULL);
  exchanged = TRUE;
}

/* Answers with its second half, nothing, and its first half, out of what it got. */
HOST (swap_halves)
{
  gsize length;
  const guint8 *data = cfut_call_get_data (call, &length);
  const GOutputVector vectors[] = {
    { data + length / 2, length - length / 2 }, { NULL, 0 }, { data, length / 2 },
  };
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_worker_answer_vectors (worker, call, vectors, G_N_ELEMENTS (vectors), &error));
  g_assert_no_error (error);
  g_assert_null (cfut_worker_get_call (worker));
}

HOST (halve_number)
{
  gint64 n = g_variant_get_int64 (cfut_call_get_arguments (call));
  g_autoptr(GError) error = NULL;
  gsize length = 1;

  g_assert_null (cfut_call_get_data (call, &length));
  g_assert_cmpuint (length, ==, 0);

  cfut_call_set_progress (call, 0.5, "halving");
  if (n == 99)
    cfut_worker_answer_exception (worker, call, "ValueError", "99 is too many", "at line 99",
                                  (const guint8 *) "pickled", 7);
  else if (n % 2 != 0)
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%d is odd", (int) n);
  else
    g_assert_true (cfut_worker_answer (worker, call, g_variant_new_int64 (n / 2), NULL));

  if (error != NULL)
    cfut_worker_answer_error (worker, call, error);
}

/* The wrong type, in two ways, and no value at all. */
HOST (answer_badly)
{
  const char *how;
  g_autoptr(GError) error = NULL;

  g_variant_get (cfut_call_get_arguments (call), "(&s)", &how);
  if (g_str_equal (how, "string"))
    g_assert_false (cfut_worker_answer (worker, call, g_variant_new_string ("no number"), &error));
  else if (g_str_equal (how, "data"))
    g_assert_false (cfut_worker_answer_data (worker, call, (const guint8 *) "no", 2, &error));
  else if (g_str_equal (how, "nothing"))
    g_assert_false (cfut_worker_answer (worker, call, NULL, &error));
  else
    return; /* ... and no answer */

  g_assert_nonnull (error);
}

HOST (answer_unit)
{
  g_assert_true (cfut_worker_answer (worker, call, NULL, NULL));
}

static volatile sig_atomic_t n_signals;

static void
signal_handler (int number)
{
  n_signals++;
}

/* Waits for the signal that a cancel sends, and for nothing else. */
HOST (wait_for_signal)
{
  sigset_t blocked, before;
  int first = n_signals;

  sigemptyset (&blocked);
  sigaddset (&blocked, SIGUSR1);
  pthread_sigmask (SIG_BLOCK, &blocked, &before);
  cfut_call_set_progress (call, 0, "started");
  while (n_signals == first)
    g_assert_cmpint (ppoll (NULL, 0, NULL, &before), ==, -1);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  g_assert_true (cfut_call_is_cancelled (call));
  cfut_worker_answer_exception (worker, call, "KeyboardInterrupt", NULL, NULL, NULL, 0);
}

HOST (count_signals)
{
  g_assert_false (cfut_call_is_cancelled (call));
  cfut_worker_answer (worker, call, g_variant_new_int64 (n_signals), NULL);
}

/* An initializer. */
HOST (initialize_host)
{
  const char *what;

  g_variant_get (cfut_call_get_arguments (call), "(&s)", &what);
  g_assert_cmpstr (cfut_call_get_function (call), ==, "host.initialize");

  if (g_str_equal (what, "badly"))
    cfut_worker_answer_exception (worker, call, "ImportError", "No badly module", "at line 7",
                                  (const guint8 *) "pickled", 7);
  else
    g_assert_true (cfut_worker_answer (worker, call, NULL, NULL));
}

static const struct
{
  const char *name;
  const char *parameter_type;
  const char *result_type;
  void (*run) (CfutWorker *worker,
               CfutCall   *call);
} host_functions[] = {
  { "host.badly", "(s)", "x", answer_badly },
  { "host.count-signals", "()", "x", count_signals },
  { "host.exchange", "ay", "ay", exchange },
  { "host.halve", "x", "x", halve_number },
  { "host.initialize", "(s)", "()", initialize_host },
  { "host.reverse", "ay", "ay", reverse },
  { "host.swap", "ay", "ay", swap_halves },
  { "host.unit", "()", "()", answer_unit },
  { "host.wait-for-signal", "()", "()", wait_for_signal },
};

/* The next call, every other time by way of its bytes. */
static CfutCall *
next_call (CfutWorker  *worker,
           GError     **error)
{
  static guint turn;
  const guint8 *data;
  gsize length, length_again;
  CfutCall *call;

  if (exchanged)
    {
      exchanged = FALSE;
      data = exchanged_data;
      length = exchanged_length;
    }
  else if (turn++ % 2 == 0)
    {
      return cfut_worker_next (worker, error);
    }
  else
    {
      data = cfut_worker_next_data (worker, &length, error);
    }

  call = cfut_worker_get_call (worker);
  if (call == NULL)
    {
      g_assert_null (data);
      return NULL;
    }

  g_assert_true (data == cfut_call_get_data (call, &length_again));
  g_assert_cmpuint (length, ==, length_again);

  return g_object_ref (call);
}

static int
serve (void)
{
  g_autoptr(CfutWorker) worker = NULL;
  g_autoptr(GError) error = NULL;
  CfutCall *call;

  worker = cfut_worker_new (&error);
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (host_functions); i++)
    cfut_worker_add_function (worker, host_functions[i].name,
                              G_VARIANT_TYPE (host_functions[i].parameter_type),
                              G_VARIANT_TYPE (host_functions[i].result_type));

  signal (SIGUSR1, signal_handler);
  cfut_worker_set_cancel_signal (worker, SIGUSR1);

  while ((call = next_call (worker, &error)) != NULL)
    {
      guint i = 0;

      while (!g_str_equal (host_functions[i].name, cfut_call_get_function (call)))
        i++;
      host_functions[i].run (worker, call);
      g_object_unref (call);
    }

  g_assert_null (cfut_worker_next (worker, NULL));

  if (error != NULL)
    g_printerr ("%s\n", error->message);

  return error != NULL;
}

static GVariant *
new_bytes (gconstpointer data,
           gsize         length)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, length, 1);
}

static void
test_table (void)
{
  FakeParent parent;
  g_autofree char *text = NULL;

  g_test_summary ("READY lists a host's functions among the registered ones, in order");

  fake_parent_begin (&parent);

  text = g_variant_print (parent.table, FALSE);
  g_assert_nonnull (strstr (text, "('host.halve', 'x', 'x')"));
  g_assert_cmpuint (fake_parent_find (&parent, "host.halve"), >, fake_parent_find (&parent, "halve"));
  g_assert_cmpuint (fake_parent_find (&parent, "host.unit"), <, fake_parent_find (&parent, "nothing"));

  fake_parent_end (&parent);
}

static void
test_bytes (void)
{
  const gsize lengths[] = { 0, 1, 7, 8, 100, 70000, (3 << 20) + 1, CFUT_ARENA_CAPACITY + 1 };
  FakeParent parent;

  g_test_summary ("Bytes go to a host and come back, few and many");

  fake_parent_begin (&parent);

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree guint8 *data = g_malloc (lengths[i] + 1);
      g_autofree guint8 *expected = g_malloc (lengths[i] + 1);
      g_autoptr(GVariant) result = NULL;

      for (gsize j = 0; j < lengths[i]; j++)
        expected[lengths[i] - 1 - j] = data[j] = j * 31 + i;

      result = fake_parent_call (&parent, "host.reverse", new_bytes (data, lengths[i]), "ay");
      g_assert_cmpmem (g_variant_get_data (result), g_variant_get_size (result), expected, lengths[i]);
    }

  fake_parent_end (&parent);
}

static void
test_pieces (void)
{
  const gsize lengths[] = { 0, 1, 100, 70000, (3 << 20) + 1, CFUT_ARENA_CAPACITY + 1 };
  FakeParent parent;

  g_test_summary ("A host answers with bytes in pieces, out of its arguments too");

  fake_parent_begin (&parent);
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      gsize length = lengths[i], half = length / 2;
      g_autofree guint8 *data = g_malloc (length + 1);
      g_autofree guint8 *expected = g_malloc (length + 1);
      g_autoptr(GVariant) result = NULL;

      for (gsize j = 0; j < length; j++)
        data[j] = j * 31 + i;
      memcpy (expected, data + half, length - half);
      memcpy (expected + length - half, data, half);

      result = fake_parent_call (&parent, "host.swap", new_bytes (data, length), "ay");
      g_assert_cmpmem (g_variant_get_data (result), g_variant_get_size (result), expected, length);
    }
  fake_parent_end (&parent);
}

static void
test_exchange (void)
{
  const gsize lengths[] = { 0, 1, 100, 70000, CFUT_ARENA_CAPACITY + 1, 5 };
  FakeParent parent;

  g_test_summary ("A host answers a call and takes the next, of whatever function, in one step");

  fake_parent_begin (&parent);
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree guint8 *data = g_malloc (lengths[i] + 1);
      g_autoptr(GVariant) result = NULL;
      g_autoptr(GVariant) reversed = NULL;

      memset (data, 'a' + i, lengths[i]);
      result = fake_parent_call (&parent, "host.exchange", new_bytes (data, lengths[i]), "ay");
      g_assert_cmpmem (g_variant_get_data (result), g_variant_get_size (result), data, lengths[i]);
      if (i % 2 == 0)
        continue;

      reversed = fake_parent_call (&parent, "host.reverse", new_bytes ("abc", 3), "ay");
      g_assert_cmpmem (g_variant_get_data (reversed), g_variant_get_size (reversed), "cba", 3);
    }
  fake_parent_end (&parent);
}

static void
test_mixed (void)
{
  FakeParent parent;
  guint64 first = 0;

  g_test_summary ("Calls of hosted and of registered functions are answered in their order");

  fake_parent_begin (&parent);

  for (gint64 i = 0; i < 500; i++)
    {
      guint64 call = i % 3 == 0
        ? fake_parent_queue (&parent, "add", g_variant_new ("(xx)", i, i), NULL)
        : fake_parent_queue (&parent, "host.halve", g_variant_new_int64 (4 * i), NULL);

      if (first == 0)
        first = call;
    }
  fake_parent_flush (&parent);

  for (gint64 i = 0; i < 500; i++)
    {
      g_autoptr(GVariant) result = NULL;
      CfutFrame frame;

      do
        fake_parent_next (&parent, &frame);
      while (frame.header.type == CFUT_FRAME_PROGRESS);

      g_assert_cmpint (frame.header.type, ==, CFUT_FRAME_RESULT);
      g_assert_cmpuint (frame.header.call, ==, first + i);
      result = cfut_channel_take_variant (parent.channel, &frame, G_VARIANT_TYPE_INT64, FALSE, NULL);
      g_assert_cmpint (g_variant_get_int64 (result), ==, 2 * i);
    }

  fake_parent_end (&parent);
}

/* Looks for the exception that the host's functions raise. */
static void
assert_exception (const GError *error,
                  const char   *message,
                  const char   *name,
                  const char   *traceback)
{
  gsize length;
  GBytes *payload = cfut_error_get_remote_payload (error);

  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, message);
  g_assert_cmpstr (cfut_error_get_remote_name (error), ==, name);
  g_assert_cmpstr (cfut_error_get_remote_traceback (error), ==, traceback);
  g_assert_nonnull (payload);
  g_assert_cmpmem (g_bytes_get_data (payload, &length), length, "pickled", 7);
}

/* Takes what answers @call, after its progress. */
static GError *
get_error_after_progress (FakeParent *parent,
                          guint64     call)
{
  double fraction = fake_parent_get_progress (parent, call, NULL);

  g_assert_cmpfloat (fraction, ==, 0.5);
  return fake_parent_get_error (parent, call);
}

static void
test_errors (void)
{
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) exception = NULL;
  guint64 call;

  g_test_summary ("A host's error or exception comes back as it was; progress comes before");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "host.halve", g_variant_new_int64 (3), NULL);
  fake_parent_flush (&parent);
  error = get_error_after_progress (&parent, call);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==, "3 is odd");

  call = fake_parent_queue (&parent, "host.halve", g_variant_new_int64 (99), NULL);
  fake_parent_flush (&parent);
  exception = get_error_after_progress (&parent, call);
  assert_exception (exception, "ValueError: 99 is too many", "ValueError", "at line 99");

  fake_parent_end (&parent);
}

static void
test_bad_answers (void)
{
  const struct
  {
    const char *how;
    int code;
  } cases[] = {
    { "string", G_IO_ERROR_INVALID_DATA },
    { "data", G_IO_ERROR_INVALID_DATA },
    { "nothing", G_IO_ERROR_FAILED },
    { "not at all", G_IO_ERROR_FAILED },
  };
  FakeParent parent;

  g_test_summary ("An answer of the wrong type, or none, is the call's failure, and the worker goes on");

  fake_parent_begin (&parent);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      guint64 call = fake_parent_queue (&parent, "host.badly", g_variant_new ("(s)", cases[i].how), NULL);

      fake_parent_flush (&parent);
      error = fake_parent_get_error (&parent, call);
      g_assert_error (error, G_IO_ERROR, cases[i].code);
      g_assert_nonnull (strstr (error->message, "host.badly"));
    }

  g_variant_unref (fake_parent_call (&parent, "host.unit", g_variant_new ("()"), "()"));

  fake_parent_end (&parent);
}

/* The answer to a chunk, as text. */
static char *
get_chunk_result (FakeParent *parent,
                  const char *type,
                  double     *last_progress)
{
  g_autoptr(GVariant) result = NULL;
  CfutFrame frame;

  while (TRUE)
    {
      g_autoptr(GVariant) progress = NULL;

      fake_parent_next (parent, &frame);
      if (frame.header.type != CFUT_FRAME_PROGRESS)
        break;

      progress = cfut_channel_take_variant (parent->channel, &frame, G_VARIANT_TYPE ("(ds)"), FALSE, NULL);
      g_variant_get (progress, "(ds)", last_progress, NULL);
    }

  g_assert_cmpint (frame.header.type, ==, CFUT_FRAME_RESULT);
  g_assert_cmpint (frame.header.flags, ==,
                   CFUT_FRAME_FLAG_CHUNK | (type[0] == 'a' ? CFUT_FRAME_FLAG_ALL : 0));
  result = cfut_channel_take_variant (parent->channel, &frame, G_VARIANT_TYPE (type), FALSE, NULL);

  return g_variant_print (result, FALSE);
}

static void
test_chunk (void)
{
  FakeParent parent;
  CfutFrameHeader header = { .flags = CFUT_FRAME_FLAG_CHUNK };
  g_autofree char *text = NULL;
  double fraction = 0;

  g_test_summary ("The items of a chunk come to the host one by one, and those that fail are named");

  fake_parent_begin (&parent);

  fake_parent_queue_full (&parent, &header, "host.halve",
                          g_variant_new_parsed ("[int64 2, 3, 4, 5, 6]"));
  fake_parent_flush (&parent);
  text = get_chunk_result (&parent, "(axa(usisssay))", &fraction);

  g_assert_cmpstr (text, ==,
                   "([1, 2, 3], [(1, 'g-io-error-quark', 13, '3 is odd', '', '', []), (3, 'g-io-error-quark', 13, '5 is odd', '', '', [])])");
  g_assert_cmpfloat_with_epsilon (fraction, 0.9, 0.001);
  g_assert_cmpuint (cfut_claims_get_item (parent.claims, header.slot), ==, 5);

  fake_parent_end (&parent);
}

static void
test_chunk_of_bytes (void)
{
  FakeParent parent;
  CfutFrameHeader header = { .flags = CFUT_FRAME_FLAG_CHUNK };
  g_autofree char *text = NULL;
  double fraction;

  g_test_summary ("The items of a chunk may be bytes");

  fake_parent_begin (&parent);

  fake_parent_queue_full (&parent, &header, "host.reverse",
                          g_variant_new_parsed ("[b'desserts', b'regal']"));
  fake_parent_flush (&parent);
  text = get_chunk_result (&parent, "aay", &fraction);

  /* The byte that ends such a string comes first then. */
  g_assert_nonnull (strstr (text, "0x73, 0x74, 0x72, 0x65, 0x73, 0x73, 0x65, 0x64]"));

  fake_parent_end (&parent);
}

static void
test_cancel_running (void)
{
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) n_signals_sent = NULL;
  guint64 call;

  g_test_summary ("A cancel of the running call, and of no other, sends its signal to the host");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "host.wait-for-signal", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, NULL);

  fake_parent_cancel (&parent, call, 2);
  fake_parent_cancel (&parent, call + 100, 1);
  fake_parent_cancel (&parent, call, 1);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, "KeyboardInterrupt");

  n_signals_sent = fake_parent_call (&parent, "host.count-signals", g_variant_new ("()"), "x");
  g_assert_cmpint (g_variant_get_int64 (n_signals_sent), ==, 1);

  fake_parent_end (&parent);
}

static void
test_cancel_registered (void)
{
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) n_signals_sent = NULL;
  guint64 call;

  g_test_summary ("A cancel of a registered function's call sends no signal");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "wait-for-cancel", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, NULL);
  fake_parent_cancel (&parent, call, 1);
  error = fake_parent_get_error (&parent, call);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  n_signals_sent = fake_parent_call (&parent, "host.count-signals", g_variant_new ("()"), "x");
  g_assert_cmpint (g_variant_get_int64 (n_signals_sent), ==, 0);

  fake_parent_end (&parent);
}

static void
test_cancel_sent_ahead (void)
{
  FakeParent parent;
  g_autoptr(GError) running = NULL;
  g_autoptr(GError) error = NULL;
  guint64 call;

  g_test_summary ("A call that is cancelled before it has begun does not come to the host");

  fake_parent_begin (&parent);

  call = fake_parent_queue (&parent, "host.wait-for-signal", g_variant_new ("()"), NULL);
  fake_parent_queue (&parent, "host.wait-for-signal", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, NULL);

  /* Of two cancels the first is handled when the second is. */
  fake_parent_cancel (&parent, call + 1, 1);
  fake_parent_cancel (&parent, call, 1);
  running = fake_parent_get_error (&parent, call);
  error = fake_parent_get_error (&parent, call + 1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  fake_parent_end (&parent);
}

static void
test_cancel_chunk (void)
{
  FakeParent parent;
  CfutFrameHeader header = { .flags = CFUT_FRAME_FLAG_CHUNK };
  g_autofree char *text = NULL;
  double fraction;
  guint64 call;

  g_test_summary ("After a cancel the items of a chunk that have not begun do not come to the host");

  fake_parent_begin (&parent);

  call = fake_parent_queue_full (&parent, &header, "host.wait-for-signal",
                                 g_variant_new_parsed ("[(), (), ()]"));
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, NULL);
  fake_parent_cancel (&parent, call, 1);

  text = get_chunk_result (&parent, "(a()a(usisssay))", &fraction);
  g_assert_nonnull (strstr (text, "KeyboardInterrupt"));
  g_assert_nonnull (strstr (text, "(1, 'g-io-error-quark', 19"));
  g_assert_nonnull (strstr (text, "(2, 'g-io-error-quark', 19"));
  g_assert_cmpuint (cfut_claims_get_item (parent.claims, header.slot), ==, 1);

  fake_parent_end (&parent);
}

static void
test_initializer (void)
{
  FakeParent parent;

  g_test_summary ("An initializer that is hosted comes first, and READY after its answer");

  fake_parent_start (&parent, NULL, NULL, G_SUBPROCESS_FLAGS_NONE);
  fake_parent_set_up (&parent,
                      g_variant_new_parsed ("{'initializer': <'host.initialize'>, "
                                            "'initializer-arguments': <<('well',)>>}"));

  g_variant_unref (fake_parent_call (&parent, "host.unit", g_variant_new ("()"), "()"));

  fake_parent_end (&parent);
}

static void
test_initializer_fails (void)
{
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  g_autofree char *message = NULL;

  g_test_summary ("A hosted initializer that fails is told to the parent and to the host");

  fake_parent_start (&parent, NULL, NULL, G_SUBPROCESS_FLAGS_STDERR_PIPE);
  fake_parent_send_setup (&parent,
                          g_variant_new_parsed ("{'initializer': <'host.initialize'>, "
                                                "'initializer-arguments': <<('badly',)>>}"));

  error = fake_parent_get_error (&parent, 0);
  assert_exception (error, "ImportError: No badly module", "ImportError", "at line 7");
  message = fake_parent_read_stderr (&parent);
  g_assert_nonnull (strstr (message, "No badly module"));
  g_assert_cmpint (fake_parent_wait (&parent), ==, 1);
}

int
main (int    argc,
      char **argv)
{
  register_functions ();
  if (cfut_worker_is_requested ())
    return serve ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/host/table", test_table);
  g_test_add_func ("/host/bytes", test_bytes);
  g_test_add_func ("/host/pieces", test_pieces);
  g_test_add_func ("/host/exchange", test_exchange);
  g_test_add_func ("/host/mixed", test_mixed);
  g_test_add_func ("/host/errors", test_errors);
  g_test_add_func ("/host/bad-answers", test_bad_answers);
  g_test_add_func ("/host/chunk", test_chunk);
  g_test_add_func ("/host/chunk-of-bytes", test_chunk_of_bytes);
  g_test_add_func ("/host/cancel-running", test_cancel_running);
  g_test_add_func ("/host/cancel-registered", test_cancel_registered);
  g_test_add_func ("/host/cancel-sent-ahead", test_cancel_sent_ahead);
  g_test_add_func ("/host/cancel-chunk", test_cancel_chunk);
  g_test_add_func ("/host/initializer", test_initializer);
  g_test_add_func ("/host/initializer-fails", test_initializer_fails);

  return g_test_run ();
}
