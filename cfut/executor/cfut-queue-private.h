/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-job-private.h"

G_BEGIN_DECLS

/*
 * CfutQueue: jobs by priority, then by order of arrival.
 *
 * Every operation takes a time that does not depend on how many jobs wait
 * (but for the logarithm of the number of different priorities). It has no
 * lock of its own: the pool's guards it.
 */
typedef struct _CfutLevel CfutLevel;

typedef struct
{
  GTree *levels;    /* (element-type int CfutLevel) */
  CfutLevel *front; /* (unowned) (nullable) the most urgent one with a job */
  guint length;
  gsize bytes;
} CfutQueue;

void     cfut_queue_init      (CfutQueue *self);
void     cfut_queue_clear     (CfutQueue *self);
void     cfut_queue_push      (CfutQueue *self,
                               CfutJob   *job);
/* Before those of its priority: for a call that had its turn already. */
void     cfut_queue_push_head (CfutQueue *self,
                               CfutJob   *job);
/* The next one to be popped, or NULL. */
CfutJob *cfut_queue_peek      (CfutQueue *self);
CfutJob *cfut_queue_pop       (CfutQueue *self);
void     cfut_queue_remove    (CfutQueue *self,
                               CfutJob   *job);

G_END_DECLS
