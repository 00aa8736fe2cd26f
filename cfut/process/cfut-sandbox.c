/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-executor-private.h"

#include "process/cfut-sandbox-private.h"

#include "cfut-error.h"

#ifdef HAVE_SECCOMP
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

/* What workers are kept from: what of that is the parent's part, and how the user
 * sets it. */

G_DEFINE_ENUM_TYPE (CfutSandbox, cfut_sandbox,
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_NONE, "none"),
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_LIMITS, "limits"),
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_SECCOMP, "seccomp"),
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_LAUNCHER, "launcher"))

/* All is there to be read, but for what other processes have, and nothing to be
 * written. A session of its own comes first: signals to the program's process group
 * would end the launcher, and the worker with it. */
static const char * const default_launcher[] = {
  "setsid", "bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL",
  "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
  "--seccomp", G_STRINGIFY (CFUT_FD_FILTER), "--", NULL
};

static const char * const default_programs[] = { "setsid", "bwrap" };

static gboolean
check_default_launcher (GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (default_programs); i++)
    {
      g_autofree char *path = g_find_program_in_path (default_programs[i]);

      if (path == NULL)
        {
          g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                       "Failed to start a worker in a sandbox: the program \"%s\" is not there; "
                       "install it, or set the executor's \"sandbox-launcher\"",
                       default_programs[i]);
          return FALSE;
        }
    }

  return TRUE;
}

/* Runs in: any thread. Locks: none. */
gboolean
cfut_sandbox_check (CfutSandbox          sandbox,
                    const char * const  *launcher,
                    GError             **error)
{
  gboolean is_default = sandbox == CFUT_SANDBOX_LAUNCHER && launcher == NULL;

#ifndef HAVE_SECCOMP
  if (sandbox == CFUT_SANDBOX_SECCOMP || is_default)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "This cfut was built without libseccomp: there is no CFUT_SANDBOX_SECCOMP, "
                           "and no default for \"sandbox-launcher\"");
      return FALSE;
    }
#endif

  return !is_default || check_default_launcher (error);
}

/* ---- The filter for the launcher. */

#ifdef HAVE_SECCOMP

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (scmp_filter_ctx, seccomp_release, NULL)

/* Sockets in the file system lead out of what the launcher has closed, by the
 * session bus for example; and the kernel's keys belong to the user. An integer
 * argument is 32 bits of 64, and the others are not looked at. */
static int
add_rules (scmp_filter_ctx filter)
{
  const guint64 bits = G_MAXUINT32;
  const guint64 type = 0xf;
  int result = seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

  if (result == 0)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (socket), 1,
                               SCMP_A0 (SCMP_CMP_MASKED_EQ, bits, AF_UNIX));
  /* These can be connected anew; and raw ones are no others. */
  if (result == 0)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (socketpair), 1,
                               SCMP_A1 (SCMP_CMP_MASKED_EQ, type, SOCK_DGRAM));
  if (result == 0)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (socketpair), 1,
                               SCMP_A1 (SCMP_CMP_MASKED_EQ, type, SOCK_RAW));
  /* Does all that in memory. */
  if (result == 0)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (io_uring_setup), 0);
  if (result == 0)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (keyctl), 0);
  if (result == 0)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (add_key), 0);
  if (result == 0)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (request_key), 0);

  return result;
}

/* A file with the filter, as the kernel takes it; -1 with @error. */
static int
open_filter (GError **error)
{
  g_auto(scmp_filter_ctx) filter = seccomp_init (SCMP_ACT_ALLOW);
  int fd = memfd_create ("cfut-filter", MFD_CLOEXEC);
  int result = filter != NULL && fd >= 0 ? 0 : -ENOMEM;

  if (result == 0)
    result = add_rules (filter);
  if (result == 0)
    result = seccomp_export_bpf (filter, fd);
  if (result == 0 && lseek (fd, 0, SEEK_SET) == 0)
    return fd;

  if (fd >= 0)
    close (fd);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
               "Failed to make a filter of system calls: %s", g_strerror (-result));
  return -1;
}

#else

static int
open_filter (GError **error)
{
  g_assert_not_reached (); /* cfut_sandbox_check() */
}

#endif

/* Runs in: manager thread. */
char **
cfut_sandbox_make_argv (CfutSandbox          sandbox,
                        const char * const  *launcher,
                        const char * const  *argv,
                        int                 *filter_fd,
                        GError             **error)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  if (!cfut_sandbox_check (sandbox, launcher, error))
    return NULL;

  /* There it would be the launcher. */
  if (sandbox == CFUT_SANDBOX_LAUNCHER && g_str_equal (argv[0], CFUT_SELF_PROGRAM))
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                           "Failed to start a worker in a sandbox: the file of this program is gone, "
                           "and a launcher has no other way to start it");
      return NULL;
    }

  if (sandbox == CFUT_SANDBOX_LAUNCHER && launcher == NULL)
    {
      int fd = open_filter (error);

      if (fd < 0)
        return NULL;
      *filter_fd = fd;
      launcher = default_launcher;
    }

  if (sandbox == CFUT_SANDBOX_LAUNCHER)
    g_strv_builder_addv (builder, (const char **) launcher);
  g_strv_builder_addv (builder, (const char **) argv);

  return g_strv_builder_end (builder);
}

void
cfut_sandbox_add_to_body (CfutSandbox   sandbox,
                          GVariantDict *body)
{
  if (sandbox == CFUT_SANDBOX_SECCOMP)
    g_variant_dict_insert (body, "filter", "b", TRUE);
}

char *
cfut_sandbox_describe_trap (gint64 number)
{
#ifdef HAVE_SECCOMP
  char *name = NULL;
#endif

  if (number < 0 || number > G_MAXINT)
    return NULL;

#ifdef HAVE_SECCOMP
  name = seccomp_syscall_resolve_num_arch (SCMP_ARCH_NATIVE, number);
  if (name != NULL)
    {
      char *text = g_strdup_printf ("%s()", name);

      free (name);
      return text;
    }
#endif

  return g_strdup_printf ("system call %d", (int) number);
}

/**
 * cfut_process_executor_get_sandbox: (get-property sandbox)
 * @self: a process executor
 *
 * Gets what workers are kept from.
 *
 * Returns: the level
 *
 * Since: 1.0
 */
CfutSandbox
cfut_process_executor_get_sandbox (CfutProcessExecutor *self)
{
  CfutSandbox value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), CFUT_SANDBOX_LIMITS);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.sandbox;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_sandbox: (set-property sandbox)
 * @self: a process executor
 * @sandbox: a level
 *
 * Sets what workers are kept from.
 *
 * It holds for workers that are started after this.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_sandbox (CfutProcessExecutor *self,
                                   CfutSandbox          sandbox)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.sandbox != sandbox;
  self->manager->config.sandbox = sandbox;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    g_object_notify (G_OBJECT (self), "sandbox");
}

/**
 * cfut_process_executor_dup_sandbox_launcher: (get-property sandbox-launcher)
 * @self: a process executor
 *
 * Gets the launcher of %CFUT_SANDBOX_LAUNCHER.
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): the beginning of
 *   a command line, or %NULL for the default
 *
 * Since: 1.0
 */
char **
cfut_process_executor_dup_sandbox_launcher (CfutProcessExecutor *self)
{
  char **launcher;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), NULL);

  g_mutex_lock (&self->pool->lock);
  launcher = g_strdupv (self->manager->config.launcher);
  g_mutex_unlock (&self->pool->lock);

  return launcher;
}

/**
 * cfut_process_executor_set_sandbox_launcher: (set-property sandbox-launcher)
 * @self: a process executor
 * @launcher: (nullable) (array zero-terminated=1): the beginning of a command
 *   line, or %NULL for the default
 *
 * Sets the launcher of %CFUT_SANDBOX_LAUNCHER.
 *
 * Other levels make no use of it. It holds for workers that are started after this.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_sandbox_launcher (CfutProcessExecutor *self,
                                            const char * const  *launcher)
{
  char **copy = NULL;
  char **old;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  if (launcher != NULL && launcher[0] != NULL)
    copy = g_strdupv ((char **) launcher);

  g_mutex_lock (&self->pool->lock);
  old = self->manager->config.launcher;
  self->manager->config.launcher = copy;
  g_mutex_unlock (&self->pool->lock);

  g_strfreev (old);
  g_object_notify (G_OBJECT (self), "sandbox-launcher");
}
