/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

/* What workers do, as it comes in. Runs in: manager thread. */

/* GLib has reaped the child, or has looked at it in vain; or nobody waits for that any
 * more. */
static void
subprocess_waited_cb (GObject      *object,
                      GAsyncResult *result,
                      gpointer      user_data)
{
  CfutProcess *process = user_data;
  CfutManager *self = process->manager;

  if (g_subprocess_wait_finish (G_SUBPROCESS (object), result, NULL))
    {
      if (cfut_process_is_mistaken (process))
        cfut_process_kill_mistaken (process);
      process->reap_at = g_get_monotonic_time ();
      process->abandon_at = cfut_tenure_add (process->reap_at, self->abandon_us);
      cfut_manager_check_death (self, process);
    }
  else
    {
      cfut_manager_forget (self, process);
    }
  /* This may be within a look around already. */
  cfut_manager_ring (self);
}

/* ---- The source of one process: its socket, its stderr, its pidfd. */

typedef struct
{
  GSource source;
  CfutProcess *process;
} ProcessSource;

/* A stalled stderr is not polled at all: its other end may be closed already,
 * which poll() would report again and again. */
static void
cfut_manager_pump_stderr (CfutManager *self,
                          CfutProcess *process)
{
  CfutTapStatus status = cfut_stderr_tap_pump (&process->tap);

  if (status == CFUT_TAP_OPEN)
    return;

  g_source_remove_unix_fd (process->source, g_steal_pointer (&process->stderr_tag));
  if (status == CFUT_TAP_STALLED)
    process->tap_retry_at = g_get_monotonic_time () + CFUT_PROCESS_RETRY_US;
}

void
cfut_manager_retry_stderr (CfutManager *self,
                           CfutProcess *process)
{
  process->tap_retry_at = -1;
  process->stderr_tag = g_source_add_unix_fd (process->source, process->tap.fd, G_IO_IN);
}

/* The worker has closed its end. Most likely it is about to be dead; if not, it
 * is killed. */
static void
cfut_manager_lost_channel (CfutManager *self,
                           CfutProcess *process)
{
  cfut_process_set_phase (process, CFUT_PROCESS_LEAVING);
  process->lost_at = g_get_monotonic_time ();
  process->leave_by = process->lost_at + CFUT_TENURE_LOST_US;
}

static gboolean
process_source_dispatch (GSource     *source,
                         GSourceFunc  callback,
                         gpointer     user_data)
{
  CfutProcess *process = ((ProcessSource *) source)->process;
  CfutManager *self = process->manager;

  /* It is ready for one or the other, or for both. */
  if (process->channel_tag != NULL && g_source_query_unix_fd (source, process->channel_tag) != 0)
    {
      cfut_process_flush (process);
      if (!process->channel_ended)
        cfut_manager_read_process (self, process);
    }

  if (process->stderr_tag != NULL && g_source_query_unix_fd (source, process->stderr_tag) != 0)
    cfut_manager_pump_stderr (self, process);

  if (process->pidfd_tag != NULL && g_source_query_unix_fd (source, process->pidfd_tag) != 0)
    {
      g_source_remove_unix_fd (source, g_steal_pointer (&process->pidfd_tag));
      cfut_manager_check_death (self, process);
    }

  if (process->channel_ended && process->channel_tag != NULL)
    {
      g_source_remove_unix_fd (source, g_steal_pointer (&process->channel_tag));
      if (process->phase != CFUT_PROCESS_DYING && !process->dead && process->leave_by < 0)
        cfut_manager_lost_channel (self, process);
    }

  self->look_around (self);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs process_source_funcs = {
  .dispatch = process_source_dispatch,
};

void
cfut_manager_watch_process (CfutManager *self,
                            CfutProcess *process)
{
  GSource *source = g_source_new (&process_source_funcs, sizeof (ProcessSource));

  ((ProcessSource *) source)->process = process;
  g_source_set_static_name (source, "[cfut] worker");
  /* Nobody iterates the context within a dispatch. But for one that must not be
   * dispatched within itself the context takes its descriptors out and puts them
   * back, and wakes itself for each of them. */
  g_source_set_can_recurse (source, TRUE);
  process->source = source;
  cfut_process_add_channel (process);
  process->stderr_tag = g_source_add_unix_fd (source, process->tap.fd, G_IO_IN);
  if (process->pidfd >= 0)
    process->pidfd_tag = g_source_add_unix_fd (source, process->pidfd, G_IO_IN);
  g_source_attach (source, self->context);

  g_subprocess_wait_async (process->subprocess, process->wait, subprocess_waited_cb, process);
}
