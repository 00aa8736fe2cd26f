/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../bench.h"

/* How many calls are outstanding at most in the bounded measures. */
#define BENCH_BOUND 4096

void bench_run_burst             (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_burst_increment   (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_bounded           (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_bounded_increment (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_producers         (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_dense             (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_asleep            (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_busy              (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_memory            (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_cancel            (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_delivery          (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_start             (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
void bench_run_scaling           (const BenchPeer *peer,
                                  guint            n_workers,
                                  guint            size);
