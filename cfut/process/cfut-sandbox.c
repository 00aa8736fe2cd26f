/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-executor-private.h"

/* What workers are kept from, as the user has set it. */

G_DEFINE_ENUM_TYPE (CfutSandbox, cfut_sandbox,
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_NONE, "none"),
                    G_DEFINE_ENUM_VALUE (CFUT_SANDBOX_LIMITS, "limits"))

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
