/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "process/process-support.h"

G_BEGIN_DECLS

/*
 * The oracle: what must hold at the end of every fault, whatever it was.
 *
 * Each future was resolved exactly once; the executor holds no call and no byte;
 * and after it has gone there are as many descriptors and threads as before it,
 * and no child, not even a zombie. Criticals are fatal. Between begin and end a
 * watchdog counts: when a test takes too long it shows all stacks and aborts.
 */
typedef struct
{
  ProcessTest process;  /* first: the executor, and the census */
  guint n_threads;
  guint n_ended;
  GPtrArray *futures;   /* (element-type CfutFuture) (owned) by id */
  GArray *n_resolved;   /* of guint: how often each id was */
} FaultTest;

/* For main(): everything registered and served, then g_test_init(). */
void          fault_test_init      (int         *argc,
                                    char      ***argv);

/* @quick rounds of something; @full in the suite "stress"; fewer where each
 * takes long. */
guint         fault_scale          (guint        quick,
                                    guint        full);

/* Begins with a process executor, */
void          fault_begin          (FaultTest   *self,
                                    guint        max_workers);
/* with one whose workers are evil-worker.c in this mode, */
void          fault_begin_evil     (FaultTest   *self,
                                    guint        max_workers,
                                    const char  *mode);
/* with one of a worker program, given by its command line, */
void          fault_begin_program  (FaultTest   *self,
                                    guint        max_workers,
                                    const char * const *argv);
/* or with what the test makes itself: it sets process.executor, or not. */
void          fault_begin_bare     (FaultTest   *self);

/* Has the oracle watch @future, and returns it. */
CfutFuture   *fault_track          (FaultTest   *self,
                                    CfutFuture  *future);
/* Submits and tracks; the arguments are those of g_variant_new(). */
CfutFuture   *fault_submit         (FaultTest   *self,
                                    CfutSubmitOptions *options,
                                    const char  *function,
                                    const char  *format,
                                    ...);
/* Submits and tracks, and drops the future: the oracle keeps it. */
void          fault_submit_only    (FaultTest   *self,
                                    CfutSubmitOptions *options,
                                    const char  *function,
                                    const char  *format,
                                    ...);
/* Submits @n squares, and waits for them: the executor serves. */
void          fault_assert_serves  (FaultTest   *self,
                                    guint        n);

/* Iterates the default context until all that is tracked has ended. */
void          fault_await_all      (FaultTest   *self);
/* Of these, how many have failed; each with this error. */
guint         fault_count_failed   (FaultTest   *self,
                                    GQuark       domain,
                                    int          code);
/* How often workers have died, calls were retried, and so on. */
guint64       fault_get_stat       (FaultTest   *self,
                                    guint64    (*get) (const CfutStats *stats));
guint64       fault_get_n_deaths   (FaultTest   *self);
guint64       fault_get_n_retried  (FaultTest   *self);
guint64       fault_get_n_failed   (FaultTest   *self);

/* Waits for all, shuts down, and asks the oracle. */
void          fault_end            (FaultTest   *self);
/* The same in two steps: the first leaves the executor. */
void          fault_end_calls      (FaultTest   *self);
void          fault_assert_quiet   (FaultTest   *self);

/* Submit options, to be freed by the caller. */
CfutSubmitOptions *fault_with_retries (guint     retries);
CfutSubmitOptions *fault_with_timeout (gint64    timeout_us);

/* Threads that are not of GLib's pools, which keep them for a while. */
guint         fault_count_threads  (void);

/* How long managers of this process have computed, in µs. */
gint64        fault_get_manager_time (void);

/* For tests of the oracle: how long it waits for things to be quiet, and when
 * the watchdog barks. */
extern gint64 fault_patience_us;
extern gint64 fault_watchdog_us;

G_END_DECLS
