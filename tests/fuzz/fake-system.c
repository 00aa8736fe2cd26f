/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fake-workers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executor/cfut-cpus-private.h"

/* In place of what spawns, kills, reaps and tells the time. */

static FakeWorker *
find_worker (gpointer subprocess)
{
  FakeWorld *world = fake_world_get ();

  for (guint i = 0; i < world->workers->len; i++)
    {
      FakeWorker *worker = g_ptr_array_index (world->workers, i);

      if (worker->subprocess == subprocess)
        return worker;
    }

  g_assert_not_reached ();
}

gint64
g_get_monotonic_time (void)
{
  FakeWorld *world = fake_world_get ();

  /* What is made before there is a world has no need of its time. */
  return world != NULL ? world->now : FAKE_FIRST_MOMENT;
}

char **
cfut_spawn_make_argv (const char * const  *argv,
                      const char * const  *modules,
                      GError             **error)
{
  const char *made[] = { "fake", NULL };

  return g_strdupv ((char **) made);
}

static void
make_pair (int fds[2])
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
}

gboolean
cfut_spawn (const char * const  *argv,
            const char * const  *envp,
            CfutSandbox          sandbox,
            const char * const  *launcher,
            gsize                arena_capacity,
            CfutSpawned         *spawned,
            GError             **error)
{
  FakeWorld *world = fake_world_get ();
  FakeWorker *worker;
  g_autoptr(CfutArena) arena = NULL;
  int channel[2], control[2], output[2];

  if (world->n_failures > 0)
    {
      world->n_failures--;
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Nothing can be spawned");
      return FALSE;
    }

  make_pair (channel);
  make_pair (control);
  g_assert_cmpint (pipe2 (output, O_CLOEXEC | O_NONBLOCK), ==, 0);

  worker = g_new0 (FakeWorker, 1);
  worker->world = world;
  worker->subprocess = g_object_new (G_TYPE_SUBPROCESS, NULL);
  worker->channel = cfut_channel_new_take_fd (channel[1], CFUT_FRAME_FROM_PARENT, NULL);
  worker->control_fd = control[1];
  worker->stderr_fd = output[1];
  worker->death_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  g_queue_init (&worker->received);

  spawned->subprocess = g_object_ref (G_SUBPROCESS (worker->subprocess));
  spawned->pid = 0;
  spawned->pidfd = dup (worker->death_fd);
  spawned->control_fd = control[0];
  spawned->stderr_fd = output[0];
  spawned->channel = cfut_channel_new_take_fd (channel[0], CFUT_FRAME_FROM_WORKER, NULL);
  spawned->claims = cfut_claims_new (CFUT_ARENA_CAPACITY, error);
  g_assert_no_error (*error);

  worker->claims = cfut_claims_new_take_fd (dup (cfut_claims_get_fd (spawned->claims)), error);
  g_assert_no_error (*error);
  arena = cfut_claims_dup_arena (worker->claims, CFUT_FRAME_FROM_PARENT);
  cfut_channel_set_arena (worker->channel, arena);
  cfut_channel_set_journal (worker->channel, cfut_claims_get_journal (worker->claims));
  g_ptr_array_add (worker->world->workers, worker);

  return TRUE;
}

void
cfut_spawned_clear (CfutSpawned *self)
{
  g_assert_not_reached ();
}

void
g_subprocess_force_exit (GSubprocess *subprocess)
{
  find_worker (subprocess)->killed = TRUE;
}

void
g_subprocess_send_signal (GSubprocess *subprocess,
                          int          signal_num)
{
  if (signal_num == SIGKILL || signal_num == SIGTERM)
    find_worker (subprocess)->killed = TRUE;
}

/* Nobody waits for it any more: it may be reaped by GLib when it dies. */
static void
wait_cancelled (GCancellable *cancellable,
                FakeWorker   *worker)
{
  if (worker->process == NULL)
    return;

  worker->process = NULL;
  worker->abandoned = TRUE;
  worker->waited_cb (worker->subprocess, NULL, worker->waited_data);
}

void
g_subprocess_wait_async (GSubprocess         *subprocess,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  FakeWorker *worker = find_worker (subprocess);

  g_signal_connect (cancellable, "cancelled", G_CALLBACK (wait_cancelled), worker);
  worker->waited_cb = callback;
  worker->waited_data = user_data;
  worker->process = user_data;
}

gboolean
g_subprocess_wait_finish (GSubprocess   *subprocess,
                          GAsyncResult  *result,
                          GError       **error)
{
  return !find_worker (subprocess)->abandoned;
}

int
g_subprocess_get_status (GSubprocess *subprocess)
{
  return find_worker (subprocess)->status;
}

int __wrap_waitid (idtype_t   type,
                   id_t       id,
                   siginfo_t *info,
                   int        options);
guint __wrap_cfut_cpus_get_usable (void);

/* Linked so that the library comes here. */
int
__wrap_waitid (idtype_t   type,
               id_t       id,
               siginfo_t *info,
               int        options)
{
  FakeWorld *world = fake_world_get ();

  for (guint i = 0; i < world->workers->len; i++)
    {
      FakeWorker *worker = g_ptr_array_index (world->workers, i);

      if (worker->process == NULL || worker->process->pidfd != (int) id)
        continue;

      info->si_pid = 0;
      if (!worker->dead || !worker->status_seen)
        return 0;

      info->si_pid = 1;
      info->si_code = WIFEXITED (worker->status) ? CLD_EXITED : CLD_KILLED;
      info->si_status = WIFEXITED (worker->status) ? WEXITSTATUS (worker->status)
                                                   : WTERMSIG (worker->status);
      return 0;
    }

  errno = ECHILD;

  return -1;
}

guint
__wrap_cfut_cpus_get_usable (void)
{
  return 2;
}
