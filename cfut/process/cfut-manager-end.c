/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

/*
 * The end of a worker, whether it has come or not. Runs in: manager thread.
 */

/* How much is still read from a dead worker's socket, which a grandchild of ours
 * may hold open and fill. */
#define CFUT_DRAIN_ROUNDS 256

/* Reads the socket to its end, and the journal: what it has said still counts. What
 * comes after that does not: it is not the worker's. */
static void
cfut_manager_hear_out (CfutManager *self,
                       CfutProcess *process)
{
  process->drained = FALSE;
  for (guint i = 0; i < CFUT_DRAIN_ROUNDS && !process->channel_ended && !process->drained; i++)
    cfut_manager_read_process (self, process);
  if (process->condemned == NULL)
    cfut_manager_read_journal (self, process);
  cfut_process_stop_listening (process);

  if (process->stderr_tag != NULL)
    g_source_remove_unix_fd (process->source, g_steal_pointer (&process->stderr_tag));
  process->tap_retry_at = -1;
  cfut_stderr_tap_drain (&process->tap);
}

/* The worker is dead. If its status is not known yet GLib will tell; until then
 * it has its place, so that none is started too early. */
void
cfut_manager_check_death (CfutManager *self,
                          CfutProcess *process)
{
  if (process->died)
    return;

  g_mutex_lock (&self->pool->lock);
  cfut_process_sample_cpu_locked (process);
  process->dead = TRUE;
  g_mutex_unlock (&self->pool->lock);

  cfut_manager_hear_out (self, process);
  if (cfut_process_peek_status (process))
    cfut_manager_process_died (self, process);
}

void
cfut_manager_abandon (CfutManager *self,
                      CfutProcess *process)
{
  cfut_manager_hear_out (self, process);
  process->abandoned = TRUE;
  cfut_manager_process_died (self, process);
  /* That has it forgotten, now or when GLib's word comes, which is on its way. */
  g_cancellable_cancel (process->wait);
}

/* It is dead, and nobody will say of what. */
void
cfut_manager_bury (CfutManager *self,
                   CfutProcess *process)
{
  cfut_process_note_status (process);
  cfut_manager_check_death (self, process);
}

void
cfut_manager_reap (CfutManager *self,
                   CfutProcess *process,
                   gint64       now)
{
  if (!cfut_process_reap (process))
    {
      process->reap_at = now + (now < process->abandon_at ? CFUT_TENURE_REAP_US
                                                          : CFUT_TENURE_REAP_SLOWLY_US);
      return;
    }

  cfut_manager_bury (self, process);
  cfut_manager_forget (self, process);
}
