/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "manual-executor.h"

typedef struct
{
  CfutPromise *promise;
  GVariant *arguments;
} ManualCall;

struct _TestManualExecutor
{
  CfutExecutor parent_instance;

  GArray *calls; /* (element-type ManualCall) */
  TestManualAnswer answer; /* (nullable) */
  GQuark refusal_domain;
  int refusal_code;
};

G_DEFINE_FINAL_TYPE (TestManualExecutor, test_manual_executor, CFUT_TYPE_EXECUTOR)

static void
manual_call_clear (gpointer data)
{
  ManualCall *self = data;

  g_clear_object (&self->promise);
  g_clear_pointer (&self->arguments, g_variant_unref);
}

static CfutFuture *
test_manual_executor_submit (CfutExecutor       *executor,
                             const char         *function,
                             GVariant           *arguments,
                             CfutSubmitOptions  *options,
                             GError            **error)
{
  TestManualExecutor *self = TEST_MANUAL_EXECUTOR (executor);
  ManualCall call;
  CfutFuture *future;

  if (self->refusal_domain != 0)
    {
      g_set_error_literal (error, self->refusal_domain, self->refusal_code, "Refused");
      return NULL;
    }

  call.promise = cfut_promise_new ();
  call.arguments = g_variant_ref (arguments);
  g_array_append_val (self->calls, call);
  future = g_object_ref (cfut_promise_get_future (call.promise));
  if (self->answer != NULL)
    self->answer (self, self->calls->len - 1);

  return future;
}

static void
test_manual_executor_finalize (GObject *object)
{
  TestManualExecutor *self = TEST_MANUAL_EXECUTOR (object);

  g_array_unref (self->calls);

  G_OBJECT_CLASS (test_manual_executor_parent_class)->finalize (object);
}

static void
test_manual_executor_class_init (TestManualExecutorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_manual_executor_finalize;
  CFUT_EXECUTOR_CLASS (klass)->submit_full = test_manual_executor_submit;
}

static void
test_manual_executor_init (TestManualExecutor *self)
{
  self->calls = g_array_new (FALSE, FALSE, sizeof (ManualCall));
  g_array_set_clear_func (self->calls, manual_call_clear);
}

TestManualExecutor *
test_manual_executor_new (guint max_workers)
{
  return g_object_new (TEST_TYPE_MANUAL_EXECUTOR, "max-workers", max_workers, NULL);
}

guint
test_manual_executor_n_calls (TestManualExecutor *self)
{
  return self->calls->len;
}

static ManualCall *
get_call (TestManualExecutor *self,
          guint               call)
{
  g_assert_cmpuint (call, <, self->calls->len);

  return &g_array_index (self->calls, ManualCall, call);
}

CfutPromise *
test_manual_executor_promise (TestManualExecutor *self,
                              guint               call)
{
  return get_call (self, call)->promise;
}

GVariant *
test_manual_executor_arguments (TestManualExecutor *self,
                                guint               call)
{
  return get_call (self, call)->arguments;
}

void
test_manual_executor_resolve (TestManualExecutor *self,
                              guint               call)
{
  ManualCall *manual_call = get_call (self, call);
  gint64 x;

  g_variant_get (manual_call->arguments, "(x)", &x);
  cfut_promise_resolve_variant (manual_call->promise, g_variant_new_int64 (10 * x));
}

void
test_manual_executor_reject (TestManualExecutor *self,
                             guint               call,
                             GQuark              domain,
                             int                 code)
{
  g_autoptr(GError) error = g_error_new (domain, code, "Call %u was rejected", call);

  cfut_promise_reject (get_call (self, call)->promise, error);
}

void
test_manual_executor_set_answer (TestManualExecutor *self,
                                 TestManualAnswer    answer)
{
  self->answer = answer;
}

void
test_manual_executor_refuse (TestManualExecutor *self,
                             GQuark              domain,
                             int                 code)
{
  self->refusal_domain = domain;
  self->refusal_code = code;
}
