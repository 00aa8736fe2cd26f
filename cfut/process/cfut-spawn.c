/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-spawn-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call/cfut-program-private.h"
#include "cfut-error.h"
#include "process/cfut-sandbox-private.h"

static void
clear_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

void
cfut_spawned_clear (CfutSpawned *self)
{
  g_clear_object (&self->subprocess);
  clear_fd (&self->pidfd);
  clear_fd (&self->control_fd);
  clear_fd (&self->stderr_fd);
  g_clear_pointer (&self->channel, cfut_channel_free);
  g_clear_pointer (&self->claims, cfut_claims_free);
}

static gboolean
set_errno_error (GError    **error,
                 const char *what)
{
  int saved_errno = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
               "Failed to start a worker: %s: %s", what, g_strerror (saved_errno));

  return FALSE;
}

static gboolean
make_socket_pair (int      ends[2],
                  GError **error)
{
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0)
    return TRUE;

  ends[0] = ends[1] = -1;

  return set_errno_error (error, "socketpair");
}

/* The child's ends of everything; the launcher takes them. */
typedef struct
{
  int channel;
  int control;
  int claims;
  int err;
  int filter;
} ChildFds;

static void
child_fds_clear (ChildFds *self)
{
  clear_fd (&self->channel);
  clear_fd (&self->control);
  clear_fd (&self->claims);
  clear_fd (&self->err);
  clear_fd (&self->filter);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ChildFds, child_fds_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CfutSpawned, cfut_spawned_clear)

static gboolean
open_fds (gsize         arena_capacity,
          CfutSpawned  *spawned,
          ChildFds     *child,
          GError      **error)
{
  int ends[2];

  if (!make_socket_pair (ends, error))
    return FALSE;
  child->channel = ends[1];
  spawned->channel = cfut_channel_new_take_fd (ends[0], CFUT_FRAME_FROM_WORKER, error);
  if (spawned->channel == NULL)
    return FALSE;

  if (!make_socket_pair (ends, error))
    return FALSE;
  spawned->control_fd = ends[0];
  child->control = ends[1];

  if (!g_unix_open_pipe (ends, FD_CLOEXEC, error))
    {
      g_prefix_error (error, "Failed to start a worker: ");
      return FALSE;
    }
  spawned->stderr_fd = ends[0];
  child->err = ends[1];
  if (!g_unix_set_fd_nonblocking (spawned->stderr_fd, TRUE, error))
    return FALSE;

  spawned->claims = cfut_claims_new (arena_capacity, error);
  if (spawned->claims == NULL)
    return FALSE;
  child->claims = fcntl (cfut_claims_get_fd (spawned->claims), F_DUPFD_CLOEXEC, 0);
  if (child->claims < 0)
    return set_errno_error (error, "dup");

  return TRUE;
}

/* To start a process GLib opens descriptors of its own, and ends the program if it
 * cannot. So it is tried before whether there are some. */
#define N_FDS_FOR_GLIB 8

static gboolean
ensure_fds (GError **error)
{
  int fds[N_FDS_FOR_GLIB];
  guint n = 0;
  int saved_errno;

  while (n < N_FDS_FOR_GLIB && (fds[n] = eventfd (0, EFD_CLOEXEC)) >= 0)
    n++;
  saved_errno = errno;
  for (guint i = 0; i < n; i++)
    close (fds[i]);

  if (n == N_FDS_FOR_GLIB)
    return TRUE;

  errno = saved_errno;

  return set_errno_error (error, "eventfd");
}

/* Why @program cannot be started, if that is for good: 0 if it is not.
 * posix_spawn() does not say so in a way that can be told from other causes. */
static int
find_program_errno (const char *program)
{
  const char *path = g_getenv ("PATH"); /* not that of the workers */
  g_auto(GStrv) dirs = NULL;
  int result = ENOENT;

  if (strchr (program, '/') != NULL)
    dirs = g_strdupv ((char *[]) { (char *) "", NULL });
  else
    dirs = g_strsplit (path != NULL ? path : "/bin:/usr/bin:.", ":", -1);

  for (guint i = 0; dirs[i] != NULL; i++)
    {
      g_autofree char *file = dirs[i][0] != '\0' ? g_build_filename (dirs[i], program, NULL)
                                                 : g_strdup (program);

      if (g_file_test (file, G_FILE_TEST_IS_DIR))
        result = EACCES;
      else if (access (file, X_OK) == 0)
        return 0;
      else if (errno != ENOENT)
        result = errno;
    }

  return result;
}

static void
set_spawn_error (GError             **error,
                 const char * const  *argv,
                 const GError        *reason)
{
  int code = find_program_errno (argv[0]);

  if (code == 0)
    g_set_error (error, reason->domain, reason->code,
                 "Failed to start a worker: %s", reason->message);
  else
    g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                 "Failed to start the worker program \"%s\": %s; is it installed, "
                 "and does \"argv\" or \"sandbox-launcher\" name it?",
                 argv[0], g_strerror (code));
}

static int
open_pidfd (int pid)
{
#ifdef SYS_pidfd_open
  return syscall (SYS_pidfd_open, pid, 0);
#else
  return -1;
#endif
}

/* What is started by a launcher may not be believed to close what it inherits: then
 * GLib does so, which takes a fork. */
static GSubprocessFlags
get_flags (CfutSandbox sandbox)
{
  return sandbox == CFUT_SANDBOX_LAUNCHER ? G_SUBPROCESS_FLAGS_NONE
                                          : G_SUBPROCESS_FLAGS_INHERIT_FDS;
}

/* What CFUT_WORKER says. The parent of a launched worker is the launcher, or has a
 * number that means nothing there: 0 for that. */
static char *
make_identity (CfutSandbox sandbox)
{
  return g_strdup_printf ("1:%d%s", sandbox == CFUT_SANDBOX_LAUNCHER ? 0 : (int) getpid (),
                          sandbox == CFUT_SANDBOX_NONE ? "" : ":limits");
}

static gpointer
empty_thread (gpointer unused)
{
  return NULL;
}

/* GLib starts a thread of its own with the first subprocess, and ends the program if
 * there can be none. So one is tried before. To start it and to see it end takes as long
 * as all else before a spawn, which is done meanwhile; it is none of GLib's, as to have a
 * name and memory of its own takes longer still. Runs in: manager thread. */
static int has_spawned; /* atomic */

typedef struct
{
  pthread_t thread;
  gboolean runs;
} Probe;

static gboolean
begin_probe (Probe   *probe,
             GError **error)
{
  if (g_atomic_int_get (&has_spawned))
    return TRUE;

  errno = pthread_create (&probe->thread, NULL, empty_thread, NULL);
  probe->runs = errno == 0;

  return probe->runs || set_errno_error (error, "pthread_create");
}

static void
end_probe (Probe *probe)
{
  if (!probe->runs)
    return;

  pthread_join (probe->thread, NULL);
  probe->runs = FALSE;
  g_atomic_int_set (&has_spawned, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Probe, end_probe)

gboolean
cfut_spawn (const char * const  *argv,
            const char * const  *envp,
            CfutSandbox          sandbox,
            const char * const  *launcher,
            gsize                arena_capacity,
            CfutSpawned         *spawned,
            GError             **error)
{
  g_autoptr(GSubprocessLauncher) start = NULL;
  g_auto(CfutSpawned) result = { NULL, 0, -1, -1, -1, NULL, NULL };
  g_auto(ChildFds) child = { -1, -1, -1, -1, -1 };
  g_auto(GStrv) full_argv = NULL;
  g_autofree char *identity = NULL;
  g_auto(Probe) probe = { 0, };
  g_autoptr(GError) local_error = NULL;

  full_argv = cfut_sandbox_make_argv (sandbox, launcher, argv, &child.filter, error);
  if (full_argv == NULL || !begin_probe (&probe, error) ||
      !open_fds (arena_capacity, &result, &child, error) || !ensure_fds (error))
    return FALSE;

  start = g_subprocess_launcher_new (get_flags (sandbox));
  identity = make_identity (sandbox);
  g_subprocess_launcher_set_environ (start, (char **) envp);
  g_subprocess_launcher_setenv (start, "CFUT_WORKER", identity, TRUE);
  g_subprocess_launcher_take_fd (start, g_steal_fd (&child.channel), CFUT_FD_CHANNEL);
  g_subprocess_launcher_take_fd (start, g_steal_fd (&child.control), CFUT_FD_CONTROL);
  g_subprocess_launcher_take_fd (start, g_steal_fd (&child.claims), CFUT_FD_CLAIMS);
  g_subprocess_launcher_take_stderr_fd (start, g_steal_fd (&child.err));
  if (child.filter >= 0)
    g_subprocess_launcher_take_fd (start, g_steal_fd (&child.filter), CFUT_FD_FILTER);

  end_probe (&probe);
  result.subprocess = g_subprocess_launcher_spawnv (start, (const char * const *) full_argv, &local_error);
  /* While the launcher has the child's ends, no end of file would be seen. */
  g_subprocess_launcher_close (start);

  if (result.subprocess == NULL)
    {
      set_spawn_error (error, (const char * const *) full_argv, local_error);
      return FALSE;
    }

  /* Gone already if the child died and was reaped: then there is no identifier,
   * and the subprocess tells the rest. */
  if (g_subprocess_get_identifier (result.subprocess) != NULL)
    result.pid = (int) g_ascii_strtoll (g_subprocess_get_identifier (result.subprocess), NULL, 10);
  if (result.pid > 0)
    result.pidfd = open_pidfd (result.pid);

  *spawned = result;
  result = (CfutSpawned) { NULL, 0, -1, -1, -1, NULL, NULL };

  return TRUE;
}

static const char *
get_helper_program (void)
{
  const char *program = g_getenv ("CFUT_WORKER_PROGRAM");

  return program != NULL ? program : CFUT_LIBEXECDIR "/cfut-worker";
}

/* The path of this program, which may have been replaced meanwhile. */
static char *
get_own_program (void)
{
  g_autofree char *path = g_file_read_link (CFUT_SELF_PROGRAM, NULL);

  if (path != NULL && g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&path);

  return g_strdup (CFUT_SELF_PROGRAM);
}

char **
cfut_spawn_make_argv (const char * const  *argv,
                      const char * const  *modules,
                      GError             **error)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  if (argv != NULL && argv[0] != NULL)
    g_strv_builder_addv (builder, (const char **) argv);
  else if (modules != NULL && modules[0] != NULL)
    g_strv_builder_add (builder, get_helper_program ());
  else if (cfut_init_was_called ())
    {
      g_autofree char *path = get_own_program ();

      g_strv_builder_add (builder, path);
      return g_strv_builder_end (builder);
    }
  else
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                           "This program cannot be its own worker, since it does not call cfut_init(): "
                           "call that at the start of main(), after registering the functions, "
                           "or set the executor's \"modules\" or \"argv\"");
      return NULL;
    }

  if (modules != NULL)
    g_strv_builder_addv (builder, (const char **) modules);

  return g_strv_builder_end (builder);
}
