/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "cfut-error-private.h"
#include "test-support.h"

#include <string.h>

/* Completions that are drained as one block of bytes. */

#define MIB ((gsize) 1 << 20)

enum
{
  NONE,
  BYTES,
  VARIANT,
  ERROR,
  LENT,
  PROGRESS,
};

typedef struct
{
  const char *name;
  CfutExecutor *(*create) (guint max_workers);
} Kind;

typedef struct
{
  TestCensus census;
  CfutCompletionQueue *queue;
  CfutExecutor *executor;
} Fixture;

static const Kind kinds[] = {
  { "threads", cfut_thread_executor_new },
  { "processes", cfut_process_executor_new },
};

/* ---- Functions. */

static GVariant *
echo (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  return g_variant_ref (arguments);
}

static GVariant *
parse (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  return g_variant_new ("(yas@mv)", (guchar) g_variant_get_size (arguments),
                        NULL, g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL));
}

static GVariant *
report (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  cfut_call_set_progress (call, 0.25, "A quarter");
  if (g_variant_get_size (arguments) > 0)
    cfut_call_set_progress (call, 0.5, NULL);

  return g_variant_ref (arguments);
}

static GVariant *
fail (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  g_autoptr(GBytes) payload = g_bytes_new_static ("a\0b", 3);

  if (g_variant_get_size (arguments) == 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Nothing there");
  else
    g_propagate_error (error, cfut_error_new_remote ("Name", "message", "line 1\nline 2\n", payload));

  return NULL;
}

/* ---- Records. */

typedef struct
{
  guint64 tag;
  guint32 state;
  guint32 kind;
  guint64 length;
  guint8 body[];
} Record;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  const Kind *kind = data;

  test_census_take (&fixture->census);
  fixture->queue = cfut_completion_queue_new ();
  fixture->executor = kind->create (1);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_finalize_object (fixture->queue);
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (fixture->executor);
  test_census_check (&fixture->census);
}

static void
push (Fixture    *fixture,
      const char *function,
      const void *data,
      gsize       length,
      guint64     tag)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_completion_queue_push_data (fixture->queue, fixture->executor, function,
                                                  data, length, NULL, tag, &error));
  g_assert_no_error (error);
}

/* Shuts the executor down, so that all is there to drain. */
static void
finish (Fixture *fixture)
{
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
}

/* The record at @offset, which becomes that of the next. */
static const Record *
next_record (const guint8 *records,
             gsize         length,
             gsize        *offset)
{
  const Record *record = (const Record *) (records + *offset);
  gsize end;

  g_assert_cmpuint (*offset % 8, ==, 0);
  g_assert_cmpuint (length - *offset, >=, sizeof (Record));
  end = *offset + sizeof (Record) + record->length;
  *offset = (end + 7) & ~(gsize) 7;
  g_assert_cmpuint (*offset, <=, length);
  for (; end < *offset; end++)
    g_assert_cmpint (records[end], ==, 0);

  return record;
}

static guint
count_records (const guint8 *records,
               gsize         length)
{
  guint n = 0;

  for (gsize offset = 0; offset < length; n++)
    next_record (records, length, &offset);

  return n;
}

/* ---- Tests. */

static void
test_bytes (Fixture       *fixture,
            gconstpointer  data)
{
  static const char text[] = "0123456789abcdef";
  g_autofree guint8 *records = NULL;
  gsize length, offset = 0;

  g_test_summary ("Bytes come back under their tags, in order, each aligned and padded");

  for (guint i = 0; i <= 16; i++)
    push (fixture, "echo", text, i, G_MAXUINT64 - i);
  push (fixture, "echo", NULL, 0, 3);
  finish (fixture);

  records = cfut_completion_queue_drain_data (fixture->queue, 0, &length);
  for (guint i = 0; i <= 16; i++)
    {
      const Record *record = next_record (records, length, &offset);

      g_assert_cmpuint (record->tag, ==, G_MAXUINT64 - i);
      g_assert_cmpuint (record->state, ==, CFUT_FUTURE_STATE_DONE);
      g_assert_cmpuint (record->kind, ==, BYTES);
      g_assert_cmpmem (record->body, record->length, text, i);
    }
  g_assert_cmpuint (next_record (records, length, &offset)->tag, ==, 3);
  g_assert_cmpuint (offset, ==, length);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);
}

static void
test_lent (Fixture       *fixture,
           gconstpointer  data)
{
  const gsize sizes[] = { 100, 65535, 65536, 3 * MIB };
  g_autofree guint8 *records = NULL;
  gsize length, offset = 0;

  g_test_summary ("A queue that lends gives large results by their address, and others as ever");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint8 *bytes = g_malloc (sizes[i]);
      g_autoptr(GBytes) taken = NULL;
      g_autoptr(GError) error = NULL;

      memset (bytes, 'a' + i, sizes[i]);
      taken = g_bytes_new_take (bytes, sizes[i]);
      if (i == 1)
        cfut_completion_queue_set_lends_data (fixture->queue, TRUE);
      g_assert_true (cfut_completion_queue_push_bytes (fixture->queue, fixture->executor, "echo", taken,
                                                       NULL, i, &error));
      g_assert_no_error (error);
    }
  finish (fixture);

  records = cfut_completion_queue_drain_data (fixture->queue, 0, &length);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const Record *record = next_record (records, length, &offset);
      gboolean is_lent = i >= 2;
      gsize size = record->length;
      const guint8 *body = record->body;
      GBytes *held = NULL;

      g_assert_cmpuint (record->tag, ==, i);
      g_assert_cmpuint (record->kind, ==, is_lent ? LENT : BYTES);
      if (is_lent)
        {
          guint64 numbers[3];

          g_assert_cmpuint (record->length, ==, sizeof numbers);
          memcpy (numbers, record->body, sizeof numbers);
          body = GSIZE_TO_POINTER (GUINT64_FROM_LE (numbers[0]));
          size = GUINT64_FROM_LE (numbers[1]);
          held = GSIZE_TO_POINTER (GUINT64_FROM_LE (numbers[2]));
          g_assert_true (g_bytes_get_data (held, NULL) == body);
        }
      g_assert_cmpuint (size, ==, sizes[i]);
      for (gsize k = 0; k < size; k++)
        if (body[k] != 'a' + i)
          g_error ("Byte %" G_GSIZE_FORMAT " of %u is wrong", k, i);
      g_clear_pointer (&held, g_bytes_unref);
    }
  g_assert_cmpuint (offset, ==, length);
}

static void
test_taken_is_not_lent (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autofree guint8 *bytes = g_malloc0 (MIB);
  g_autofree guint8 *records = NULL;
  g_autoptr(GError) error = NULL;
  gsize length, offset = 0;
  const Record *record;

  g_test_summary ("A completion that is taken by its tag has a large result in it");

  cfut_completion_queue_set_lends_data (fixture->queue, TRUE);
  push (fixture, "echo", bytes, MIB, 5);
  records = cfut_completion_queue_take_data (fixture->queue, 5, CFUT_WAIT_FOREVER, &length, &error);
  g_assert_no_error (error);
  record = next_record (records, length, &offset);
  g_assert_cmpuint (record->kind, ==, BYTES);
  g_assert_cmpmem (record->body, record->length, bytes, MIB);
}

static void
assert_progress (const Record *record,
                 guint64       tag,
                 double        fraction,
                 const char   *message)
{
  double written;

  g_assert_cmpuint (record->tag, ==, tag);
  g_assert_cmpuint (record->state, ==, CFUT_FUTURE_STATE_DONE);
  g_assert_cmpuint (record->kind, ==, PROGRESS);
  memcpy (&written, record->body, sizeof written);
  g_assert_cmpfloat (written, ==, fraction);
  g_assert_cmpmem (record->body + sizeof written, record->length - sizeof written, message, strlen (message) + 1);
}

static void
test_progress (Fixture       *fixture,
               gconstpointer  data)
{
  g_autofree guint8 *records = NULL;
  g_autofree guint8 *taken = NULL;
  g_autoptr(GError) error = NULL;
  gsize length, offset = 0;

  g_test_summary ("A queue that tells has a record of the last progress, ahead of that of its call");

  push (fixture, "report", NULL, 0, 1);
  cfut_completion_queue_set_tells_progress (fixture->queue, TRUE);
  push (fixture, "report", NULL, 0, 2);
  push (fixture, "echo", "x", 1, 3);
  push (fixture, "report", "y", 1, 4);
  push (fixture, "report", NULL, 0, 5);
  taken = cfut_completion_queue_take_data (fixture->queue, 5, CFUT_WAIT_FOREVER, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (next_record (taken, length, &offset)->kind, ==, BYTES);
  g_assert_cmpuint (offset, ==, length);
  finish (fixture);

  records = cfut_completion_queue_drain_data (fixture->queue, 0, &length);
  offset = 0;
  g_assert_cmpuint (next_record (records, length, &offset)->tag, ==, 1);
  assert_progress (next_record (records, length, &offset), 2, 0.25, "A quarter");
  g_assert_cmpuint (next_record (records, length, &offset)->kind, ==, BYTES);
  g_assert_cmpuint (next_record (records, length, &offset)->kind, ==, BYTES);
  assert_progress (next_record (records, length, &offset), 4, 0.5, "");
  g_assert_cmpuint (next_record (records, length, &offset)->tag, ==, 4);
  g_assert_cmpuint (offset, ==, length);
}

static void
test_nothing (Fixture       *fixture,
              gconstpointer  data)
{
  gsize length = 77;

  g_test_summary ("With nothing to drain there are no bytes");

  g_assert_null (cfut_completion_queue_drain_data (fixture->queue, 0, &length));
  g_assert_cmpuint (length, ==, 0);
}

static void
test_variants (Fixture       *fixture,
               gconstpointer  data)
{
  g_autofree guint8 *records = NULL;
  g_autoptr(GVariant) variant = NULL;
  g_autofree char *text = NULL;
  const Record *record;
  gsize length, offset = 0;

  g_test_summary ("A result of another type comes with its type, and its data aligned");

  push (fixture, "parse", "seven b", 7, 5);
  finish (fixture);

  records = cfut_completion_queue_drain_data (fixture->queue, 0, &length);
  record = next_record (records, length, &offset);
  g_assert_cmpuint (record->kind, ==, VARIANT);
  g_assert_cmpstr ((const char *) record->body, ==, "(yasmv)");
  variant = g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE ("(yasmv)"), record->body + 8,
                                                         record->length - 8, FALSE, NULL, NULL));
  g_assert_true (g_variant_is_normal_form (variant));
  text = g_variant_print (variant, FALSE);
  g_assert_cmpstr (text, ==, "(0x07, [], nothing)");
}

static void
test_errors (Fixture       *fixture,
             gconstpointer  data)
{
  static const char plain[] = "g-io-error-quark\00026\0Nothing there\0\0";
  static const char remote[] = "cfut-error-quark\0008\0Name: message\0Name\0line 1\nline 2\n\0a\0b";
  static const char cancelled[] = "g-io-error-quark\00019\0";
  g_autoptr(CfutPromise) promise = cfut_promise_new ();
  g_autofree guint8 *records = NULL;
  const Record *record;
  gsize length, offset = 0;

  g_test_summary ("An error comes with all that it carries");

  push (fixture, "fail", NULL, 0, 1);
  push (fixture, "fail", "x", 1, 2);
  finish (fixture);
  cfut_completion_queue_add_future (fixture->queue, cfut_promise_get_future (promise), 3);
  cfut_future_cancel (cfut_promise_get_future (promise));

  records = cfut_completion_queue_drain_data (fixture->queue, 0, &length);
  record = next_record (records, length, &offset);
  g_assert_cmpuint (record->tag, ==, 1);
  g_assert_cmpuint (record->state, ==, CFUT_FUTURE_STATE_FAILED);
  g_assert_cmpuint (record->kind, ==, ERROR);
  g_assert_cmpmem (record->body, record->length, plain, sizeof plain);

  record = next_record (records, length, &offset);
  g_assert_cmpuint (record->tag, ==, 2);
  g_assert_cmpuint (record->kind, ==, ERROR);
  g_assert_cmpmem (record->body, record->length, remote, sizeof remote - 1);

  record = next_record (records, length, &offset);
  g_assert_cmpuint (record->tag, ==, 3);
  g_assert_cmpuint (record->state, ==, CFUT_FUTURE_STATE_CANCELLED);
  g_assert_cmpuint (record->kind, ==, ERROR);
  g_assert_cmpuint (record->length, >, sizeof cancelled);
  g_assert_cmpmem (record->body, sizeof cancelled - 1, cancelled, sizeof cancelled - 1);
  g_assert_cmpuint (offset, ==, length);
}

static void
test_none (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(CfutPromise) promise = cfut_promise_new ();
  GValue value = G_VALUE_INIT;
  g_autofree Record *record = NULL;
  gsize length;

  g_test_summary ("Of a result that is not a variant there is no body");

  g_value_init (&value, G_TYPE_INT);
  cfut_promise_resolve_value (promise, &value);
  cfut_completion_queue_add_future (fixture->queue, cfut_promise_get_future (promise), 9);

  record = (Record *) cfut_completion_queue_drain_data (fixture->queue, 0, &length);
  g_assert_cmpuint (length, ==, sizeof (Record));
  g_assert_cmpuint (record->tag, ==, 9);
  g_assert_cmpuint (record->state, ==, CFUT_FUTURE_STATE_DONE);
  g_assert_cmpuint (record->kind, ==, NONE);
  g_assert_cmpuint (record->length, ==, 0);
}

static void
assert_drained (Fixture *fixture,
                guint    max,
                guint    expected)
{
  gsize length;
  g_autofree guint8 *records = cfut_completion_queue_drain_data (fixture->queue, max, &length);

  g_assert_cmpuint (count_records (records, length), ==, expected);
}

static void
test_bounds (Fixture       *fixture,
             gconstpointer  data)
{
  g_autofree guint8 *bytes = g_malloc0 (9 * MIB);

  g_test_summary ("A drain takes as many as it is to, or until it has 4 MiB, and at least one");

  for (guint i = 0; i < 5; i++)
    push (fixture, "echo", bytes, 3 * MIB, i);
  push (fixture, "echo", bytes, 9 * MIB, 5);
  push (fixture, "echo", bytes, 1, 6);
  finish (fixture);

  assert_drained (fixture, 0, 2);
  assert_drained (fixture, 3, 3);
  assert_drained (fixture, 0, 1);
  assert_drained (fixture, 0, 1);
  assert_drained (fixture, 0, 0);
}

static void
test_wrong_type (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call that could not be submitted has no completion");

  g_assert_false (cfut_completion_queue_push_data (fixture->queue, fixture->executor, "in-a-tuple",
                                                   NULL, 0, NULL, 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);
}

static void
test_lines (Fixture       *fixture,
            gconstpointer  data)
{
  static const char *const lines[] = { "one", "", "three", "four" };
  g_autofree guint8 *records = NULL;
  gsize length, offset = 0;

  g_test_summary ("Each line of a text is a call, under tags that follow each other");

  g_assert_cmpuint (cfut_completion_queue_push_lines (fixture->queue, fixture->executor, "echo",
                                                      "", NULL, 1), ==, 0);
  g_assert_cmpuint (cfut_completion_queue_push_lines (fixture->queue, fixture->executor, "echo",
                                                      "one\n\nthree", NULL, 7), ==, 3);
  g_assert_cmpuint (cfut_completion_queue_push_lines (fixture->queue, fixture->executor, "echo",
                                                      "four\n", NULL, 10), ==, 1);
  finish (fixture);

  records = cfut_completion_queue_drain_data (fixture->queue, 0, &length);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      const Record *record = next_record (records, length, &offset);

      g_assert_cmpuint (record->tag, ==, 7 + i);
      g_assert_cmpuint (record->kind, ==, BYTES);
      g_assert_cmpmem (record->body, record->length, lines[i], strlen (lines[i]));
    }
  g_assert_cmpuint (offset, ==, length);
}

static void
test_lines_refused (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autofree guint8 *records = NULL;
  gsize length;

  g_test_summary ("Lines that an executor refuses are not counted, and have no completion");

  g_assert_cmpuint (cfut_completion_queue_push_lines (fixture->queue, fixture->executor, "in-a-tuple",
                                                      "a\nb", NULL, 1), ==, 0);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);

  g_assert_cmpuint (cfut_completion_queue_push_lines (fixture->queue, fixture->executor, "echo",
                                                      "a\nb", NULL, 1), ==, 2);
  finish (fixture);
  g_assert_cmpuint (cfut_completion_queue_push_lines (fixture->queue, fixture->executor, "echo",
                                                      "a\nb", NULL, 9), ==, 0);

  records = cfut_completion_queue_drain_data (fixture->queue, 0, &length);
  g_assert_cmpuint (count_records (records, length), ==, 2);
}

#define ADD(title, func) \
  do \
    { \
      g_autofree char *path = g_strdup_printf ("/completion-data/%s/%s", kinds[i].name, title); \
      g_test_add (path, Fixture, &kinds[i], set_up, func, tear_down); \
    } \
  while (0)

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("echo", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING, echo, NULL, NULL);
  cfut_register_function ("parse", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE ("(yasmv)"), parse, NULL, NULL);
  cfut_register_function ("report", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING, report, NULL, NULL);
  cfut_register_function ("fail", G_VARIANT_TYPE_BYTESTRING, NULL, fail, NULL, NULL);
  cfut_register_function ("in-a-tuple", G_VARIANT_TYPE ("(ay)"), NULL, fail, NULL, NULL);

  /* A worker process serves calls, and no more. */
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      ADD ("bytes", test_bytes);
      ADD ("lent", test_lent);
      ADD ("taken-is-not-lent", test_taken_is_not_lent);
      ADD ("progress", test_progress);
      ADD ("nothing", test_nothing);
      ADD ("variants", test_variants);
      ADD ("errors", test_errors);
      ADD ("none", test_none);
      ADD ("bounds", test_bounds);
      ADD ("wrong-type", test_wrong_type);
      ADD ("lines", test_lines);
      ADD ("lines-refused", test_lines_refused);
    }

  return g_test_run ();
}
