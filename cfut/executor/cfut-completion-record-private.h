/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-completion-private.h"

G_BEGIN_DECLS

/* How a completion is written for cfut_completion_queue_drain_data(), which
 * documents it: a head, a body, and zeros up to a multiple of 8. */

#define CFUT_RECORD_ALIGNMENT 8

/* From here on a result is lent, if the queue does that. */
#define CFUT_RECORD_MIN_LENT ((gsize) 64 << 10)

typedef enum
{
  CFUT_RECORD_NONE     = 0,
  CFUT_RECORD_BYTES    = 1,
  CFUT_RECORD_VARIANT  = 2,
  CFUT_RECORD_ERROR    = 3,
  CFUT_RECORD_LENT     = 4,
  CFUT_RECORD_PROGRESS = 5,
} CfutRecordKind;

/* Each is for a completion whose call has ended, and marks that as observed.
 * Runs in: any thread. Locks: none. */
/* Asked for once: it takes the progress that is to be told. */
gsize cfut_completion_get_record_size (CfutCompletion *self);
/* @record is aligned and as large as the former said. */
void  cfut_completion_write_record    (CfutCompletion *self,
                                       guint8         *record);

G_END_DECLS
