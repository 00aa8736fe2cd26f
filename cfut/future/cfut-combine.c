/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-combine-private.h"
#include "future/cfut-state-private.h"

/*
 * Futures of futures.
 *
 * A combined state has a waiter in each child that is not final, and looks at
 * the children in two passes: first at those that are final already, in their
 * order, and then, if these decide nothing, at the others as they come. So the
 * outcome depends on the order in which children settle only where it must.
 *
 * A child settles, maybe in another thread while the waiters are still being
 * placed, and may decide the outcome. To conclude is to publish that and to
 * take the other waiters back; it is done by one thread, after all waiters are
 * in their place: the one that decided, or the one that placed the last.
 */

typedef struct _CfutCombined CfutCombined;

typedef struct
{
  CfutWaiter waiter;
  CfutCombined *parent; /* (owned) while the waiter is in a state */

  /* All below: protected by the parent's @lock. */
  CfutState *state;     /* (owned) (nullable) until it has settled */
  GValue result;        /* for CFUT_COMBINE_ALL, once it is done */
} CfutChild;

struct _CfutCombined
{
  CfutState state;
  CfutOrigin origin;

  /* Set at construction, never changed; read from any thread. */
  CfutCombineRule rule;
  gsize n_children;

  GMutex lock;

  /* All below: protected by @lock. */
  gsize n_left;
  gboolean placed;      /* all waiters are */
  gboolean decided;
  gboolean concluded;
  CfutState *decider;   /* (owned) (nullable) whose outcome it will be */
  GError *first_error;  /* (owned) (nullable) of child 0, for CFUT_COMBINE_ANY */
  CfutChild children[];
};

/* Whether the outcome of a combined future is known when a child has settled
 * like @phase and @n_left others have not. */
static gboolean
decides (CfutCombineRule rule,
         CfutFutureState phase,
         gsize           n_left)
{
  switch (rule)
    {
    case CFUT_COMBINE_ALL:
      return phase != CFUT_FUTURE_STATE_DONE || n_left == 0;

    case CFUT_COMBINE_ANY:
      return phase == CFUT_FUTURE_STATE_DONE || n_left == 0;

    case CFUT_COMBINE_RACE:
    default:
      return TRUE;
    }
}

/* Whether the outcome is then that of this child alone. */
static gboolean
is_outcome (CfutCombineRule rule,
            CfutFutureState phase)
{
  switch (rule)
    {
    case CFUT_COMBINE_ALL:
      return phase != CFUT_FUTURE_STATE_DONE;

    case CFUT_COMBINE_ANY:
      return phase == CFUT_FUTURE_STATE_DONE;

    case CFUT_COMBINE_RACE:
    default:
      return TRUE;
    }
}

/* NULL if @value holds something else. */
static GVariant *
get_variant (const GValue *value)
{
  return G_VALUE_HOLDS_VARIANT (value) ? g_value_get_variant (value) : NULL;
}

static void
dup_result_value (CfutState *state,
                  GValue    *value)
{
  GVariant *variant = cfut_state_peek_variant (state);
  const GValue *other = cfut_state_peek_value (state);

  if (variant != NULL)
    {
      g_value_init (value, G_TYPE_VARIANT);
      g_value_set_variant (value, variant);
    }
  else
    {
      g_value_init (value, G_VALUE_TYPE (other));
      g_value_copy (other, value);
    }
}

/* Publishes what @decider has. Runs in: any thread. Locks: none. */
static void
publish_like (CfutState *self,
              CfutState *decider)
{
  const GError *error = cfut_state_peek_error (decider);
  GValue value = G_VALUE_INIT;

  if (error != NULL)
    {
      cfut_state_publish_error (self, g_error_copy (error));
      return;
    }

  dup_result_value (decider, &value);
  cfut_state_publish_value (self, &value);
}

G_GNUC_BEGIN_IGNORE_DEPRECATIONS

/* GValueArray is deprecated for C, but the only array of anything that Python
 * and JavaScript know what to make of. */
static void
init_value_array (GValue          *value,
                  const CfutChild *children,
                  gsize            n_children)
{
  GValueArray *array = g_value_array_new (n_children);

  for (gsize i = 0; i < n_children; i++)
    g_value_array_append (array, &children[i].result);

  g_value_init (value, g_value_array_get_type ());
  g_value_take_boxed (value, array);
}

G_GNUC_END_IGNORE_DEPRECATIONS

/* Publishes the results of all children, which are done.
 * Runs in: any thread. Locks: none. */
static void
publish_results (CfutCombined *self)
{
  gboolean all_variants = TRUE;

  for (gsize i = 0; i < self->n_children && all_variants; i++)
    all_variants = get_variant (&self->children[i].result) != NULL;

  if (all_variants)
    {
      g_autoptr(GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("av"));

      for (gsize i = 0; i < self->n_children; i++)
        g_variant_builder_add (builder, "v", get_variant (&self->children[i].result));

      cfut_state_publish_variant (&self->state, g_variant_builder_end (builder));
    }
  else
    {
      GValue value = G_VALUE_INIT;

      init_value_array (&value, self->children, self->n_children);
      cfut_state_publish_value (&self->state, &value);
    }
}

/* Takes the state of a child, which has not settled, and takes its waiter back.
 * Runs in: any thread. Locks: takes that of @self and that of the state. */
static CfutState *
take_child (CfutCombined *self,
            CfutChild    *child)
{
  CfutState *state;

  g_mutex_lock (&self->lock);
  state = g_steal_pointer (&child->state);
  g_mutex_unlock (&self->lock);

  if (state != NULL && cfut_state_remove_waiter (state, &child->waiter))
    cfut_state_unref (&self->state);

  return state;
}

/* Of those children that have failed by now, the first; @failed is one of them.
 * The waiters of the others are on their way. Locks: caller holds that of
 * @self. */
static CfutState *
find_first_failed_locked (CfutCombined *self,
                          CfutChild    *failed,
                          CfutState    *failed_state)
{
  for (CfutChild *child = self->children; child < failed; child++)
    if (child->state != NULL &&
        cfut_state_get_phase (child->state) > CFUT_FUTURE_STATE_DONE)
      return child->state;

  return failed_state;
}

/* Runs in: any thread. Locks: takes that of @self. */
static void
conclude (CfutCombined *self)
{
  if (cfut_state_claim (&self->state))
    {
      if (self->decider != NULL)
        {
          publish_like (&self->state, self->decider);
        }
      else if (self->first_error != NULL)
        {
          g_prefix_error (&self->first_error, "All %" G_GSIZE_FORMAT " futures failed, the first with: ",
                          self->n_children);
          cfut_state_publish_error (&self->state, g_steal_pointer (&self->first_error));
        }
      else
        {
          publish_results (self);
        }
    }

  for (gsize i = 0; i < self->n_children; i++)
    {
      CfutState *state = take_child (self, &self->children[i]);

      g_clear_pointer (&state, cfut_state_unref);
    }

  g_clear_pointer (&self->decider, cfut_state_unref);
}

/* What @child, having settled like @phase, means for the outcome. TRUE if it is
 * now time to conclude. Locks: caller holds that of @self. */
static gboolean
count_child_locked (CfutCombined    *self,
                    CfutChild       *child,
                    CfutState       *state,
                    CfutFutureState  phase)
{
  self->n_left--;

  if (!self->decided && decides (self->rule, phase, self->n_left))
    {
      self->decided = TRUE;

      if (is_outcome (self->rule, phase))
        {
          if (self->rule == CFUT_COMBINE_ALL)
            state = find_first_failed_locked (self, child, state);
          self->decider = cfut_state_ref (state);
        }
    }

  if (!self->decided || !self->placed || self->concluded)
    return FALSE;

  self->concluded = TRUE;

  return TRUE;
}

/* Runs in: any thread. Locks: takes that of @self. */
static void
settle (CfutCombined *self,
        CfutChild    *child,
        CfutState    *state)
{
  CfutFutureState phase = cfut_state_get_phase (state);
  GValue result = G_VALUE_INIT;
  GError *error = NULL;
  CfutState *taken;
  gboolean ours = FALSE;

  /* Copied without the lock, as it may be anybody's code that does. */
  if (self->rule == CFUT_COMBINE_ALL && phase == CFUT_FUTURE_STATE_DONE)
    dup_result_value (state, &result);
  else if (self->rule == CFUT_COMBINE_ANY && phase != CFUT_FUTURE_STATE_DONE &&
           child == self->children)
    error = g_error_copy (cfut_state_peek_error (state));

  g_mutex_lock (&self->lock);

  /* Nobody is interested any more if the conclusion, or a cancel, took it. */
  taken = g_steal_pointer (&child->state);
  if (taken != NULL)
    {
      child->result = result;
      result = (GValue) G_VALUE_INIT;
      if (error != NULL)
        self->first_error = g_steal_pointer (&error);

      ours = count_child_locked (self, child, state, phase);
    }

  g_mutex_unlock (&self->lock);

  if (ours)
    conclude (self);

  g_clear_pointer (&taken, cfut_state_unref);
  g_clear_error (&error);
  if (G_IS_VALUE (&result))
    g_value_unset (&result);
}

/* Runs in: the thread that resolves a child. Locks: takes that of the parent. */
static void
cfut_child_notify (CfutWaiter *waiter,
                   CfutState  *state)
{
  CfutChild *self = (CfutChild *) waiter;
  CfutCombined *parent = self->parent;

  settle (parent, self, state);
  cfut_state_unref (&parent->state);
}

/* Runs in: the thread that combines. Locks: takes that of @self and those of
 * the children. */
static void
place_waiters (CfutCombined *self)
{
  gboolean ours;

  /* Nobody else is here yet. */
  for (gsize i = 0; i < self->n_children && !self->decided; i++)
    if (cfut_state_is_final (self->children[i].state))
      settle (self, &self->children[i], self->children[i].state);

  /* A child is this thread's own until its waiter is placed. */
  if (!self->decided)
    for (gsize i = 0; i < self->n_children; i++)
      {
        CfutChild *child = &self->children[i];
        CfutState *state = child->state;

        if (state == NULL)
          continue;

        child->waiter.notify = cfut_child_notify;
        child->parent = self;
        cfut_state_ref (&self->state);

        if (!cfut_state_add_waiter (state, &child->waiter))
          cfut_child_notify (&child->waiter, state);
      }

  g_mutex_lock (&self->lock);
  self->placed = TRUE;
  ours = self->decided;
  self->concluded = ours;
  g_mutex_unlock (&self->lock);

  if (ours)
    conclude (self);
}

/* Runs in: any thread. Locks: takes that of @state and those of the children. */
static gboolean
cfut_combined_cancel (CfutState *state)
{
  CfutCombined *self = (CfutCombined *) state;

  if (!cfut_state_claim_to_cancel (state))
    return FALSE;

  cfut_state_publish_error (state,
                            g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                 "The future was cancelled"));

  for (gsize i = 0; i < self->n_children; i++)
    {
      CfutState *child = take_child (self, &self->children[i]);

      if (child == NULL)
        continue;

      cfut_state_cancel (child);
      cfut_state_unref (child);
    }

  return TRUE;
}

/* Offers the thread to all children until the outcome is known. One hopeless
 * child is enough for "all" never to end; the others need all of them to be.
 * Runs in: any thread. Locks: takes that of @state. */
static gboolean
cfut_combined_help (CfutState  *state,
                    GError    **error)
{
  CfutCombined *self = (CfutCombined *) state;
  g_autoptr(GError) hopeless = NULL;
  gboolean any_hope = FALSE;

  for (gsize i = 0; i < self->n_children && !cfut_state_is_claimed (state); i++)
    {
      CfutState *child;

      g_mutex_lock (&self->lock);
      child = self->children[i].state;
      if (child != NULL)
        cfut_state_ref (child);
      g_mutex_unlock (&self->lock);

      if (child == NULL)
        continue;

      if (cfut_state_help (child, hopeless == NULL ? &hopeless : NULL))
        any_hope = TRUE;
      cfut_state_unref (child);
    }

  if (hopeless == NULL || cfut_state_is_claimed (state) ||
      (any_hope && self->rule != CFUT_COMBINE_ALL))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&hopeless));

  return FALSE;
}

static char *
cfut_combined_dup_name (CfutState *state)
{
  CfutCombined *self = (CfutCombined *) state;
  const char *rules[] = { "all", "any", "race" };

  return g_strdup_printf ("%s of %" G_GSIZE_FORMAT " futures",
                          rules[self->rule], self->n_children);
}

static void
cfut_combined_finalize (CfutState *state)
{
  CfutCombined *self = (CfutCombined *) state;

  for (gsize i = 0; i < self->n_children; i++)
    {
      g_clear_pointer (&self->children[i].state, cfut_state_unref);
      if (G_IS_VALUE (&self->children[i].result))
        g_value_unset (&self->children[i].result);
    }

  g_clear_error (&self->first_error);
  g_mutex_clear (&self->lock);
  cfut_origin_clear (&self->origin);
  g_free (self);
}

static const CfutStateClass cfut_combined_class = {
  .cancel = cfut_combined_cancel,
  .help = cfut_combined_help,
  .dup_name = cfut_combined_dup_name,
  .finalize = cfut_combined_finalize,
};

/* Runs in: submitter's thread. Locks: those of place_waiters(). */
CfutFuture *
cfut_combine (CfutFuture      **futures,
              gsize             n_futures,
              CfutCombineRule   rule)
{
  CfutCombined *self;
  CfutFuture *future;

  for (gsize i = 0; i < n_futures; i++)
    g_return_val_if_fail (CFUT_IS_FUTURE (futures[i]), NULL);

  self = g_malloc0 (sizeof (CfutCombined) + n_futures * sizeof (CfutChild));
  cfut_origin_init (&self->origin, &cfut_combined_class);
  cfut_state_init (&self->state, &self->origin, 0);
  g_mutex_init (&self->lock);
  self->rule = rule;
  self->n_children = n_futures;
  self->n_left = n_futures;

  for (gsize i = 0; i < n_futures; i++)
    {
      CfutState *state = cfut_future_get_cfut_state (futures[i]);

      cfut_state_set_observed (state);
      self->children[i].state = cfut_state_ref (state);
    }

  cfut_state_start (&self->state);

  if (n_futures > 0)
    {
      place_waiters (self);
    }
  else if (cfut_state_claim (&self->state))
    {
      if (rule == CFUT_COMBINE_ALL)
        publish_results (self);
      else
        cfut_state_publish_error (&self->state,
                                  g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                                       "No futures to choose from"));
    }

  future = cfut_future_new_for_state (&self->state);
  cfut_state_unref (&self->state);

  return future;
}
