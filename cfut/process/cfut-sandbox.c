/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-executor-private.h"

#include "process/cfut-sandbox-private.h"

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#include <stdlib.h>
#endif

/* What workers are kept from: what of that is the parent's part, and how the user
 * sets it. */

G_DEFINE_ENUM_TYPE (CfutSandbox, cfut_sandbox,
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_NONE, "none"),
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_LIMITS, "limits"),
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_SECCOMP, "seccomp"))

/* Runs in: any thread. Locks: none. */
gboolean
cfut_sandbox_check (CfutSandbox   sandbox,
                    GError      **error)
{
#ifndef HAVE_SECCOMP
  if (sandbox == CFUT_SANDBOX_SECCOMP)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "This cfut was built without libseccomp, and has no CFUT_SANDBOX_SECCOMP");
      return FALSE;
    }
#endif

  return TRUE;
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
