/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "tiny-world.h"

#include "policy/cfut-ending-private.h"
#include "policy/cfut-fate-private.h"

#define SECOND G_USEC_PER_SEC
#define GRACE_US   SECOND
#define LEAVE_US   (5 * SECOND)
#define CLAIM_US   (10 * SECOND)
#define ABANDON_US (5 * SECOND)

/* More than a world ever takes to come to its end. */
#define MAX_ROUNDS 1000

void
tiny_world_init (TinyWorld *self)
{
  *self = (TinyWorld) { .max_workers = 1, .now = 1000 * SECOND, .due = G_MAXINT64, .is_open = TRUE };
}

static gboolean
is_serving (const TinyWorker *worker)
{
  return worker->exists && worker->tenure.phase == CFUT_PROCESS_SERVING;
}

/* ---- Calls. */

static void
end_call (TinyWorld   *self,
          TinyCall    *call,
          TinyOutcome  outcome)
{
  call->outcome = call->stop && outcome != TINY_DONE ? TINY_CANCELLED : outcome;
  call->n_outcomes++;
  call->place = TINY_ENDED;
  call->noted = FALSE;
}

static void
put_back (TinyCall *call)
{
  call->place = TINY_QUEUED;
  call->claimed = FALSE;
}

static guint
count_queued (const TinyWorld *self)
{
  guint n = 0;

  for (guint i = 0; i < TINY_N_CALLS; i++)
    n += self->calls[i].place == TINY_QUEUED;

  return n;
}

/* The first call of a worker that it has claimed, or the first that it has not. */
static TinyCall *
find_call (TinyWorld *self,
           guint      index,
           gboolean   claimed)
{
  for (guint i = 0; i < TINY_N_CALLS; i++)
    {
      TinyCall *call = &self->calls[i];

      if (call->place == TINY_SENT && call->worker == index && call->claimed == claimed)
        return call;
    }

  return NULL;
}

/* What time has to know of the calls of a worker. */
static void
count_calls (TinyWorld *self,
             guint      index)
{
  CfutTenure *tenure = &self->workers[index].tenure;

  tenure->n_live = 0;
  for (guint i = 0; i < TINY_N_CALLS; i++)
    tenure->n_live += self->calls[i].place == TINY_SENT && self->calls[i].worker == index;
  /* It is seen only when somebody looks. */
  tenure->is_started &= find_call (self, index, TRUE) != NULL;
  if (tenure->n_live == 0)
    tenure->kill_at = -1;
}

static void
read_answers (TinyWorld *self,
              guint      index)
{
  TinyWorker *worker = &self->workers[index];

  if (worker->hung_up || worker->condemned)
    return;

  for (guint i = 0; i < TINY_N_CALLS; i++)
    {
      TinyCall *call = &self->calls[i];

      if (call->place != TINY_SENT || call->worker != index || !call->noted)
        continue;
      end_call (self, call, TINY_DONE);
      worker->n_done++;
      worker->tenure.active_at = worker->tenure.fed_at = self->now;
      worker->tenure.is_unstalled = FALSE;
      cfut_window_measured (&worker->window, 1000);
      cfut_start_policy_succeeded (&self->start);
    }
  count_calls (self, index);
}

/* ---- Deaths. */

static void
kill_worker (TinyWorld *self,
             guint      index,
             gboolean   is_condemned)
{
  TinyWorker *worker = &self->workers[index];

  worker->condemned |= is_condemned;
  worker->expected |= !is_condemned;
  worker->killed = TRUE;
  worker->tenure.phase = CFUT_PROCESS_DYING;
  if (worker->tenure.abandon_at < 0)
    worker->tenure.abandon_at = self->now + ABANDON_US;
}

static void
break_world (TinyWorld *self)
{
  self->is_broken = TRUE;
  self->is_open = FALSE;
  for (guint i = 0; i < TINY_N_CALLS; i++)
    if (self->calls[i].place == TINY_QUEUED)
      end_call (self, &self->calls[i], TINY_BROKEN);
  for (guint i = 0; i < TINY_N_WORKERS; i++)
    if (self->workers[i].exists && self->workers[i].tenure.phase != CFUT_PROCESS_DYING)
      kill_worker (self, i, FALSE);
}

static void
decide_call (TinyWorld *self,
             TinyCall  *call)
{
  TinyWorker *worker = &self->workers[call->worker];
  CfutCasualty casualty = {
    .has_started = call->claimed,
    .is_decided = call->stop,
    .is_broken = self->is_broken,
    .is_abandoned = self->gave_up,
    .n_retries = call->n_retries,
    .attempt = call->attempt,
  };

  switch (cfut_casualty_get_fate (&casualty))
    {
    case CFUT_FATE_PUT_BACK:
      g_assert_false (call->claimed);
      put_back (call);
      break;

    case CFUT_FATE_RETRY:
      g_assert_true (call->claimed);
      worker->blamed = TRUE;
      call->attempt++;
      put_back (call);
      break;

    case CFUT_FATE_CANCEL:
      end_call (self, call, TINY_CANCELLED);
      break;

    case CFUT_FATE_FAIL:
      g_assert_true (call->claimed || call->stop || self->is_broken);
      worker->blamed |= call->claimed;
      end_call (self, call, self->is_broken ? TINY_BROKEN : TINY_DIED);
      break;

    case CFUT_FATE_DROP:
    default:
      g_assert_not_reached ();
    }
}

/* What has killed itself here has done so by a signal. */
static CfutWorkerEnd
get_end (const TinyWorker *worker)
{
  return (CfutWorkerEnd) {
    .was_expected = worker->expected,
    .has_served = worker->n_done > 0,
    .is_blamed = worker->blamed,
    .was_late = worker->late,
    .was_ready = worker->was_ready,
    .was_condemned = worker->condemned,
    .was_signalled = TRUE,
    .is_certain = !worker->abandoned,
  };
}

static void
judge_start (TinyWorld        *self,
             const TinyWorker *worker)
{
  CfutWorkerEnd end = get_end (worker);
  CfutStartFailure failure;

  if (cfut_worker_end_is_failure (&end, &failure) &&
      cfut_start_policy_failed (&self->start, failure, self->now) == CFUT_START_GIVE_UP)
    break_world (self);
}

static void
decide_calls (TinyWorld *self,
              guint      index)
{
  TinyWorker *worker = &self->workers[index];
  CfutWorkerEnd end;

  if (worker->tenure.is_decided)
    return;

  read_answers (self, index);
  worker->tenure.is_decided = TRUE;
  worker->tenure.phase = CFUT_PROCESS_DYING;
  end = get_end (worker);
  if (self->is_classic && cfut_worker_end_is_death (&end))
    {
      g_assert_false (worker->expected);
      break_world (self);
    }
  for (guint i = 0; i < TINY_N_CALLS; i++)
    if (self->calls[i].place == TINY_SENT && self->calls[i].worker == index)
      decide_call (self, &self->calls[i]);
  count_calls (self, index);

  judge_start (self, worker);
}

static void
forget (TinyWorld *self,
        guint      index)
{
  g_assert_true (self->workers[index].tenure.is_decided);
  self->workers[index] = (TinyWorker) { 0 };
}

/* ---- Time. */

static CfutTenureRules
get_rules (TinyWorld *self)
{
  CfutTenureRules rules = {
    .start_us = 10 * SECOND,
    .idle_us = 60 * SECOND,
    .leave_us = LEAVE_US,
    .frame_us = 30 * SECOND,
    .stall_us = CFUT_WINDOW_STALL_US,
    .claim_us = CLAIM_US,
    .is_needed = count_queued (self) > 0,
    .is_closed = !self->is_open,
  };

  for (guint i = 0; i < TINY_N_WORKERS; i++)
    rules.n_serving += is_serving (&self->workers[i]);

  return rules;
}

/* But for @kept. */
static void
take_back (TinyWorld      *self,
           guint           index,
           const TinyCall *kept)
{
  for (guint i = 0; i < TINY_N_CALLS; i++)
    {
      TinyCall *call = &self->calls[i];

      if (call->place != TINY_SENT || call->worker != index || call->claimed || call == kept)
        continue;

      put_back (call);
      self->workers[index].n_assigned--;
    }
  cfut_window_stalled (&self->workers[index].window);
  count_calls (self, index);
}

static void
dismiss (TinyWorld *self,
         guint      index)
{
  TinyWorker *worker = &self->workers[index];

  g_assert_null (find_call (self, index, TRUE));
  g_assert_nonnull (find_call (self, index, FALSE));
  worker->tenure.phase = CFUT_PROCESS_LEAVING;
  take_back (self, index, NULL);
  worker->late = TRUE;
  judge_start (self, worker);
  worker->expected = TRUE;
}

static void
do_duty (TinyWorld *self,
         guint      index,
         CfutDuty   duty)
{
  TinyWorker *worker = &self->workers[index];
  CfutTenure *tenure = &worker->tenure;

  switch (duty)
    {
    case CFUT_DUTY_LOOK:
      tenure->was_looked_at = TRUE;
      tenure->seems_dead = !worker->lives;
      tenure->is_started = find_call (self, index, TRUE) != NULL;
      break;
    case CFUT_DUTY_KILL_TORN:
    case CFUT_DUTY_KILL_LATE:
    case CFUT_DUTY_KILL_LOST:
      worker->late = duty == CFUT_DUTY_KILL_LATE;
      kill_worker (self, index, TRUE);
      break;
    case CFUT_DUTY_KILL_DEAF:
    case CFUT_DUTY_KILL_STAYS:
      kill_worker (self, index, FALSE);
      break;
    case CFUT_DUTY_UNSTALL:
      tenure->is_unstalled = TRUE;
      take_back (self, index, find_call (self, index, TRUE) == NULL ? find_call (self, index, FALSE) : NULL);
      break;
    case CFUT_DUTY_DISMISS:
      dismiss (self, index);
      break;
    case CFUT_DUTY_LET_GO:
      tenure->phase = CFUT_PROCESS_LEAVING;
      break;
    case CFUT_DUTY_TELL:
      tenure->leave_by = self->now + LEAVE_US;
      worker->expected = TRUE;
      break;
    case CFUT_DUTY_ABANDON:
      g_assert_true (worker->killed && worker->lives);
      worker->abandoned = TRUE;
      decide_calls (self, index);
      forget (self, index);
      break;
    case CFUT_DUTY_REAP:
      if (self->is_traced)
        tenure->reap_at = self->now + CFUT_TENURE_REAP_SLOWLY_US;
      else
        {
          decide_calls (self, index);
          forget (self, index);
        }
      break;
    case CFUT_DUTY_DECIDE:
      decide_calls (self, index);
      break;
    case CFUT_DUTY_FORGET:
      forget (self, index);
      break;
    case CFUT_DUTY_WAIT_LOST:
    case CFUT_DUTY_TRIM:
    case CFUT_DUTY_NONE:
    default:
      g_assert_not_reached ();
    }
}

static void
do_duties (TinyWorld *self,
           guint      index)
{
  CfutTenure *tenure = &self->workers[index].tenure;
  CfutDuty duty = CFUT_DUTY_NONE;
  gint64 due = G_MAXINT64;
  guint n_rounds = 0;

  tenure->was_looked_at = FALSE;
  while (self->workers[index].exists)
    {
      CfutTenureRules rules = get_rules (self);

      duty = cfut_tenure_get_duty (tenure, &rules, self->now, &due);
      if (duty == CFUT_DUTY_NONE)
        break;
      g_assert_cmpuint (n_rounds++, <, 10);
      do_duty (self, index, duty);
      due = G_MAXINT64;
    }

  g_assert_cmpint (due, >, self->now);
  self->due = MIN (self->due, due);
}

/* ---- Work for workers. */

static void
assign (TinyWorld *self)
{
  for (guint i = 0; i < TINY_N_WORKERS; i++)
    self->workers[i].window.depth = cfut_limits_get_depth (&self->limits, self->workers[i].window.depth,
                                                           self->workers[i].n_assigned);
  for (guint i = 0; i < TINY_N_CALLS; i++)
    {
      CfutChoice choice = CFUT_CHOICE_INIT;
      TinyWorker *worker;

      if (self->calls[i].place != TINY_QUEUED)
        continue;

      for (guint j = 0; j < TINY_N_WORKERS; j++)
        {
          worker = &self->workers[j];
          if (worker->exists)
            cfut_choice_offer (&choice, worker,
                               is_serving (worker) && !worker->tenure.is_dead &&
                               cfut_window_has_room (&worker->window, worker->tenure.n_live, 0, 1),
                               worker->tenure.n_live, worker->tenure.phase == CFUT_PROCESS_DYING);
        }
      worker = cfut_choice_get (&choice, self->max_workers);
      if (worker == NULL)
        return;

      worker->n_assigned++;
      g_assert_true (self->limits.max_calls == 0 || worker->n_assigned <= self->limits.max_calls);
      self->calls[i].place = TINY_SENT;
      self->calls[i].worker = worker - self->workers;
      if (worker->tenure.n_live == 0)
        worker->tenure.active_at = worker->tenure.fed_at = self->now;
      count_calls (self, self->calls[i].worker);
      if (cfut_limits_is_used_up (&self->limits, worker->tenure.phase, worker->n_assigned))
        {
          worker->tenure.phase = CFUT_PROCESS_LEAVING;
          self->n_replacements++;
        }
    }
}

static void
start_worker (TinyWorld *self)
{
  for (guint i = 0; i < TINY_N_WORKERS; i++)
    {
      if (self->workers[i].exists)
        continue;

      self->workers[i] = (TinyWorker) {
        .exists = TRUE,
        .lives = TRUE,
        .tenure = {
          .phase = CFUT_PROCESS_STARTING,
          .started_at = self->now,
          .active_at = self->now,
          .frame_since = -1, .kill_at = -1, .lost_at = -1, .leave_by = -1, .abandon_at = -1, .reap_at = -1,
        },
      };
      cfut_window_init (&self->workers[i].window);
      return;
    }

  g_assert_not_reached ();
}

static guint
count_missing (TinyWorld *self)
{
  CfutStaff staff = {
    .max_workers = self->max_workers,
    .n_cpus = 2,
    .n_queued = count_queued (self),
    .n_replacements = self->n_replacements,
    .is_open = self->is_open,
    .is_ending = self->is_broken || self->gave_up,
    .is_held_back = self->now < self->start.not_before,
  };

  for (guint i = 0; i < TINY_N_WORKERS; i++)
    {
      const TinyWorker *worker = &self->workers[i];
      gboolean is_undecided = worker->exists && worker->tenure.is_dead && !worker->tenure.is_decided;

      staff.n_alive += is_undecided || (worker->exists && worker->tenure.phase <= CFUT_PROCESS_SERVING);
      staff.n_starting += worker->exists && worker->tenure.phase == CFUT_PROCESS_STARTING;
      staff.n_last_calls += worker->exists && worker->tenure.phase == CFUT_PROCESS_LEAVING && worker->tenure.n_live > 0;
      staff.n_exiting += worker->exists && worker->tenure.phase == CFUT_PROCESS_LEAVING && worker->tenure.n_live == 0;
    }

  return cfut_staff_count_missing (&staff);
}

static CfutEndingStep
get_ending (const TinyWorld *self)
{
  CfutEnding ending = {
    .is_open = self->is_open,
    .is_forced = self->gave_up,
    .n_queued = count_queued (self),
  };

  for (guint i = 0; i < TINY_N_CALLS; i++)
    ending.is_busy |= self->calls[i].place == TINY_SENT;
  for (guint i = 0; i < TINY_N_WORKERS; i++)
    ending.n_workers += self->workers[i].exists;

  return cfut_ending_get_step (&ending);
}

/* As the manager does, in its order. */
static void
look_around (TinyWorld *self)
{
  self->due = G_MAXINT64;

  for (guint i = 0; i < TINY_N_WORKERS; i++)
    {
      TinyWorker *worker = &self->workers[i];

      if (!worker->exists)
        continue;
      read_answers (self, i);
      if (!worker->lives && !worker->tenure.is_dead)
        {
          worker->tenure.is_dead = TRUE;
          worker->tenure.reap_at = self->now;
          worker->tenure.abandon_at = self->now + ABANDON_US;
        }
      do_duties (self, i);
    }

  assign (self);
  for (guint n = count_missing (self); n > 0; n--)
    {
      start_worker (self);
      self->n_replacements -= self->n_replacements > 0;
    }

  for (guint i = 0; get_ending (self) == CFUT_ENDING_LET_GO && i < TINY_N_WORKERS; i++)
    if (self->workers[i].exists && self->workers[i].tenure.phase <= CFUT_PROCESS_SERVING)
      self->workers[i].tenure.phase = CFUT_PROCESS_LEAVING;

  for (guint i = 0; i < TINY_N_WORKERS; i++)
    if (self->workers[i].exists)
      do_duties (self, i);
  if (count_queued (self) > 0 && self->start.not_before > self->now)
    self->due = MIN (self->due, self->start.not_before);
}

/* ---- What happens. */

static gboolean
happen_to_worker (TinyWorld *self,
                  TinyEvent  event,
                  guint      index)
{
  TinyWorker *worker = &self->workers[index];
  TinyCall *claimed = find_call (self, index, TRUE);
  TinyCall *next = find_call (self, index, FALSE);

  if (!worker->exists || !worker->lives)
    return FALSE;

  if (event == TINY_DIE)
    {
      worker->lives = FALSE;
      return TRUE;
    }

  /* One that was killed does nothing any more. */
  if (worker->killed || worker->hangs || worker->hung_up)
    return FALSE;

  switch (event)
    {
    case TINY_READY:
      if (worker->tenure.phase != CFUT_PROCESS_STARTING)
        return FALSE;
      worker->tenure.phase = CFUT_PROCESS_SERVING;
      worker->tenure.active_at = self->now;
      worker->was_ready = TRUE;
      return TRUE;

    case TINY_CLAIM:
      if (claimed != NULL || next == NULL)
        return FALSE;
      next->claimed = TRUE;
      next->n_started++;
      return TRUE;

    case TINY_NOTE:
    case TINY_ANSWER:
      if (claimed == NULL || claimed->noted)
        return FALSE;
      claimed->noted = TRUE;
      return TRUE;

    case TINY_HANG:
      worker->hangs = TRUE;
      return claimed == NULL;

    case TINY_HANG_UP:
      if (worker->tenure.phase != CFUT_PROCESS_SERVING)
        return FALSE;
      read_answers (self, index);
      worker->hung_up = TRUE;
      worker->tenure.phase = CFUT_PROCESS_LEAVING;
      worker->tenure.lost_at = self->now;
      worker->tenure.leave_by = self->now + CFUT_TENURE_LOST_US;
      return TRUE;

    case TINY_LIE:
      read_answers (self, index);
      kill_worker (self, index, TRUE);
      return TRUE;

    case TINY_SUBMIT:
    case TINY_DIE:
    case TINY_CANCEL:
    case TINY_PASS:
    case TINY_CLOSE:
    case TINY_GIVE_UP:
    case TINY_N_EVENTS:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
cancel (TinyWorld *self,
        TinyCall  *call)
{
  if (call->place == TINY_NEW || call->place == TINY_ENDED || call->stop)
    return FALSE;

  call->stop = call->claimed;
  if (!call->claimed)
    {
      guint index = call->worker;
      gboolean was_sent = call->place == TINY_SENT;

      end_call (self, call, TINY_CANCELLED);
      if (was_sent)
        {
          self->workers[index].n_assigned--;
          count_calls (self, index);
        }
    }
  else if (self->workers[call->worker].tenure.kill_at < 0)
    {
      self->workers[call->worker].tenure.kill_at = self->now + GRACE_US;
    }

  return TRUE;
}

static gboolean
submit (TinyWorld *self)
{
  for (guint i = 0; self->is_open && i < TINY_N_CALLS; i++)
    {
      if (self->calls[i].place != TINY_NEW)
        continue;

      self->calls[i] = (TinyCall) { .place = TINY_QUEUED, .attempt = 1, .n_retries = i % 2 };
      return TRUE;
    }

  return FALSE;
}

static void
give_up (TinyWorld *self)
{
  self->gave_up = TRUE;
  for (guint i = 0; i < TINY_N_CALLS; i++)
    cancel (self, &self->calls[i]);
  for (guint i = 0; get_ending (self) == CFUT_ENDING_KILL && i < TINY_N_WORKERS; i++)
    if (self->workers[i].exists && self->workers[i].tenure.phase != CFUT_PROCESS_DYING)
      kill_worker (self, i, FALSE);
}

static gboolean
happen (TinyWorld *self,
        TinyEvent  event,
        guint      argument)
{
  switch (event)
    {
    case TINY_SUBMIT:
      return submit (self);

    case TINY_CANCEL:
      return cancel (self, &self->calls[argument]);

    case TINY_PASS:
      if (self->due == G_MAXINT64)
        return FALSE;
      self->now = self->due;
      return TRUE;

    case TINY_CLOSE:
      if (!self->is_open)
        return FALSE;
      self->is_open = FALSE;
      return TRUE;

    case TINY_GIVE_UP:
      if (self->is_open || self->gave_up)
        return FALSE;
      give_up (self);
      return TRUE;

    case TINY_READY:
    case TINY_CLAIM:
    case TINY_NOTE:
    case TINY_ANSWER:
    case TINY_DIE:
    case TINY_HANG:
    case TINY_HANG_UP:
    case TINY_LIE:
    case TINY_N_EVENTS:
    default:
      return happen_to_worker (self, event, argument);
    }
}

gboolean
tiny_world_happen (TinyWorld *self,
                   TinyEvent  event,
                   guint      argument)
{
  if (!happen (self, event, argument))
    return FALSE;

  if (event != TINY_NOTE)
    look_around (self);

  return TRUE;
}

/* ---- What must hold. */

void
tiny_world_check (const TinyWorld *self)
{
  guint n_alive = 0, n_busy = 0;

  for (guint i = 0; i < TINY_N_CALLS; i++)
    {
      const TinyCall *call = &self->calls[i];

      g_assert_cmpuint (call->n_outcomes, ==, call->place == TINY_ENDED);
      g_assert_cmpuint (call->n_started, <=, call->n_retries + 1);
      if (call->n_outcomes > 0 && call->outcome == TINY_DIED)
        g_assert_true (call->claimed);
      if (call->place == TINY_SENT)
        g_assert_true (self->workers[call->worker].exists && !self->workers[call->worker].tenure.is_decided);
    }

  for (guint i = 0; i < TINY_N_WORKERS; i++)
    {
      const TinyWorker *worker = &self->workers[i];

      n_alive += worker->exists && worker->tenure.phase <= CFUT_PROCESS_SERVING;
      n_busy += worker->exists && worker->tenure.phase != CFUT_PROCESS_DYING && worker->tenure.n_live > 0;
    }
  g_assert_cmpuint (n_alive, <=, self->max_workers);
  g_assert_cmpuint (n_busy, <=, self->max_workers);
}

static gboolean
has_ended (const TinyWorld *self)
{
  gboolean is_over = !self->is_open;

  for (guint i = 0; i < TINY_N_WORKERS; i++)
    is_over &= !self->workers[i].exists;
  for (guint i = 0; i < TINY_N_CALLS; i++)
    is_over &= self->calls[i].place == TINY_NEW || self->calls[i].place == TINY_ENDED;
  g_assert_true (is_over == (get_ending (self) == CFUT_ENDING_LEAVE));

  return is_over;
}

/* What was killed dies, where that is what it does. */
static void
let_die (TinyWorld *self)
{
  for (guint i = 0; !self->is_unkillable && i < TINY_N_WORKERS; i++)
    if (self->workers[i].exists && self->workers[i].killed)
      self->workers[i].lives = FALSE;
}

/* What every worker does that can: it serves, and goes when it was told. */
static void
let_serve (TinyWorld *self)
{
  for (guint i = 0; i < TINY_N_WORKERS; i++)
    {
      TinyWorker *worker = &self->workers[i];

      if (worker->exists && worker->tenure.leave_by >= 0 && !worker->hangs && !worker->hung_up)
        worker->lives = FALSE;
      happen_to_worker (self, TINY_READY, i);
      happen_to_worker (self, TINY_CLAIM, i);
      happen_to_worker (self, TINY_ANSWER, i);
    }
}

static void
nothing (TinyWorld *self)
{
}

static void
end_world (TinyWorld *self,
           void     (*let_live) (TinyWorld *self))
{
  self->is_open = FALSE;
  look_around (self);

  for (guint i = 0; !has_ended (self); i++)
    {
      g_assert_cmpuint (i, <, MAX_ROUNDS);
      tiny_world_check (self);
      let_live (self);
      let_die (self);
      look_around (self);
      if (has_ended (self))
        break;

      /* Or it would sleep for ever, unless somebody has work to do. */
      if (let_live == nothing)
        g_assert_cmpint (self->due, <, G_MAXINT64);
      if (self->due < G_MAXINT64)
        self->now = self->due;
      look_around (self);
    }

  for (guint i = 0; i < TINY_N_CALLS; i++)
    g_assert_cmpuint (self->calls[i].n_outcomes, ==, self->calls[i].place != TINY_NEW);
}

void
tiny_world_end_by_force (TinyWorld *self)
{
  if (!self->gave_up)
    give_up (self);
  end_world (self, nothing);
}

void
tiny_world_end_in_peace (TinyWorld *self)
{
  end_world (self, let_serve);
}
