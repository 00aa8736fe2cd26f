/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "wire/cfut-budget-private.h"

struct _CfutBudget
{
  gatomicrefcount ref_count;
  guint64 held; /* atomic */
};

/* Of one body, until it is freed. */
typedef struct
{
  CfutBudget *budget; /* (owned) */
  GBytes *bytes;      /* (owned) */
} Charge;

CfutBudget *
cfut_budget_new (void)
{
  CfutBudget *self = g_new0 (CfutBudget, 1);

  g_atomic_ref_count_init (&self->ref_count);

  return self;
}

CfutBudget *
cfut_budget_ref (CfutBudget *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
cfut_budget_unref (CfutBudget *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

guint64
cfut_budget_get_held (CfutBudget *self)
{
  return __atomic_load_n (&self->held, __ATOMIC_RELAXED);
}

static void
charge_free (gpointer data)
{
  Charge *self = data;

  __atomic_fetch_sub (&self->budget->held, g_bytes_get_size (self->bytes), __ATOMIC_RELAXED);
  g_bytes_unref (self->bytes);
  cfut_budget_unref (self->budget);
  g_free (self);
}

GBytes *
cfut_budget_charge (CfutBudget *self,
                    GBytes     *bytes)
{
  Charge *charge = g_new (Charge, 1);
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  *charge = (Charge) { cfut_budget_ref (self), bytes };
  __atomic_fetch_add (&self->held, size, __ATOMIC_RELAXED);

  return g_bytes_new_with_free_func (data, size, charge_free, charge);
}
