/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "thread/cfut-thread-worker-private.h"

#include <pthread.h>

#include "executor/cfut-live-list-private.h"

static gint64
clock_get_ns (clockid_t clock)
{
  struct timespec now;

  if (clock_gettime (clock, &now) != 0)
    return 0;

  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

CfutThreadWorker *
cfut_thread_worker_new (void)
{
  CfutThreadWorker *self = g_new0 (CfutThreadWorker, 1);

  pthread_getcpuclockid (pthread_self (), &self->cpu_clock);
  self->cpu_begin_ns = clock_get_ns (self->cpu_clock);

  return self;
}

/* The thread's name while it is ours, and its old one again when it goes back to
 * GThreadPool. Runs in: worker thread. */
void
cfut_thread_worker_swap_name (CfutThreadWorker *self)
{
  char name[16];

  pthread_getname_np (pthread_self (), name, sizeof name);
  pthread_setname_np (pthread_self (), self->other_name);
  memcpy (self->other_name, name, sizeof name);
}

gint64
cfut_thread_worker_get_cpu_time_ns (CfutThreadWorker *self)
{
  return clock_get_ns (self->cpu_clock) - self->cpu_begin_ns;
}

/* Brings the info up to date, if anybody looks at the list of workers.
 * Locks: caller holds the pool's. */
void
cfut_thread_worker_show_locked (CfutThreadWorker *self,
                                CfutPool         *pool)
{
  if (pool->workers == NULL)
    return;

  if (self->info == NULL)
    {
      self->info = cfut_worker_info_new (self->id, 0, cfut_live_list_get_context (pool->workers));
      cfut_live_list_add (pool->workers, self->info);
    }

  cfut_worker_info_update (self->info,
                           self->busy ? CFUT_WORKER_STATE_BUSY : CFUT_WORKER_STATE_IDLE,
                           self->n_calls,
                           self->busy_time_ns / 1000,
                           cfut_thread_worker_get_cpu_time_ns (self) / 1000);
}

/* The kernel keeps 15 bytes of a name; its end is what tells threads apart. */
void
cfut_thread_worker_set_name (CfutThreadWorker *self,
                             const char       *executor_name)
{
  g_autofree char *number = g_strdup_printf ("-%u", self->id);

  g_strlcpy (self->other_name, executor_name != NULL ? executor_name : "cfut-io",
             sizeof self->other_name - strlen (number));
  g_strlcat (self->other_name, number, sizeof self->other_name);
}

void
cfut_thread_worker_free (CfutThreadWorker *self,
                         CfutPool         *pool)
{
  if (self->info != NULL)
    {
      cfut_worker_info_update (self->info, CFUT_WORKER_STATE_GONE, self->n_calls,
                               self->busy_time_ns / 1000,
                               cfut_thread_worker_get_cpu_time_ns (self) / 1000);
      cfut_live_list_remove (pool->workers, self->info);
      g_object_unref (self->info);
    }
  g_clear_object (&self->call);
  g_free (self);
}
