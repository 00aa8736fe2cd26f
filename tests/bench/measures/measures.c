/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "measures.h"

const BenchMeasure bench_measures[] = {
  { "burst", bench_run_burst },
  { "burst-increment", bench_run_burst_increment },
  { "bounded", bench_run_bounded },
  { "bounded-increment", bench_run_bounded_increment },
  { "producers", bench_run_producers },
  { "dense", bench_run_dense },
  { "asleep", bench_run_asleep },
  { "busy", bench_run_busy },
  { "memory", bench_run_memory },
  { "cancel", bench_run_cancel },
  { "delivery", bench_run_delivery },
  { "start", bench_run_start },
  { "scaling", bench_run_scaling },
  { NULL },
};
