/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut.h>

#include "test-support.h"

G_BEGIN_DECLS

/*
 * What the tests of executors submit, and how they look at what came of it.
 */

/* A call that stands still where a test wants it to. */
typedef struct
{
  TestLatch started; /* opened by the call */
  TestLatch stopped; /* opened by the call when its cancellable is triggered */
  TestLatch go;      /* opened by the test */
  int n_runs;        /* atomic */
} Gate;

#define GATE_INIT { 0 }

/* Registers these functions, all of which take (t):
 *
 *   square    the square of its argument, t
 *   fail      fails with G_IO_ERROR_NOT_FOUND and "No such thing as N"
 *   gate      opens the gate's @started, waits for its @go, returns n_runs, t
 *   stops     opens @started, waits for the call's cancellable, opens @stopped
 *             and fails as cancelled
 *   lingers   as stops, but then waits for @go, and succeeds
 *   thread    the number of the thread it ran in
 *
 * and nothing, which takes nothing and has no result. */
void        calls_register       (void);

GVariant   *gate_argument        (Gate          *gate);

/* As cfut_executor_submit(), of one of the above; asserts success. */
CfutFuture *submit               (CfutExecutor  *executor,
                                  const char    *function,
                                  guint64        argument);
CfutFuture *submit_with          (CfutExecutor  *executor,
                                  const char    *function,
                                  guint64        argument,
                                  CfutSubmitOptions *options);
CfutFuture *submit_gate          (CfutExecutor  *executor,
                                  const char    *function,
                                  Gate          *gate);
/* ... and waits until it has started. */
CfutFuture *occupy               (CfutExecutor  *executor,
                                  Gate          *gate);
/* Opens the gate, checks that the call succeeded, drops the future. */
void        release              (CfutFuture    *future,
                                  Gate          *gate);

/* Each waits for the future, and drops it. */
void        assert_result        (CfutFuture    *future,
                                  guint64        expected);
void        assert_error         (CfutFuture    *future,
                                  GQuark         domain,
                                  int            code,
                                  const char    *pattern);
#define assert_cancelled(future) \
  assert_error (future, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Call * was cancelled")

/* Shuts down, and drops the last reference. */
void        end_executor         (CfutExecutor  *executor);

/* Adds a test that leaves no thread, descriptor or child behind. */
void        add_test             (const char    *path,
                                  void         (*func) (void));

/* A main loop of one's own for what is asynchronous: keeps the result of one
 * operation. */
typedef struct
{
  GAsyncResult *result; /* (owned) */
  int done;             /* atomic */
  GThread *thread;      /* in which it came */
} Answer;

#define ANSWER_INIT { NULL, 0, NULL }

void        answer_cb            (GObject       *object,
                                  GAsyncResult  *result,
                                  gpointer       user_data);
/* Iterates the default context until it is there. */
void        answer_await         (Answer        *answer);
void        answer_clear         (Answer        *answer);

G_END_DECLS
