/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "../bench.h"

/* What only cfut is measured by. */
extern const BenchMeasure cfut_bench_measures[];

void     cfut_bench_register     (void);
void     cfut_bench_register_own (void);
gboolean cfut_bench_has_values (const BenchWork *work);

void     cfut_bench_run_map     (const BenchPeer *peer,
                                 guint            n_workers,
                                 guint            size);
void     cfut_bench_run_map_array (const BenchPeer *peer,
                                   guint            n_workers,
                                   guint            size);
void     cfut_bench_run_payload (const BenchPeer *peer,
                                 guint            n_workers,
                                 guint            size);
void     cfut_bench_run_ready   (const BenchPeer *peer,
                                 guint            n_workers,
                                 guint            size);
void     cfut_bench_run_queued (const BenchPeer *peer,
                                guint            n_workers,
                                guint            size);
void     cfut_bench_run_executors (const BenchPeer *peer,
                                   guint            n_workers,
                                   guint            size);
void     cfut_bench_run_priorities  (const BenchPeer *peer,
                                     guint            n_workers,
                                     guint            size);
void     cfut_bench_run_cancellable (const BenchPeer *peer,
                                     guint            n_workers,
                                     guint            size);
void     cfut_bench_run_waiters (const BenchPeer *peer,
                                 guint            n_workers,
                                 guint            size);
void     cfut_bench_run_payload_shared (const BenchPeer *peer,
                                        guint            n_workers,
                                        guint            size);
