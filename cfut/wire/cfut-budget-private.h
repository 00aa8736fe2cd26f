/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutBudget: how many bytes there are of large bodies that have come from workers,
 * for as long as anybody refers to them; so of all results that the program has not
 * dropped. It only counts: who reads from a worker decides by it whether there may be
 * another one.
 *
 * Runs in: any thread, all of it: the last reference to a body is dropped wherever
 * the program does. Locks: none.
 */
typedef struct _CfutBudget CfutBudget;

/* What is smaller is not counted: whoever keeps it keeps a future or a value, too, and
 * these are not free either. */
#define CFUT_BUDGET_MIN_SIZE ((gsize) 64 << 10)

CfutBudget *cfut_budget_new      (void);
CfutBudget *cfut_budget_ref      (CfutBudget *self);
void        cfut_budget_unref    (CfutBudget *self);

guint64     cfut_budget_get_held (CfutBudget *self);
/* The same bytes, which are counted until they are freed. Takes @bytes. */
GBytes     *cfut_budget_charge   (CfutBudget *self,
                                  GBytes     *bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutBudget, cfut_budget_unref)

G_END_DECLS
