/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-tenure-private.h"

gint64
cfut_tenure_add (gint64 now,
                 gint64 span_us)
{
  return span_us < 0 || span_us > G_MAXINT64 - now ? G_MAXINT64 : now + span_us;
}

/* Whether @at has come; if not, @due is no later. */
static gboolean
has_come (gint64  at,
          gint64  now,
          gint64 *due)
{
  if (at < 0)
    return FALSE;

  if (now >= at)
    return TRUE;

  *due = MIN (*due, at);

  return FALSE;
}

/* Before a kill, or what comes near to it, it is to be seen whether there is anybody
 * left: we are late perhaps, and about to hear of it. */
static CfutDuty
kill_if_alive (const CfutTenure *self,
               CfutDuty          duty,
               gint64           *due)
{
  if (!self->was_looked_at)
    return CFUT_DUTY_LOOK;

  if (!self->seems_dead)
    return duty;

  *due = G_MAXINT64;

  return CFUT_DUTY_NONE;
}

/* It is dead, and GLib has told so, or will. */
static CfutDuty
get_duty_of_dead (const CfutTenure      *self,
                  const CfutTenureRules *rules,
                  gint64                 now,
                  gint64                *due)
{
  if (self->reap_at < 0)
    return CFUT_DUTY_NONE;

  if (has_come (self->reap_at, now, due))
    return CFUT_DUTY_REAP;

  if (!has_come (self->abandon_at, now, due))
    return CFUT_DUTY_NONE;

  if (!self->is_decided)
    return CFUT_DUTY_DECIDE;

  return rules->is_closed ? CFUT_DUTY_FORGET : CFUT_DUTY_NONE;
}

/* It has calls: the grace of one that is to stop, and the patience with one that does
 * not answer, or does not even start. */
static CfutDuty
get_duty_of_busy (const CfutTenure      *self,
                  const CfutTenureRules *rules,
                  gint64                 now,
                  gint64                *due)
{
  if (has_come (self->kill_at, now, due))
    return kill_if_alive (self, CFUT_DUTY_KILL_DEAF, due);

  /* Others can have what it does not look at, however long ago it served. */
  if (!self->is_started && has_come (cfut_tenure_add (self->fed_at, rules->claim_us), now, due))
    return kill_if_alive (self, CFUT_DUTY_DISMISS, due);

  /* Once is enough until it answers. */
  if (self->n_live >= 2 && !self->is_unstalled &&
      has_come (cfut_tenure_add (self->active_at, rules->stall_us), now, due))
    return CFUT_DUTY_UNSTALL;

  return CFUT_DUTY_NONE;
}

/* Whoever sends it the next call does not wake us for that, as long as we look in time
 * whether it takes the call. So for a while we come again, though there is nothing to do. */
static CfutDuty
get_duty_of_idle (const CfutTenure      *self,
                  const CfutTenureRules *rules,
                  gint64                 now,
                  gint64                *due)
{
  has_come (cfut_tenure_add (self->active_at, rules->claim_us), now, due);

  if (self->has_surplus && has_come (self->active_at + CFUT_TENURE_TRIM_US, now, due))
    return CFUT_DUTY_TRIM;

  if (!rules->is_needed && rules->n_serving > rules->n_kept &&
      has_come (cfut_tenure_add (self->active_at, rules->idle_us), now, due))
    return CFUT_DUTY_LET_GO;

  return CFUT_DUTY_NONE;
}

/* It is to leave, or has closed its channel. */
static CfutDuty
get_duty_of_leaving (const CfutTenure      *self,
                     const CfutTenureRules *rules,
                     gint64                 now,
                     gint64                *due)
{
  CfutDuty duty;

  if (self->leave_by < 0)
    return self->n_live == 0 ? CFUT_DUTY_TELL : CFUT_DUTY_NONE;

  if (!has_come (self->leave_by, now, due))
    return CFUT_DUTY_NONE;

  duty = kill_if_alive (self, self->n_live > 0 ? CFUT_DUTY_KILL_LOST : CFUT_DUTY_KILL_STAYS, due);

  /* One that exits cannot be hurried. */
  if (self->lost_at >= 0 && self->is_exiting && duty != CFUT_DUTY_NONE &&
      now < cfut_tenure_add (self->lost_at, rules->leave_us))
    return CFUT_DUTY_WAIT_LOST;

  return duty;
}

CfutDuty
cfut_tenure_get_duty (const CfutTenure      *self,
                      const CfutTenureRules *rules,
                      gint64                 now,
                      gint64                *due)
{
  CfutDuty duty = CFUT_DUTY_NONE;

  *due = G_MAXINT64;

  if (self->is_dead)
    return get_duty_of_dead (self, rules, now, due);

  if (!self->is_decided && has_come (self->abandon_at, now, due))
    return kill_if_alive (self, CFUT_DUTY_ABANDON, due);

  if (self->phase == CFUT_PROCESS_DYING)
    return CFUT_DUTY_NONE;

  if (self->frame_since >= 0 && has_come (cfut_tenure_add (self->frame_since, rules->frame_us), now, due))
    return kill_if_alive (self, CFUT_DUTY_KILL_TORN, due);

  if (self->phase == CFUT_PROCESS_STARTING && !rules->has_initializer &&
      has_come (cfut_tenure_add (self->started_at, rules->start_us), now, due))
    return kill_if_alive (self, CFUT_DUTY_KILL_LATE, due);

  if (self->n_live > 0)
    duty = get_duty_of_busy (self, rules, now, due);
  else if (self->phase == CFUT_PROCESS_SERVING)
    duty = get_duty_of_idle (self, rules, now, due);
  if (duty != CFUT_DUTY_NONE)
    return duty;

  return self->phase == CFUT_PROCESS_LEAVING ? get_duty_of_leaving (self, rules, now, due)
                                             : CFUT_DUTY_NONE;
}
