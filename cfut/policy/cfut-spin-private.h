/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutSpin: whether to look for a moment, before sleeping, if something is there
 * already.
 *
 * A thread that has to be woken, on another CPU, takes longer to come than all that
 * it then does for a small call. So whoever waits for another, the manager, a thread
 * that drives it, a worker, or a thread of a pool, does not sleep at once, if that
 * may pay:
 *
 * - There is a CPU for it: fewer calls are under way than there are CPUs, and
 *   there are several. With many calls under way it would take time from the
 *   workers, and is woken once a batch anyway.
 * - It has paid: each moment in which nothing came doubles how many are left out
 *   then, up to 63 of 64. So calls that are long or rare cost 1 µs each, and a
 *   program that is idle nothing.
 *
 * Pure: no clock, no I/O.
 */

/* The manager's moment: longer than a call of a few microseconds takes, there and back, whose
 * worker has to be woken. */
#define CFUT_SPIN_US 60

/* As a power of 2: how many waits there are at least to a moment. */
#define CFUT_SPIN_MAX_DOUBLINGS 6

typedef struct
{
  guint n_misses; /* moments in a row in which nothing came, as far as they count */
  guint n_skips;  /* so many waits more are without */
} CfutSpin;

/* Whether this wait is to begin with a moment, with @n_live calls under way. */
gboolean cfut_spin_begin  (CfutSpin *self,
                           guint     n_live,
                           guint     n_cpus);
/* Something came, or not, in the moment that was begun. */
void     cfut_spin_hit    (CfutSpin *self);
void     cfut_spin_missed (CfutSpin *self);

/* One look less at a word that another CPU writes. */
static inline void
cfut_spin_relax (void)
{
#if defined (__x86_64__) || defined (__i386__)
  __builtin_ia32_pause ();
#endif
}

G_END_DECLS
