/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "killer.h"
#include "process/cfut-process-executor-private.h"
#include "wire/cfut-frame-private.h"

/* F37 to F52: bytes that a worker sends, through a live worker. */

#define KIB 1024
#define MIB (1024 * KIB)

/* Nothing in the library calls this: on hostile bytes it takes for ever. */
GVariant *
g_variant_get_normal_form (GVariant *value)
{
  g_error ("g_variant_get_normal_form() was called");
}

/* A lie that the worker has to be found out for. */
static void
expect_protocol_error (FaultTest  *test,
                       const char *lie,
                       guint       number)
{
  process_expect_error (fault_submit (test, NULL, "lie", "(su)", lie, number),
                        CFUT_ERROR, CFUT_ERROR_PROTOCOL, "");
}

/* What comes of a lie that may be harmless. */
static gboolean
lie_is_harmless (FaultTest  *test,
                 const char *lie,
                 guint       number)
{
  g_autoptr(CfutFuture) future = fault_submit (test, NULL, "lie", "(su)", lie, number);
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  error = cfut_future_dup_error (future);
  if (error != NULL)
    g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);

  return error == NULL;
}

/* A frame that does not end is not waited for as long as otherwise. */
static void
begin_impatient (FaultTest  *test,
                 const char *mode)
{
  fault_begin_evil (test, 1, mode);
  PROCESS_EXECUTOR (&test->process)->manager->frame_us = 20 * 1000;
}

/* ---- F37, F38: headers. */

static void
test_flips (void)
{
  FaultTest test;
  guint n_harmless = 0;

  g_test_summary ("Of the bits of a header none can be wrong but those of the duration, which is not believed");

  begin_impatient (&test, "");
  for (guint bit = 0; bit < 8 * CFUT_FRAME_HEADER_SIZE; bit++)
    {
      gboolean is_duration = bit / 8 >= 32 && bit / 8 < 40;
      gboolean harmless = lie_is_harmless (&test, "flip", bit);

      if (harmless != (is_duration && bit != 40 * 8 - 1))
        g_error ("Bit %u of byte %u is wrong, and that is %s", bit % 8, bit / 8, harmless ? "harmless" : "refused");
      n_harmless += harmless;
    }
  g_assert_cmpuint (n_harmless, ==, 63);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_lengths (void)
{
  static const guint lengths[] = { 0xffffffff, CFUT_FRAME_MAX_BODY + 1, CFUT_FRAME_MAX_BODY, 100 * MIB };
  FaultTest test;
  gsize before;

  g_test_summary ("A length that is too large is refused, one that is not takes no memory before the bytes come");

  begin_impatient (&test, "");
  fault_assert_serves (&test, 5);
  before = test_get_memory ();
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    expect_protocol_error (&test, "length", lengths[i]);
  g_assert_cmpuint (test_get_memory (), <, before + 2 * MIB);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
expect_too_large (FaultTest  *test,
                  const char *lie,
                  guint       number,
                  const char *words)
{
  process_expect_error (fault_submit (test, NULL, "lie", "(su)", lie, number),
                        G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE, words);
}

static void
test_max_result (void)
{
  FaultTest test;
  gsize before;

  g_test_summary ("More than a result may have is refused before it is read, wherever it lies, and costs no memory");

  fault_begin_evil (&test, 1, "type:ay");
  cfut_process_executor_set_max_result_bytes (PROCESS_EXECUTOR (&test.process), MIB);
  fault_assert_serves (&test, 5);
  before = test_get_memory ();
  expect_too_large (&test, "length", MIB + 1, "It sent RESULT of 1048577 bytes, and no more than 1048576 are taken");
  expect_too_large (&test, "length", CFUT_FRAME_MAX_BODY, "1073741824 bytes");
  expect_too_large (&test, "rude-error", 15 * MIB, "ERROR");
  expect_too_large (&test, "shared-all", 0, "RESULT");
  expect_too_large (&test, "shared-too-long", 0, "RESULT of 4294967295 bytes");
  expect_too_large (&test, "lend-twice", MIB / 2 + 100, "RESULT");
  expect_protocol_error (&test, "length", CFUT_FRAME_MAX_BODY + 1);
  g_assert_cmpuint (test_get_memory (), <, before + 2 * MIB);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_max_result_by_trust (void)
{
#ifdef HAVE_SECCOMP
  FaultTest test;

  g_test_summary ("Of a worker that is not trusted a result has 64 MiB at most, unless the program says otherwise");

  fault_begin_evil (&test, 1, "");
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test.process), CFUT_SANDBOX_SECCOMP);
  /* Before the manager reads it. */
  PROCESS_EXECUTOR (&test.process)->manager->frame_us = 200 * 1000;
  expect_too_large (&test, "length", 64 * MIB + 1, "67108864");
  fault_assert_serves (&test, 5);

  cfut_process_executor_set_max_result_bytes (PROCESS_EXECUTOR (&test.process), 65 * MIB);
  expect_too_large (&test, "length", 65 * MIB + 1, "67108864");
  expect_protocol_error (&test, "length", 65 * MIB);
  fault_end (&test);
#else
  g_test_skip ("There is no seccomp");
#endif
}

/* ---- F40: lies and kills together. */

static void
test_lies_and_kills (void)
{
  static const char * const lies[] = { "unknown-call", "other-attempt", "call-zero", "twice", "unclaimed" };
  guint n_calls = fault_scale (1000, 20000);
  g_autoptr(CfutSubmitOptions) options = fault_with_retries (CFUT_RETRY_FOREVER);
  FaultTest test;
  Killer killer;
  guint n_kills;

  g_test_summary ("With one answer in twenty a lie, and workers killed at random, each rightful call has its result once");

  fault_begin_evil (&test, 4, "");
  killer_begin (&killer, &test, 3000);
  for (guint i = 0; i < n_calls; i++)
    {
      if (i % 20 == 0)
        fault_submit_only (&test, NULL, "lie", "(su)", lies[i / 20 % G_N_ELEMENTS (lies)], 0);
      else
        fault_submit_only (&test, options, "square", "(x)", (gint64) i);
    }
  fault_await_all (&test);
  n_kills = killer_end (&killer);
  for (guint i = 0; i < n_calls; i++)
    {
      if (i % 20 != 0)
        {
          g_autoptr(GVariant) result = process_result (test.futures->pdata[i]);

          g_assert_cmpint (g_variant_get_int64 (result), ==, (gint64) i * i);
        }
    }
  g_test_message ("%u kills, %u retries", n_kills, (guint) fault_get_n_retried (&test));
  fault_end (&test);
}

/* ---- F42: drop by drop. */

static void
test_drip (void)
{
  FaultTest test;

  g_test_summary ("A frame that comes byte by byte has to be there in time as a whole");

  begin_impatient (&test, "");
  process_expect_error (fault_submit (&test, NULL, "lie", "(su)", "drip", 0),
                        CFUT_ERROR, CFUT_ERROR_PROTOCOL, "It did not finish a frame");
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

/* ---- F44: random bytes. */

static void
test_random (gconstpointer lie)
{
  guint n_rounds = fault_scale (100, 10000);
  FaultTest test;
  guint n_harmless = 0;

  g_test_summary ("Whatever bytes come, the worker that sends them is the only one to suffer");

  begin_impatient (&test, "");
  for (guint i = 0; i < n_rounds; i++)
    {
      n_harmless += lie_is_harmless (&test, lie, g_test_rand_int ());
      if (i % 50 == 0)
        fault_assert_serves (&test, 5);
    }
  g_test_message ("%u of %u were harmless", n_harmless, n_rounds);
  fault_end (&test);
}

/* ---- F45: descriptors. */

static void
test_descriptors (void)
{
  FaultTest test;
  guint n_fds;

  g_test_summary ("Descriptors that a worker sends are not kept");

  fault_begin_evil (&test, 1, "");
  fault_assert_serves (&test, 5);
  n_fds = test_count_fds ();
  process_expect_done (fault_submit (&test, NULL, "lie", "(su)", "descriptors", 20));
  g_assert_cmpuint (test_count_fds (), <=, n_fds);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

/* ---- F46, F47: shared memory. */

static void
test_claims_keep_size (gconstpointer how)
{
  FaultTest test;

  g_test_summary ("A worker cannot cut or grow the memory that it shares");

  fault_begin_evil (&test, 1, "");
  process_expect_done (fault_submit (&test, NULL, "lie", "(su)", "claims", GPOINTER_TO_UINT (how)));
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_claims_spoiled (gconstpointer how)
{
  guint n_rounds = fault_scale (20, 200);
  FaultTest test;

  g_test_summary ("Whatever a worker writes there, or takes out of it, costs its own calls only");

  fault_begin_evil (&test, 2, "");
  for (guint i = 0; i < n_rounds; i++)
    {
      expect_protocol_error (&test, "claims", GPOINTER_TO_UINT (how));
      fault_assert_serves (&test, 5);
    }
  fault_end (&test);
}

/* ---- F48: names. */

static void
test_names (void)
{
  static const char * const names[] = { "no-such", "../pid", "pid/../pid", "pid ", "system", "\033[2J" };
  g_autofree char *long_name = g_strnfill (MIB, 'x');
  g_autoptr(GError) error = NULL;
  FaultTest test;

  g_test_summary ("No name but those that were registered reaches anything");

  fault_begin (&test, 1);
  for (guint i = 0; i <= G_N_ELEMENTS (names); i++)
    {
      const char *name = i < G_N_ELEMENTS (names) ? names[i] : long_name;
      CfutFuture *future = cfut_executor_submit (test.process.executor, name, NULL, NULL, &error);

      if (future == NULL)
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
      else
        process_expect_error (fault_track (&test, future), CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "");
      g_clear_error (&error);
    }
  fault_assert_serves (&test, 1);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  fault_end (&test);
}

/* ---- F49, F50: bodies. */

static void
test_wrong_type (gconstpointer mode)
{
  FaultTest test;

  g_test_summary ("A body that is no value of the declared type is refused");

  fault_begin_evil (&test, 1, mode);
  for (guint length = 1; length < 8; length++)
    expect_protocol_error (&test, "text", length);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

typedef struct
{
  const char *name;
  const char *mode;
  guint kind;
} Bomb;

static const Bomb bombs[] = {
  { "zeros", "type:a(ss)", 0 },
  { "zeros-of-variants", "type:av", 0 },
  { "zeros-of-dictionaries", "type:a{sv}", 0 },
  { "long-type", "type:v", 1 },
  { "nested-variants", "type:v", 2 },
  { "overlap", "type:aas", 3 },
  { "overlap-of-pairs", "type:a(ss)", 3 },
};

static void
test_bomb (gconstpointer data)
{
  const Bomb *bomb = data;
  FaultTest test;
  gsize before;

  g_test_summary ("A body that would take far more time or memory than it has bytes is refused");

  fault_begin_evil (&test, 1, bomb->mode);
  expect_protocol_error (&test, "bomb", bomb->kind);
  before = test_get_memory ();
  for (guint i = 0; i < 5; i++)
    expect_protocol_error (&test, "bomb", bomb->kind);
  g_assert_cmpuint (test_get_memory (), <, before + 8 * MIB);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_lies (void)
{
  FaultTest test;

  g_test_summary ("What a worker pretends to lend is refused");

  fault_begin_evil (&test, 1, "type:ay");
  for (guint kind = 0; kind < 12; kind++)
    expect_protocol_error (&test, "lend", kind);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

/* ---- F51: the end of memory. */

static const char * const corpus[] = {
  "b", "y", "i", "x", "d", "s", "o", "g", "v", "ay", "as", "ao", "ag", "av", "aas", "aay", "ab", "ms", "mi", "mmi", "m()", "()",
  "(b)", "(iy)", "(ss)", "(sas)", "(msv)", "a(ss)", "a(si)", "a{sv}", "a{ss}", "{sv}", "(a{sas}m(dd)av)", "(ybiqxds)", "a(aya{sv})",
};

static void
test_end_of_memory (void)
{
  guint n_rounds = fault_scale (20, 2000);
  const gsize page = sysconf (_SC_PAGESIZE);
  guint8 *pages = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  guint8 *end = pages + page - CFUT_FRAME_SLACK;

  g_test_summary ("Nothing is read beyond a body and the slack behind it");

  g_assert_true (pages != MAP_FAILED);
  g_assert_cmpint (mprotect (pages + page, page, PROT_NONE), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (corpus) * n_rounds; i++)
    {
      const GVariantType *type = G_VARIANT_TYPE (corpus[i % G_N_ELEMENTS (corpus)]);
      gsize length = g_test_rand_int_range (0, 9) * 8;
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GVariant) value = NULL;
      g_autoptr(GError) error = NULL;

      /* Small numbers, which are offsets, and letters, which are types. */
      for (gsize k = 0; k < length; k++)
        (end - length)[k] = g_test_rand_bit () ? g_test_rand_int_range (0, 10) : "bysvai()"[g_test_rand_int_range (0, 8)];
      bytes = g_bytes_new_static (end - length, length);
      value = cfut_frame_bytes_to_variant (type, bytes, FALSE, &error);
      if (value == NULL)
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
      else
        g_free (g_variant_print (value, TRUE));
    }

  munmap (pages, 2 * page);
}

/* ---- F52: errors. */

static void
test_rude_error (gconstpointer length)
{
  FaultTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("The text of an error is cut, and made valid");

  fault_begin_evil (&test, 1, "");
  future = fault_submit (&test, NULL, "lie", "(su)", "rude-error", GPOINTER_TO_UINT (length));
  error = process_error (future);
  g_assert_cmpuint (strlen (error->message), <, 4200);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_object (&future);
  fault_assert_serves (&test, 5);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F37/flips", test_flips);
  g_test_add_func ("/faults/F38/lengths", test_lengths);
  g_test_add_func ("/faults/F38/max-result", test_max_result);
  g_test_add_func ("/faults/F38/max-result-by-trust", test_max_result_by_trust);
  g_test_add_func ("/faults/F40/lies-and-kills", test_lies_and_kills);
  g_test_add_func ("/faults/F42/drip", test_drip);
  g_test_add_data_func ("/faults/F44/random", "random", test_random);
  g_test_add_data_func ("/faults/F44/mutated", "mutate", test_random);
  g_test_add_func ("/faults/F45/descriptors", test_descriptors);
  g_test_add_data_func ("/faults/F46/truncated", GUINT_TO_POINTER (0), test_claims_keep_size);
  g_test_add_data_func ("/faults/F46/grown", GUINT_TO_POINTER (1), test_claims_keep_size);
  g_test_add_data_func ("/faults/F47/punched", GUINT_TO_POINTER (2), test_claims_spoiled);
  g_test_add_data_func ("/faults/F47/garbage", GUINT_TO_POINTER (3), test_claims_spoiled);
  g_test_add_func ("/faults/F48/names", test_names);
  g_test_add_data_func ("/faults/F49/no-pair", "type:(dv)", test_wrong_type);
  g_test_add_data_func ("/faults/F49/no-strings", "type:as", test_wrong_type);
  for (guint i = 0; i < G_N_ELEMENTS (bombs); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F50/bomb/%s", bombs[i].name);

      g_test_add_data_func (path, &bombs[i], test_bomb);
    }
  g_test_add_func ("/faults/F49/lies", test_lies);
  g_test_add_func ("/faults/F51/end-of-memory", test_end_of_memory);
  g_test_add_data_func ("/faults/F52/rude-error", GUINT_TO_POINTER (100), test_rude_error);
  g_test_add_data_func ("/faults/F52/long-rude-error", GUINT_TO_POINTER (15 * MIB), test_rude_error);

  return g_test_run ();
}
