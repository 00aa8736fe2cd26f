/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include <cfut/cfut.h>

#include "cfut-bench.h"

static gsize
increment_all (CfutCall       *call,
               gconstpointer   items,
               gsize           n_items,
               gpointer        results,
               gpointer        user_data,
               GError        **error)
{
  const gint64 *numbers = items;
  gint64 *incremented = results;

  for (gsize i = 0; i < n_items; i++)
    incremented[i] = numbers[i] + 1;

  return n_items;
}

/* The results one by one. @after: the memory that is taken then. */
static gint64
sum_items (CfutMap *map,
           gsize   *after)
{
  g_autoptr(GError) error = NULL;
  gint64 sum = 0;

  while (!cfut_map_is_done (map))
    {
      g_autoptr(GVariant) result = NULL;
      guint64 index;

      if (cfut_map_next (map, &index, &result, &error))
        sum += g_variant_get_int64 (result);
      g_assert_no_error (error);
    }
  *after = bench_resident ();

  return sum;
}

/* The results as one array. */
static gint64
sum_all (CfutMap *map,
         gsize   *after)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) all = cfut_map_collect (map, &error);
  const gint64 *numbers;
  gint64 sum = 0;
  gsize n_numbers;

  g_assert_no_error (error);
  numbers = g_variant_get_fixed_array (all, &n_numbers, sizeof *numbers);
  for (gsize i = 0; i < n_numbers; i++)
    sum += numbers[i];
  *after = bench_resident ();

  return sum;
}

/* A map of a cheap function over integers, to the last result. */
static void
run_map (const BenchPeer *peer,
         guint            n_workers,
         guint            size,
         const char      *function,
         gint64         (*sum_results) (CfutMap *map,
                                        gsize   *after))
{
  gint64 *numbers = g_new0 (gint64, size);
  g_autoptr(GVariant) items = NULL;
  g_autoptr(GError) error = NULL;
  gpointer executor = peer->open (n_workers, 4096);
  gint64 begin, end, sum;
  gsize before, after;

  peer->finish (executor, peer->submit (executor, &bench_increment, 1));
  memset (numbers, 0, size * sizeof *numbers);
  items = g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE ("ax"), numbers, size * sizeof *numbers,
                                                       TRUE, g_free, numbers));

  before = bench_resident ();
  begin = bench_now_ns ();
  {
    g_autoptr(CfutMap) map = cfut_executor_map (executor, function, items, NULL, &error);

    g_assert_no_error (error);
    sum = sum_results (map, &after);
  }
  end = bench_now_ns ();
  g_assert_cmpint (sum, ==, size);

  peer->close (executor);

  bench_print ("items_per_s", size * 1e9 / (end - begin));
  bench_print ("bytes_per_item", ((double) after - before) / size);
}

/* A function that is called for each item. */
void
cfut_bench_run_map (const BenchPeer *peer,
                    guint            n_workers,
                    guint            size)
{
  run_map (peer, n_workers, size, "increment", sum_items);
}

/* A function that takes many items at a time. */
void
cfut_bench_run_map_array (const BenchPeer *peer,
                          guint            n_workers,
                          guint            size)
{
  run_map (peer, n_workers, size, "increment-all", sum_all);
}

static GVariant *
echo (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  return g_variant_ref (arguments);
}

void
cfut_bench_register_own (void)
{
  cfut_register_array_function ("increment-all", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64,
                                increment_all, NULL, NULL);
  cfut_register_function ("echo", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING, echo, NULL, NULL);
}

/* How many payloads are on their way, and how many there are at all: as many as
 * make a figure, and no more than memory has room for. */
static guint
count_on_their_way (guint size)
{
  return CLAMP (64 * 1024 * 1024 / size, 2, 64);
}

static guint
count_payloads (guint size)
{
  return CLAMP (512 * 1024 * 1024 / size, 8, 50000);
}

/* There and back. @make_arguments gives what is submitted, from @data. */
static void
run_payload (const BenchPeer *peer,
             guint            n_workers,
             guint            size,
             GVariant      *(*make_arguments) (gpointer data,
                                               guint    size),
             gpointer         data)
{
  guint n = count_payloads (size), n_on_their_way = MIN (count_on_their_way (size), n);
  g_autofree CfutFuture **futures = g_new0 (CfutFuture *, n_on_their_way);
  gpointer executor = peer->open (n_workers, 4096);
  gint64 begin = 0, end;

  /* Once around, that memory and workers are there. */
  for (guint i = 0; i < n + 2 * n_on_their_way; i++)
    {
      guint place = i % n_on_their_way;

      if (i == n_on_their_way)
        begin = bench_now_ns ();
      if (i >= n_on_their_way)
        {
          g_autoptr(GVariant) result = cfut_future_dup_result (futures[place], CFUT_WAIT_FOREVER, NULL);
          gsize length;
          const char *back = g_variant_get_fixed_array (result, &length, 1);

          g_assert (length == size && back[0] == 'x' && back[size - 1] == 'x');
          g_clear_object (&futures[place]);
        }
      if (i < n + n_on_their_way)
        {
          g_autoptr(GVariant) arguments = g_variant_ref_sink (make_arguments (data, size));

          futures[place] = cfut_executor_submit (executor, "echo", arguments, NULL, NULL);
        }
    }
  end = bench_now_ns ();

  peer->close (executor);

  bench_print ("gb_per_s", (double) size * (n + n_on_their_way) / (end - begin));
}

static GVariant *
wrap_memory (gpointer data,
             guint    size)
{
  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, size, TRUE, NULL, NULL);
}

/* From memory of the caller's to memory that he may read. */
void
cfut_bench_run_payload (const BenchPeer *peer,
                        guint            n_workers,
                        guint            size)
{
  g_autofree char *data = g_malloc (size);

  memset (data, 'x', size);
  run_payload (peer, n_workers, size, wrap_memory, data);
}

static GVariant *
wrap_buffer (gpointer data,
             guint    size)
{
  return cfut_buffer_dup_variant (data);
}

/* The same from memory that is shared, which nobody copies. */
void
cfut_bench_run_payload_shared (const BenchPeer *peer,
                               guint            n_workers,
                               guint            size)
{
  g_autoptr(CfutBuffer) buffer = cfut_buffer_new (size, NULL);

  memset (cfut_buffer_get_data (buffer, NULL), 'x', size);
  run_payload (peer, n_workers, size, wrap_buffer, buffer);
}

static void
workers_ready_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  gboolean *is_ready = user_data;

  cfut_process_executor_prestart_finish (CFUT_PROCESS_EXECUTOR (source), result, &error);
  g_assert_no_error (error);
  *is_ready = TRUE;
}

/* From a new executor until its one worker can take calls, in a process of
 * @size MiB. */
void
cfut_bench_run_ready (const BenchPeer *peer,
                      guint            n_workers,
                      guint            size)
{
  g_autofree char *ballast = g_malloc (size * (gsize) 1024 * 1024 + 1);
  gint64 begin, end;
  gpointer executor;
  gboolean is_ready = FALSE;

  memset (ballast, 1, size * (gsize) 1024 * 1024);

  begin = bench_now_ns ();
  executor = peer->open (n_workers, 16);
  cfut_process_executor_prestart_async (executor, NULL, workers_ready_cb, &is_ready);
  while (!is_ready)
    g_main_context_iteration (NULL, TRUE);
  end = bench_now_ns ();

  peer->close (executor);

  bench_print ("ready_us", (end - begin) / 1e3);
}

const BenchMeasure cfut_bench_measures[] = {
  { "map", cfut_bench_run_map },
  { "map-array", cfut_bench_run_map_array },
  { "payload", cfut_bench_run_payload },
  { "payload-shared", cfut_bench_run_payload_shared },
  { "ready", cfut_bench_run_ready },
  { "queued", cfut_bench_run_queued },
  { "executors", cfut_bench_run_executors },
  { "priorities", cfut_bench_run_priorities },
  { "cancellable", cfut_bench_run_cancellable },
  { "waiters", cfut_bench_run_waiters },
  { NULL },
};
