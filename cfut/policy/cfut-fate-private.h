/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutFate: what becomes of a call whose worker has died, or was abandoned, once
 * all that the worker had said was read. Pure: no clock, no I/O.
 */

typedef enum
{
  CFUT_FATE_DROP,     /* somebody has taken it back */
  CFUT_FATE_PUT_BACK, /* it had not started */
  CFUT_FATE_RETRY,    /* it had, and may be run again */
  CFUT_FATE_CANCEL,   /* it had not, and is not to be run any more */
  CFUT_FATE_FAIL,     /* it ends with the death; cancelled, if that was asked for */
} CfutFate;

/* What is known of such a call. */
typedef struct
{
  gboolean is_revoked;   /* who has taken it back has ended it, or will */
  gboolean has_started;  /* the worker had claimed it, or may have */
  gboolean is_decided;   /* it was asked to stop, or has its outcome already */
  gboolean is_broken;    /* the executor is: nothing is run any more */
  gboolean is_abandoned; /* what a dead worker had is not run again */
  gboolean for_ever;     /* it may be run again any number of times, */
  guint n_retries;       /* or so many times */
  guint attempt;         /* from 1 */
} CfutCasualty;

CfutFate cfut_casualty_get_fate (const CfutCasualty *self);

G_END_DECLS
