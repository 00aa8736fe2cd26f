/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fakes.h"

#include "cfut-error.h"

typedef struct
{
  FakeState fake;
  CfutOrigin origin;
  char *name;
} NamedFakeState;

static gboolean
fake_state_cancel (CfutState *state)
{
  FakeState *self = (FakeState *) state;

  g_atomic_int_inc (&self->n_cancels);
  if (self->cancel != NULL)
    return self->cancel (self);

  if (!cfut_state_claim_to_cancel (state))
    return FALSE;

  cfut_state_publish_error (state, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));

  return TRUE;
}

static gboolean
fake_state_help (CfutState  *state,
                 GError    **error)
{
  FakeState *self = (FakeState *) state;

  g_atomic_int_inc (&self->n_helps);

  return self->help == NULL || self->help (self, error);
}

static char *
fake_state_dup_name (CfutState *state)
{
  return g_strdup (((NamedFakeState *) state)->name);
}

static GObject *
fake_state_dup_executor (CfutState *state)
{
  return g_object_new (G_TYPE_OBJECT, NULL);
}

static const GVariantType *
fake_state_get_result_type (CfutState *state)
{
  return G_VARIANT_TYPE_INT32;
}

static void
fake_state_finalize (CfutState *state)
{
  NamedFakeState *self = (NamedFakeState *) state;

  if (self->fake.n_finalized != NULL)
    g_atomic_int_inc (self->fake.n_finalized);
  cfut_origin_clear (&self->origin);
  g_free (self->name);
  g_free (self);
}

static const CfutStateClass nameless_class = {
  .cancel = fake_state_cancel,
  .finalize = fake_state_finalize,
};

static const CfutStateClass full_class = {
  .cancel = fake_state_cancel,
  .help = fake_state_help,
  .dup_name = fake_state_dup_name,
  .dup_executor = fake_state_dup_executor,
  .finalize = fake_state_finalize,
  .get_result_type = fake_state_get_result_type,
};

FakeState *
fake_state_new (const char *name)
{
  NamedFakeState *self = g_new0 (NamedFakeState, 1);

  cfut_origin_init (&self->origin, name != NULL ? &full_class : &nameless_class);
  cfut_state_init (&self->fake.state, &self->origin, 0);
  self->name = g_strdup (name);

  return &self->fake;
}

void
fake_state_resolve (FakeState *self,
                    gint32     result)
{
  g_assert_true (cfut_state_claim (&self->state));
  cfut_state_publish_variant (&self->state, g_variant_new_int32 (result));
}

void
fake_state_fail (FakeState  *self,
                 const char *message)
{
  g_assert_true (cfut_state_claim (&self->state));
  cfut_state_publish_error (&self->state, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, message));
}

CfutFuture *
fake_future_new (FakeState **state)
{
  FakeState *fake = fake_state_new ("fake");
  CfutFuture *future = cfut_future_new_for_state (&fake->state);

  cfut_state_unref (&fake->state);
  *state = fake;

  return future;
}

gboolean
fake_help_resolves (FakeState  *self,
                    GError    **error)
{
  if (cfut_state_claim (&self->state))
    cfut_state_publish_variant (&self->state, g_variant_new_int32 (1));

  return TRUE;
}

gboolean
fake_help_hopeless (FakeState  *self,
                    GError    **error)
{
  g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK, "No hope");

  return FALSE;
}

gboolean
fake_help_opens (FakeState  *self,
                 GError    **error)
{
  test_latch_open (self->data);

  return TRUE;
}

typedef struct
{
  guint n_threads;
  guint n_rounds;
  RaceFunc func;
  RaceAfter after;
  gpointer user_data;

  GMutex lock;
  GCond turned_cond; /* signalled with @lock held */

  /* All below: protected by @lock. */
  guint next_thread;
  guint round;
  guint n_arrived;
} Race;

/* The last thread to arrive ends the round. */
static gpointer
race_thread (gpointer user_data)
{
  Race *self = user_data;
  guint thread;

  g_mutex_lock (&self->lock);
  thread = self->next_thread++;

  for (guint round = 0; round <= self->n_rounds; round++)
    {
      if (++self->n_arrived == self->n_threads)
        {
          if (round > 0)
            self->after (round - 1, self->user_data);
          self->n_arrived = 0;
          self->round++;
          g_cond_broadcast (&self->turned_cond);
        }
      else
        {
          while (self->round == round)
            g_cond_wait (&self->turned_cond, &self->lock);
        }

      if (round < self->n_rounds)
        {
          g_mutex_unlock (&self->lock);
          self->func (thread, self->user_data);
          g_mutex_lock (&self->lock);
        }
    }

  g_mutex_unlock (&self->lock);

  return NULL;
}

void
race (guint     n_threads,
      guint     n_rounds,
      RaceFunc  func,
      RaceAfter after,
      gpointer  user_data)
{
  Race self = { n_threads, n_rounds, func, after, user_data };
  g_autofree GThread **threads = g_new (GThread *, n_threads);

  g_mutex_init (&self.lock);
  g_cond_init (&self.turned_cond);

  for (guint i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("test-race", race_thread, &self);
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);

  g_mutex_clear (&self.lock);
  g_cond_clear (&self.turned_cond);
}

void
drain_default_context (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}
