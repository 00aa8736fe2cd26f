/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <future>

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include "../bench.h"

/*
 * TBB: work that is enqueued in an arena of its own, with a std::promise, since
 * TBB has no future; and its parallel loop. The thread that submits has no
 * place in the arena, as it has none in the other pools.
 */

namespace
{

using oneapi::tbb::global_control;
using oneapi::tbb::task_arena;

/* TBB counts the thread that submits among those that it may have. */
struct Pool
{
  global_control control;
  task_arena arena;

  Pool (guint n_workers)
    : control (global_control::max_allowed_parallelism, n_workers + 1),
      arena (int (n_workers), 0)
  {
    arena.initialize ();
  }
};

gpointer
open_pool (guint n_workers,
           guint n_pending)
{
  return new Pool (n_workers);
}

void
close_pool (gpointer pool)
{
  delete static_cast<Pool *> (pool);
}

gpointer
submit (gpointer         pool,
        const BenchWork *work,
        gint64           argument)
{
  std::promise<gint64> promise;
  auto future = new std::future<gint64> (promise.get_future ());
  auto shared = std::make_shared<std::promise<gint64>> (std::move (promise));

  static_cast<Pool *> (pool)->arena.enqueue ([shared, work, argument] {
    shared->set_value (work->func (argument));
  });

  return future;
}

gint64
finish (gpointer pool,
        gpointer data)
{
  auto future = static_cast<std::future<gint64> *> (data);
  gint64 result = future->get ();

  delete future;

  return result;
}

void
run_map (const BenchPeer *peer,
         guint            n_workers,
         guint            size)
{
  task_arena arena (int (n_workers), 1);
  auto numbers = g_new0 (gint64, size);
  auto results = g_new0 (gint64, size);
  gint64 sum = 0;

  arena.execute ([] { oneapi::tbb::parallel_for (0, 1000, [] (int) {}); });

  gint64 begin = bench_now_ns ();
  arena.execute ([=] {
    oneapi::tbb::parallel_for (oneapi::tbb::blocked_range<guint> (0, size),
                               [=] (const oneapi::tbb::blocked_range<guint> &range) {
      for (guint i = range.begin (); i != range.end (); i++)
        results[i] = bench_increment.func (numbers[i]);
    });
  });
  for (guint i = 0; i < size; i++)
    sum += results[i];
  gint64 end = bench_now_ns ();
  g_assert_cmpint (sum, ==, size);

  g_free (numbers);
  g_free (results);
  bench_print ("items_per_s", size * 1e9 / (end - begin));
}

const BenchPeer peers[] = {
  { "tbb", open_pool, close_pool, submit, finish, nullptr, nullptr, TRUE },
  { nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, FALSE },
};

const BenchMeasure measures[] = {
  { "map", run_map },
  { nullptr, nullptr },
};

}

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, peers, measures);
}
