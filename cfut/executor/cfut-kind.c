/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-kind-private.h"

#include "executor/cfut-pool-private.h"

static guint
kind_hash (gconstpointer data)
{
  const CfutKind *self = data;

  return g_direct_hash (self->function) * 31 + g_direct_hash (self->origin.home) + self->small;
}

static gboolean
kind_equal (gconstpointer a,
            gconstpointer b)
{
  const CfutKind *left = a;
  const CfutKind *right = b;

  return left->function == right->function && left->origin.home == right->origin.home &&
         left->small == right->small;
}

static void
cfut_kind_free (gpointer data)
{
  CfutKind *self = data;

  cfut_origin_clear (&self->origin);
  g_free (self);
}

static CfutKind *
cfut_kind_new (CfutPool           *pool,
               const CfutFunction *function,
               gboolean            small)
{
  CfutKind *self = g_new0 (CfutKind, 1);

  cfut_origin_init (&self->origin, &cfut_job_state_class);
  self->pool = pool;
  self->function = function;
  self->small = small;
  self->stays = self->origin.home == g_main_context_default ();

  return self;
}

void
cfut_kinds_init (CfutKinds *self)
{
  g_mutex_init (&self->lock);
  self->kinds = g_hash_table_new_full (kind_hash, kind_equal, cfut_kind_free, NULL);
}

void
cfut_kinds_clear (CfutKinds *self)
{
  g_clear_pointer (&self->kinds, g_hash_table_unref);
  g_mutex_clear (&self->lock);
}

/* Where a kind that stays is put when it was made or found. */
static CfutKind **
get_recent (CfutKinds          *self,
            const CfutFunction *function,
            gboolean            small)
{
  gsize place = GPOINTER_TO_SIZE (function) / sizeof (CfutFunction) + small;

  return &self->recent[place % CFUT_N_RECENT_KINDS];
}

/* Locks: caller holds the table's. */
static CfutKind *
ensure_locked (CfutKinds          *self,
               CfutPool           *pool,
               const CfutFunction *function,
               gboolean            small,
               GMainContext       *home)
{
  CfutKind key = { .origin.home = home, .function = function, .small = small };
  CfutKind *kind = NULL;

  if (!g_hash_table_lookup_extended (self->kinds, &key, (gpointer *) &kind, NULL))
    {
      kind = cfut_kind_new (pool, function, small);
      g_hash_table_add (self->kinds, kind);
    }

  return kind;
}

CfutKind *
cfut_kinds_get (CfutKinds          *self,
                CfutPool           *pool,
                const CfutFunction *function,
                gboolean            small)
{
  GMainContext *home = g_main_context_get_thread_default ();
  CfutKind **recent = get_recent (self, function, small);
  CfutKind *kind;

  if (home == NULL)
    {
      kind = g_atomic_pointer_get (recent);
      if (kind != NULL && kind->function == function && kind->small == small)
        return kind;
    }

  g_mutex_lock (&self->lock);
  kind = ensure_locked (self, pool, function, small,
                        home != NULL ? home : g_main_context_default ());
  if (kind->stays)
    g_atomic_pointer_set (recent, kind);
  else
    kind->n_calls++;
  g_mutex_unlock (&self->lock);

  return kind;
}

void
cfut_kinds_release (CfutKinds *self,
                    CfutKind  *kind)
{
  gboolean unused;

  if (kind->stays)
    return;

  g_mutex_lock (&self->lock);
  kind->n_calls--;
  unused = kind->n_calls == 0;
  if (unused)
    g_hash_table_steal (self->kinds, kind);
  g_mutex_unlock (&self->lock);

  if (unused)
    cfut_kind_free (kind);
}
