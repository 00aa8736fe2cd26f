/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "call/cfut-function-private.h"
#include "future/cfut-state-private.h"

G_BEGIN_DECLS

/*
 * CfutKind: what calls have in common that are of one function, for one home, and have
 * their arguments in the same way.
 *
 * A call that waits need not have that itself. Kinds for the default context are few
 * and used again and again, so they stay as long as their pool; those for another
 * context, which may come and go, only as long as there is such a call.
 */
typedef struct
{
  CfutOrigin origin;

  /* Set at construction, never changed; read from any thread. */
  struct _CfutPool *pool;       /* (unowned) each of its calls has a reference */
  const CfutFunction *function; /* (nullable) that of closures */
  gboolean small;               /* arguments are a CfutSmall, but those of chunks */
  gboolean stays;

  guint n_calls; /* protected by the table's lock; not counted if it stays */
} CfutKind;

/* So many functions are found by a look. */
#define CFUT_N_RECENT_KINDS 8

/* The kinds of a pool. */
typedef struct
{
  CfutKind *recent[CFUT_N_RECENT_KINDS]; /* atomic; (unowned) of those that stay */

  GMutex lock;

  /* All below: protected by @lock. */
  GHashTable *kinds; /* (element-type CfutKind) (owned) */
} CfutKinds;

void      cfut_kinds_init    (CfutKinds          *self);
void      cfut_kinds_clear   (CfutKinds          *self);

/* That of a call which is made in this thread now; release() is to follow.
 * Runs in: submitter's thread. Locks: takes the table's. */
CfutKind *cfut_kinds_get     (CfutKinds          *self,
                              struct _CfutPool   *pool,
                              const CfutFunction *function,
                              gboolean            small);
/* Runs in: any thread. Locks: takes the table's. */
void      cfut_kinds_release (CfutKinds          *self,
                              CfutKind           *kind);

G_END_DECLS
