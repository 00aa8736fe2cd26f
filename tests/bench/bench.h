/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/*
 * What is measured, and of whom. A peer is a pool that can run a function and
 * give its result; a measure uses any peer by these few functions. So all peers
 * do the same work, told by the same code.
 */
G_BEGIN_DECLS

/* What a call runs. Workers that are processes know it by its name. */
typedef struct
{
  const char *name;
  gint64    (*func) (gint64 argument);
} BenchWork;

extern const BenchWork bench_empty;     /* nothing, and gives 0 */
extern const BenchWork bench_increment; /* its argument and 1 */
extern const BenchWork bench_pi;        /* computes as many terms as its argument says */
extern const BenchWork bench_hold;      /* waits until bench_gate_open() */
extern const BenchWork bench_count;     /* adds 1 to bench_n_counted, in threads */

extern const BenchWork *bench_works[];  /* all of them, with a NULL behind */
extern int bench_n_counted;             /* (atomic) */

typedef struct
{
  const char *name;

  /* A pool with room for @n_pending calls that wait. */
  gpointer (*open)   (guint            n_workers,
                      guint            n_pending);
  void     (*close)  (gpointer         pool);

  /* Gives a future, which finish() waits for and frees. The producers' futures
   * are finished in the thread that submitted. */
  gpointer (*submit) (gpointer         pool,
                      const BenchWork *work,
                      gint64           argument);
  gint64   (*finish) (gpointer         pool,
                      gpointer         future);

  /* Nullable: asks for the end of a call that waits. */
  void     (*cancel) (gpointer         pool,
                      gpointer         future);

  /* Nullable: calls @delivered in the main context of the caller. */
  void     (*notify) (gpointer         pool,
                      const BenchWork *work,
                      void           (*delivered) (void));

  /* Whether submit() may be used in several threads at once. */
  gboolean many_producers;
} BenchPeer;

/* A measure prints lines of a name and a number. */
typedef struct
{
  const char *name;
  void      (*run) (const BenchPeer *peer,
                    guint            n_workers,
                    guint            size);
} BenchMeasure;

extern const BenchMeasure bench_measures[]; /* those for all peers; the last has no name */

/*
 * The main function of a program that has @peers, whose last has no name. Its
 * arguments: the name of a peer, that of a measure, the number of workers, and
 * a size. @own are further measures, or %NULL.
 */
int      bench_main       (int                 argc,
                           char              **argv,
                           const BenchPeer    *peers,
                           const BenchMeasure *own);

gint64   bench_now_ns     (void);
gint64   bench_cpu_ns     (gboolean            of_children);
gsize    bench_resident   (void);
void     bench_print      (const char         *name,
                           double              value);
void     bench_print_percentiles (gint64      *samples_ns,
                                  guint        n);

/* Calls of bench_hold wait while the gate is shut. */
void     bench_gate_shut  (void);
void     bench_gate_open  (void);

/* Threads that keep every CPU busy. */
void     bench_burn_start (void);
void     bench_burn_stop  (void);

G_END_DECLS
