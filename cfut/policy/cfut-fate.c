/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-fate-private.h"

CfutFate
cfut_casualty_get_fate (const CfutCasualty *self)
{
  if (self->is_revoked)
    return CFUT_FATE_DROP;

  /* A worker that lies may have brought a call that was asked to stop back to where
   * it had not started. */
  if (self->is_broken || self->is_decided)
    return CFUT_FATE_FAIL;

  if (self->is_abandoned)
    return self->has_started ? CFUT_FATE_FAIL : CFUT_FATE_CANCEL;

  if (!self->has_started)
    return CFUT_FATE_PUT_BACK;

  if (self->for_ever || self->attempt <= self->n_retries)
    return CFUT_FATE_RETRY;

  return CFUT_FATE_FAIL;
}
