/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut.h>

G_BEGIN_DECLS

/* An executor whose calls a test ends by hand. */

#define TEST_TYPE_MANUAL_EXECUTOR (test_manual_executor_get_type ())

G_DECLARE_FINAL_TYPE (TestManualExecutor, test_manual_executor, TEST, MANUAL_EXECUTOR, CfutExecutor)

/* 0 workers: it does not say. */
TestManualExecutor *test_manual_executor_new      (guint               max_workers);

guint               test_manual_executor_n_calls  (TestManualExecutor *self);
CfutPromise        *test_manual_executor_promise  (TestManualExecutor *self,
                                                   guint               call);
/* Borrowed. */
GVariant           *test_manual_executor_arguments (TestManualExecutor *self,
                                                   guint               call);

/* The result is 10 times the argument, which is (x). */
void                test_manual_executor_resolve  (TestManualExecutor *self,
                                                   guint               call);
void                test_manual_executor_reject   (TestManualExecutor *self,
                                                   guint               call,
                                                   GQuark              domain,
                                                   int                 code);

/* Called for each further call, as soon as it was submitted. */
typedef void (*TestManualAnswer) (TestManualExecutor *self,
                                  guint               call);

void                test_manual_executor_set_answer (TestManualExecutor *self,
                                                   TestManualAnswer    answer);

/* Makes each further submit fail, or (domain 0) work again. */
void                test_manual_executor_refuse   (TestManualExecutor *self,
                                                   GQuark              domain,
                                                   int                 code);

G_END_DECLS
