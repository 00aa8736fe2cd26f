/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "worker/cfut-running-private.h"

static gboolean
id_is (const CfutRunningId *self,
       guint64              call,
       guint32              attempt)
{
  return self->call == call && self->attempt == attempt;
}

void
cfut_running_init (CfutRunning *self)
{
  memset (self, 0, sizeof *self);
  g_mutex_init (&self->lock);
}

void
cfut_running_clear (CfutRunning *self)
{
  g_assert (self->call == NULL);

  g_mutex_clear (&self->lock);
}

/* Runs in: worker's main thread. Locks: takes the own, not while calling out. */
void
cfut_running_begin (CfutRunning *self,
                    CfutCall    *call,
                    guint64      id,
                    guint32      attempt,
                    int          signum)
{
  gboolean cancelled = FALSE;

  g_mutex_lock (&self->lock);

  g_assert (self->call == NULL);
  self->call = call;
  self->id = (CfutRunningId) { id, attempt };
  self->signum = signum;
  self->thread = pthread_self ();

  for (guint i = 0; self->n_early > 0 && i < CFUT_RUNNING_N_EARLY; i++)
    if (id_is (&self->early[i], id, attempt))
      {
        self->early[i].call = 0;
        self->n_early--;
        cancelled = TRUE;
      }

  g_mutex_unlock (&self->lock);

  if (cancelled)
    cfut_call_cancel (call);
}

/* Runs in: worker's main thread. Locks: takes the own. */
void
cfut_running_end (CfutRunning *self)
{
  g_mutex_lock (&self->lock);
  self->call = NULL;
  self->id = (CfutRunningId) { 0, 0 };
  g_mutex_unlock (&self->lock);
}

/* The call that runs, if it is this one; else the cancel is remembered.
 * Locks: takes the own. */
static CfutCall *
find_call (CfutRunning *self,
           guint64      id,
           guint32      attempt)
{
  CfutCall *call = NULL;

  g_mutex_lock (&self->lock);
  if (self->call != NULL && id_is (&self->id, id, attempt))
    {
      call = g_object_ref (self->call);
    }
  else
    {
      self->n_early += self->early[self->next_early].call == 0;
      self->early[self->next_early] = (CfutRunningId) { id, attempt };
      self->next_early = (self->next_early + 1) % CFUT_RUNNING_N_EARLY;
    }
  g_mutex_unlock (&self->lock);

  return call;
}

/* With the lock held the call cannot end, so the signal is meant for no other.
 * Locks: takes the own. */
static void
send_signal (CfutRunning *self,
             CfutCall    *call)
{
  g_mutex_lock (&self->lock);
  if (self->call == call && self->signum != 0)
    pthread_kill (self->thread, self->signum);
  g_mutex_unlock (&self->lock);
}

/* Runs in: watcher thread. Locks: takes the own, not while calling out. */
void
cfut_running_cancel (CfutRunning *self,
                     guint64      id,
                     guint32      attempt)
{
  g_autoptr(CfutCall) call = find_call (self, id, attempt);

  if (call == NULL)
    return;

  cfut_call_cancel (call);
  send_signal (self, call);
}
