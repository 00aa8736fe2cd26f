/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutTestimony: what is proved by a frame that a worker sends. Nothing that it says
 * is believed which does not fit to what it was sent. Pure: no clock, no I/O.
 */
typedef enum
{
  CFUT_SAID_READY,
  CFUT_SAID_RESULT,
  CFUT_SAID_ERROR,
  CFUT_SAID_PROGRESS,
  CFUT_SAID_OTHER, /* what only a parent may say */
} CfutSaid;

typedef struct
{
  CfutSaid said;
  gboolean is_ready;    /* it has said so before */
  gboolean about_call;  /* it names a call, */
  gboolean is_its_call; /* that it was sent as it names it, and has not answered, */
  gboolean has_started; /* and whose word it has claimed, if it can */
  gboolean as_asked;    /* of a RESULT: in the form that was asked for */
} CfutTestimony;

typedef enum
{
  CFUT_PROOF_READY,    /* it serves */
  CFUT_PROOF_REFUSAL,  /* it never will */
  CFUT_PROOF_RESULT,
  CFUT_PROOF_ERROR,
  CFUT_PROOF_PROGRESS,

  /* Or that it does not keep to the protocol: */
  CFUT_PROOF_READY_TWICE,
  CFUT_PROOF_READY_AND_NOT,
  CFUT_PROOF_NOT_ITS_CALL,
  CFUT_PROOF_NOT_STARTED,
  CFUT_PROOF_NOT_AS_ASKED,
  CFUT_PROOF_NOT_A_WORKER,
} CfutProof;

static inline CfutProof
cfut_testimony_get_proof (const CfutTestimony *self)
{
  if (self->said == CFUT_SAID_OTHER)
    return CFUT_PROOF_NOT_A_WORKER;

  if (self->said == CFUT_SAID_READY)
    return self->is_ready ? CFUT_PROOF_READY_TWICE : CFUT_PROOF_READY;

  if (self->said == CFUT_SAID_ERROR && !self->about_call)
    return self->is_ready ? CFUT_PROOF_READY_AND_NOT : CFUT_PROOF_REFUSAL;

  if (!self->about_call || !self->is_its_call)
    return CFUT_PROOF_NOT_ITS_CALL;

  /* It says nothing that counts, and may be early. */
  if (self->said == CFUT_SAID_PROGRESS)
    return CFUT_PROOF_PROGRESS;

  if (!self->has_started)
    return CFUT_PROOF_NOT_STARTED;

  if (self->said == CFUT_SAID_ERROR)
    return CFUT_PROOF_ERROR;

  return self->as_asked ? CFUT_PROOF_RESULT : CFUT_PROOF_NOT_AS_ASKED;
}

/*
 * How much progress is too much. The library sends one frame in 50 ms, of 1 KiB at
 * the most, however often a function reports, and one before the answer. So a call
 * that has sent 64 KiB at once, or then more than 256 KiB in each second since it
 * was on its way, ten times as much, is not the library's. It is late reading that
 * makes a burst of honest frames, which does not matter: their time has passed.
 */
#define CFUT_TESTIMONY_BURST    (64 * 1024)
#define CFUT_TESTIMONY_PER_MSEC 256

static inline gboolean
cfut_testimony_is_flood (gsize  n_bytes,
                         gint64 span_us)
{
  return n_bytes > CFUT_TESTIMONY_BURST + (guint64) MAX (span_us, 0) / 1000 * CFUT_TESTIMONY_PER_MSEC;
}

G_END_DECLS
