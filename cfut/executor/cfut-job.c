/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-job-private.h"

#include "call/cfut-chunk-private.h"
#include "cfut-debug-private.h"
#include "cfut-unit-private.h"
#include "executor/cfut-pool-private.h"
#include "future/cfut-delivery-private.h"
#include "memory/cfut-lending-private.h"

static gboolean
cfut_job_cancel (CfutState *state)
{
  CfutJob *self = cfut_job_from_state (state);

  return cfut_pool_cancel_job (cfut_job_get_pool (self), self);
}

static gboolean
cfut_job_withdraw (CfutState *state)
{
  CfutJob *self = cfut_job_from_state (state);

  return cfut_pool_withdraw_job (cfut_job_get_pool (self), self);
}

static gboolean
cfut_job_help (CfutState  *state,
               GError    **error)
{
  CfutJob *self = cfut_job_from_state (state);

  return cfut_pool_help (cfut_job_get_pool (self), self, error);
}

static void
cfut_job_drive (CfutState *state,
                gint64     deadline)
{
  CfutJob *self = cfut_job_from_state (state);
  CfutPool *pool = cfut_job_get_pool (self);

  if (pool->carrier_class != NULL && pool->carrier_class->drive != NULL)
    pool->carrier_class->drive (pool, self, deadline);
}

static char *
cfut_job_dup_name (CfutState *state)
{
  return g_strdup (cfut_job_get_label (cfut_job_from_state (state)));
}

static const char *
cfut_job_get_function_name (CfutState *state)
{
  const CfutFunction *function = cfut_job_get_function (cfut_job_from_state (state));

  return function != NULL ? function->name : NULL;
}

static const GVariantType *
cfut_job_get_result_type (CfutState *state)
{
  return cfut_job_get_function (cfut_job_from_state (state))->result_type;
}

static GObject *
cfut_job_dup_executor (CfutState *state)
{
  return g_weak_ref_get (&cfut_job_get_pool (cfut_job_from_state (state))->executor);
}

static void
cfut_job_clear_extra (CfutStateExtra *extra)
{
  CfutJobExtra *self = (CfutJobExtra *) extra;

  g_assert (self->room_waiter == NULL);

  g_clear_pointer (&self->options, cfut_submit_options_free);
}

static void
cfut_job_finalize (CfutState *state)
{
  CfutJob *self = cfut_job_from_state (state);
  CfutPool *pool = cfut_job_get_pool (self);
  CfutKind *kind = (CfutKind *) cfut_job_get_kind (self);

  cfut_job_drop_input (self);
  g_slice_free (CfutJob, self);
  cfut_kinds_release (&pool->kinds, kind);
  cfut_pool_unref (pool);
}

const CfutStateClass cfut_job_state_class = {
  .cancel = cfut_job_cancel,
  .withdraw = cfut_job_withdraw,
  .help = cfut_job_help,
  .drive = cfut_job_drive,
  .dup_name = cfut_job_dup_name,
  .get_function = cfut_job_get_function_name,
  .dup_executor = cfut_job_dup_executor,
  .get_result_type = cfut_job_get_result_type,
  .extra_size = sizeof (CfutJobExtra),
  .clear_extra = cfut_job_clear_extra,
  .finalize = cfut_job_finalize,
};

GVariant *
cfut_job_dup_arguments (CfutJob *self)
{
  if (cfut_job_has_small (self))
    return cfut_small_unpack (self->small_arguments, cfut_job_get_function (self)->parameter_type);

  return g_variant_ref (self->arguments);
}

void
cfut_job_set_size (CfutJob *self,
                   gsize    size)
{
  if (size >= CFUT_STATE_MAX_NOTE)
    cfut_job_ensure_extra (self)->size = size;

  cfut_state_set_note (&self->state, MIN (size, CFUT_STATE_MAX_NOTE));
}

/* Runs in: submitter's thread. */
static void
cfut_job_take_arguments (CfutJob  *self,
                         GVariant *arguments)
{
  if (arguments == cfut_unit_get ())
    {
      self->arguments = arguments;
    }
  else if (cfut_job_has_small (self))
    {
      g_variant_ref_sink (arguments);
      self->small_arguments = cfut_small_pack (arguments);
      cfut_job_set_size (self, CFUT_JOB_OVERHEAD + g_variant_get_size (arguments));
      g_variant_unref (arguments);
    }
  else
    {
      self->arguments = g_variant_ref_sink (arguments);
      cfut_job_set_size (self, CFUT_JOB_OVERHEAD + g_variant_get_size (arguments) -
                               cfut_lending_measure (arguments));
    }
}

CfutJob *
cfut_job_new (CfutPool           *pool,
              const CfutFunction *function,
              CfutWork           *work,
              GVariant           *arguments,
              guint               n_items,
              CfutSubmitOptions  *options)
{
  CfutJob *self = g_slice_new (CfutJob);
  gboolean small = function != NULL && function->small_parameter &&
                   g_atomic_int_get (&pool->keeps_small);

  g_assert (function != NULL ? work == NULL : work != NULL && arguments == NULL);

  cfut_pool_ref (pool);
  cfut_state_init (&self->state, &cfut_kinds_get (&pool->kinds, pool, function, small)->origin,
                   CFUT_JOB_OVERHEAD);
  self->work = work;
  self->prev = self->next = NULL;
  cfut_job_set_queued_at (self, g_get_monotonic_time ());
  if (options != NULL || n_items > 0 || (cfut_debug_get_flags () & CFUT_DEBUG_QUEUE))
    {
      CfutJobExtra *extra = cfut_job_ensure_extra (self);

      extra->n_items = n_items;
      extra->submitted_at = cfut_job_get_queued_at (self);
      extra->options = options != NULL ? cfut_submit_options_copy (options) : NULL;
    }
  if (arguments != NULL)
    cfut_job_take_arguments (self, arguments);

  return self;
}

CfutJobExtra *
cfut_job_ensure_extra (CfutJob *self)
{
  return (CfutJobExtra *) cfut_state_ensure_extra (&self->state);
}

CfutJob *
cfut_job_ref (CfutJob *self)
{
  cfut_state_ref (&self->state);

  return self;
}

void
cfut_job_unref (CfutJob *self)
{
  cfut_state_unref (&self->state);
}

CfutJob *
cfut_job_from_state (CfutState *state)
{
  g_assert (cfut_state_get_class (state) == &cfut_job_state_class);

  return (CfutJob *) state;
}

/* NULL if the future is not a call's. */
CfutJob *
cfut_job_from_future (CfutFuture *future)
{
  CfutState *state = cfut_future_get_cfut_state (future);

  return cfut_state_get_class (state) == &cfut_job_state_class ? (CfutJob *) state : NULL;
}

static CfutSubmitOptions *
cfut_job_get_options (CfutJob *self)
{
  CfutJobExtra *extra = cfut_job_get_extra (self);

  return extra != NULL ? extra->options : NULL;
}

const char *
cfut_job_get_label (CfutJob *self)
{
  CfutSubmitOptions *options = cfut_job_get_options (self);
  const char *name = NULL;

  if (options != NULL)
    name = cfut_submit_options_get_name (options);
  if (name == NULL && cfut_job_get_function (self) != NULL)
    name = cfut_job_get_function (self)->name;

  return name != NULL ? name : "closure";
}

int
cfut_job_get_priority (CfutJob *self)
{
  CfutSubmitOptions *options = cfut_job_get_options (self);

  return options != NULL ? cfut_submit_options_get_priority (options) : 0;
}

gint64
cfut_job_get_timeout (CfutJob *self)
{
  CfutSubmitOptions *options = cfut_job_get_options (self);

  return options != NULL ? cfut_submit_options_get_timeout (options) : -1;
}

GCancellable *
cfut_job_get_cancellable (CfutJob *self)
{
  CfutSubmitOptions *options = cfut_job_get_options (self);

  return options != NULL ? cfut_submit_options_get_cancellable (options) : NULL;
}

gint64
cfut_job_get_deadline_time (CfutJob *self)
{
  CfutSubmitOptions *options = cfut_job_get_options (self);
  gint64 deadline = options != NULL ? cfut_submit_options_get_deadline (options) : -1;

  return deadline >= 0 ? cfut_time_add (cfut_job_get_extra (self)->submitted_at, deadline) : G_MAXINT64;
}

gint64
cfut_job_get_end_time (CfutJob *self)
{
  gint64 timeout = cfut_job_get_timeout (self);
  gint64 end = cfut_job_get_deadline_time (self);

  return timeout >= 0 ? MIN (end, cfut_time_add (self->flight->started_at, timeout)) : end;
}

guint
cfut_job_get_retries (CfutJob *self)
{
  CfutSubmitOptions *options = cfut_job_get_options (self);

  return options != NULL ? cfut_submit_options_get_retries (options) : 0;
}

static void
cfut_work_free (gpointer data)
{
  CfutWork *work = data;

  work->destroy (work->data);
  g_free (work);
}

void
cfut_job_drop_input (CfutJob *self)
{
  CfutWork *work = cfut_job_get_work (self);

  if (work == NULL)
    {
      if (cfut_job_get_function (self) != NULL && !cfut_job_has_small (self))
        g_clear_pointer (&self->arguments, cfut_variant_unref);
      return;
    }

  self->work = NULL;
  if (work->destroy != NULL)
    cfut_delivery_release (cfut_state_get_home (&self->state), work->interpreter, cfut_work_free, work);
  else
    g_free (work);
}

GError *
cfut_job_cancelled_error (CfutJob *self)
{
  return g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                      "Call \"%s\" was cancelled", cfut_job_get_label (self));
}

static void
cfut_job_progress (gpointer    target,
                   double      fraction,
                   const char *message)
{
  CfutJob *self = target;

  cfut_state_set_progress (&self->state, fraction, message);
}

static void
cfut_job_run_work (CfutJob     *self,
                   CfutCall    *call,
                   CfutOutcome *outcome)
{
  g_autoptr(GError) error = NULL;

  if (self->work->run (self->work, call, &outcome->value, &error) && error == NULL)
    {
      /* A call without a result resolves to the unit value. */
      if (!G_IS_VALUE (&outcome->value))
        outcome->variant = cfut_unit_get ();
      return;
    }

  if (G_IS_VALUE (&outcome->value))
    g_value_unset (&outcome->value);
  if (error == NULL)
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                         "Call \"%s\" failed without saying why",
                         cfut_job_get_label (self));
  outcome->error = g_steal_pointer (&error);
}

void
cfut_job_log_taken (CfutJob *self)
{
  CFUT_DEBUG (QUEUE, "call \"%s\" leaves the queue after %.6f s", cfut_job_get_label (self),
              (g_get_monotonic_time () - cfut_job_get_extra (self)->queued_at) / (double) G_USEC_PER_SEC);
}

static void
cfut_job_run_function (CfutJob     *self,
                       CfutCall    *call,
                       GVariant    *arguments,
                       CfutOutcome *outcome)
{
  if (cfut_function_invoke (cfut_job_get_function (self), call, arguments,
                            &outcome->variant, &outcome->error) &&
      outcome->variant == NULL)
    outcome->variant = cfut_unit_get ();
}

void
cfut_job_run (CfutJob      *self,
              CfutOutcome  *outcome,
              CfutCall    **call)
{
  const CfutFunction *function = cfut_job_get_function (self);
  g_autoptr(GVariant) made = cfut_job_has_small (self) ? cfut_job_dup_arguments (self) : NULL;
  GVariant *arguments = NULL;
  gint64 end = cfut_job_get_end_time (self);

  if (function != NULL)
    arguments = made != NULL ? made : self->arguments;

  *call = cfut_call_renew (*call,
                           function != NULL ? function->name : NULL,
                           arguments,
                           end == G_MAXINT64 ? -1 : end,
                           cfut_job_get_attempt (self),
                           cfut_job_progress,
                           self);

  /* Who asks to stop sets the flag first and looks for the call second; here
   * it is the other way round, so one of the two sees the other. */
  g_atomic_pointer_set (&self->flight->call, *call);
  if (cfut_state_is_asked_to_stop (&self->state))
    cfut_call_cancel (*call);

  if (function == NULL)
    cfut_job_run_work (self, *call, outcome);
  else if (cfut_job_get_n_items (self) > 0)
    outcome->variant = cfut_chunk_run (function, *call, arguments, NULL, NULL);
  else
    cfut_job_run_function (self, *call, arguments, outcome);

  cfut_call_end (*call);
}

void
cfut_outcome_take_variant (CfutOutcome *self,
                           GVariant    *variant)
{
  cfut_outcome_clear (self);
  self->variant = variant;
}

void
cfut_outcome_set_small (CfutOutcome *self,
                        CfutSmall    small)
{
  cfut_outcome_clear (self);
  self->small = small;
  self->is_small = TRUE;
}

void
cfut_outcome_take_error (CfutOutcome *self,
                         GError      *error)
{
  cfut_outcome_clear (self);
  self->error = error;
}

void
cfut_outcome_clear (CfutOutcome *self)
{
  g_clear_pointer (&self->variant, cfut_variant_unref);
  g_clear_error (&self->error);
  if (G_IS_VALUE (&self->value))
    g_value_unset (&self->value);
  self->is_small = FALSE;
  self->overruled = FALSE;
}

void
cfut_outcome_publish (CfutOutcome *self,
                      CfutState   *state)
{
  g_assert (!self->overruled);

  if (self->error != NULL)
    cfut_state_publish_error (state, g_steal_pointer (&self->error));
  else if (self->is_small)
    cfut_state_publish_small (state, self->small);
  else if (self->variant == cfut_unit_get ())
    {
      self->variant = NULL;
      cfut_state_publish_unit (state);
    }
  else if (self->variant != NULL)
    cfut_state_publish_variant (state, g_steal_pointer (&self->variant));
  else
    {
      GValue value = self->value;

      self->value = (GValue) G_VALUE_INIT;
      cfut_state_publish_value (state, &value);
    }
}
