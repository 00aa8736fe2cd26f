/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <future>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "../bench.h"

/* Boost.Asio's pool, with a std::packaged_task. */

namespace
{

gpointer
open_pool (guint n_workers,
           guint n_pending)
{
  return new boost::asio::thread_pool (n_workers);
}

void
close_pool (gpointer data)
{
  auto pool = static_cast<boost::asio::thread_pool *> (data);

  pool->join ();
  delete pool;
}

gpointer
submit (gpointer         pool,
        const BenchWork *work,
        gint64           argument)
{
  std::packaged_task<gint64 ()> task ([work, argument] { return work->func (argument); });
  auto future = new std::future<gint64> (task.get_future ());

  boost::asio::post (*static_cast<boost::asio::thread_pool *> (pool), std::move (task));

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

const BenchPeer peers[] = {
  { "asio", open_pool, close_pool, submit, finish, nullptr, nullptr, TRUE },
  { nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, FALSE },
};

}

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, peers, nullptr);
}
