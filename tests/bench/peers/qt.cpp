/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <QFuture>
#include <QList>
#include <QThreadPool>
#include <QtConcurrent>

#include "../bench.h"

/* Qt Concurrent, in a pool of its own. */

namespace
{

gpointer
open_pool (guint n_workers,
           guint n_pending)
{
  auto pool = new QThreadPool;

  pool->setMaxThreadCount (int (n_workers));

  return pool;
}

void
close_pool (gpointer pool)
{
  delete static_cast<QThreadPool *> (pool);
}

gpointer
submit (gpointer         pool,
        const BenchWork *work,
        gint64           argument)
{
  return new QFuture<gint64> (QtConcurrent::run (static_cast<QThreadPool *> (pool), work->func, argument));
}

gint64
finish (gpointer pool,
        gpointer data)
{
  auto future = static_cast<QFuture<gint64> *> (data);
  gint64 result = future->result ();

  delete future;

  return result;
}

void
run_map (const BenchPeer *peer,
         guint            n_workers,
         guint            size)
{
  QList<gint64> numbers (size, 0);
  gint64 sum = 0;

  QThreadPool::globalInstance ()->setMaxThreadCount (int (n_workers));
  QtConcurrent::blockingMapped<QList<gint64>> (QList<gint64> (1000, 0), bench_increment.func);

  gint64 begin = bench_now_ns ();
  for (gint64 result : QtConcurrent::blockingMapped<QList<gint64>> (numbers, bench_increment.func))
    sum += result;
  gint64 end = bench_now_ns ();
  g_assert_cmpint (sum, ==, size);

  bench_print ("items_per_s", size * 1e9 / (end - begin));
}

const BenchPeer peers[] = {
  { "qt", open_pool, close_pool, submit, finish, nullptr, nullptr, TRUE },
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
