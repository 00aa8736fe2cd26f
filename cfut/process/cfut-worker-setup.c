/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-worker-setup-private.h"

/**
 * CfutWorkerSetup:
 *
 * How the worker processes of a [class@Cfut.ProcessExecutor] are set up:
 * environment, working directory and resource limits.
 *
 * What is not said here a worker has from the program that starts it: the
 * environment as it was when the executor was made, the working directory and
 * the limits as they are when the worker starts.
 *
 * Working directory and limits are set by the worker itself, after its modules
 * were loaded and before the initializer is run. If that fails the executor is
 * broken.
 *
 * Since: 1.0
 */

G_DEFINE_BOXED_TYPE (CfutWorkerSetup, cfut_worker_setup,
                     cfut_worker_setup_copy, cfut_worker_setup_free)

/**
 * cfut_worker_setup_new:
 *
 * Creates a set-up that changes nothing.
 *
 * Returns: (transfer full): a new set-up
 *
 * Since: 1.0
 */
CfutWorkerSetup *
cfut_worker_setup_new (void)
{
  CfutWorkerSetup *self = g_new0 (CfutWorkerSetup, 1);

  self->environment = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->rlimits = g_array_new (FALSE, FALSE, sizeof (CfutRlimit));

  return self;
}

/**
 * cfut_worker_setup_copy:
 * @self: a set-up
 *
 * Copies a set-up.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 1.0
 */
CfutWorkerSetup *
cfut_worker_setup_copy (const CfutWorkerSetup *self)
{
  CfutWorkerSetup *copy;
  GHashTableIter iter;
  gpointer variable, value;

  g_return_val_if_fail (self != NULL, NULL);

  copy = cfut_worker_setup_new ();
  g_hash_table_iter_init (&iter, self->environment);
  while (g_hash_table_iter_next (&iter, &variable, &value))
    g_hash_table_insert (copy->environment, g_strdup (variable), g_strdup (value));
  copy->cwd = g_strdup (self->cwd);
  g_array_append_vals (copy->rlimits, self->rlimits->data, self->rlimits->len);

  return copy;
}

/**
 * cfut_worker_setup_free:
 * @self: (transfer full): a set-up
 *
 * Frees a set-up.
 *
 * Since: 1.0
 */
void
cfut_worker_setup_free (CfutWorkerSetup *self)
{
  g_return_if_fail (self != NULL);

  g_hash_table_unref (self->environment);
  g_array_unref (self->rlimits);
  g_free (self->cwd);
  g_free (self);
}

/**
 * cfut_worker_setup_set_environment:
 * @self: a set-up
 * @variable: (type filename): the name of an environment variable
 * @value: (type filename) (nullable): its value, or %NULL to unset it
 *
 * Sets an environment variable for workers.
 *
 * Since: 1.0
 */
void
cfut_worker_setup_set_environment (CfutWorkerSetup *self,
                                   const char      *variable,
                                   const char      *value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (variable != NULL && variable[0] != '\0' && strchr (variable, '=') == NULL);

  g_hash_table_insert (self->environment, g_strdup (variable), g_strdup (value));
}

/**
 * cfut_worker_setup_set_cwd:
 * @self: a set-up
 * @cwd: (type filename) (nullable): a directory, or %NULL for that of the program
 *
 * Sets the working directory of workers.
 *
 * Since: 1.0
 */
void
cfut_worker_setup_set_cwd (CfutWorkerSetup *self,
                           const char      *cwd)
{
  g_return_if_fail (self != NULL);

  g_free (self->cwd);
  self->cwd = g_strdup (cwd);
}

/**
 * cfut_worker_setup_add_rlimit:
 * @self: a set-up
 * @resource: a resource, `RLIMIT_AS` say
 * @soft: the soft limit, in the unit of the resource
 * @hard: the hard limit
 *
 * Adds a resource limit of workers, as by `setrlimit(2)`, which names resources
 * and units. `RLIM_INFINITY` is no limit.
 *
 * Since: 1.0
 */
void
cfut_worker_setup_add_rlimit (CfutWorkerSetup *self,
                              int              resource,
                              guint64          soft,
                              guint64          hard)
{
  CfutRlimit limit = { resource, soft, hard };

  g_return_if_fail (self != NULL);
  g_return_if_fail (resource >= 0);
  g_return_if_fail (soft <= hard);

  g_array_append_val (self->rlimits, limit);
}

char **
cfut_worker_setup_apply_environment (const CfutWorkerSetup  *self,
                                     char                  **envp)
{
  GHashTableIter iter;
  gpointer variable, value;

  g_hash_table_iter_init (&iter, self->environment);
  while (g_hash_table_iter_next (&iter, &variable, &value))
    {
      if (value != NULL)
        envp = g_environ_setenv (envp, variable, value, TRUE);
      else
        envp = g_environ_unsetenv (envp, variable);
    }

  return envp;
}

gboolean
cfut_worker_setup_limits (const CfutWorkerSetup *self,
                          guint                  resource)
{
  for (guint i = 0; i < self->rlimits->len; i++)
    {
      if (g_array_index (self->rlimits, CfutRlimit, i).resource == resource)
        return TRUE;
    }

  return FALSE;
}

void
cfut_worker_setup_add_to_body (const CfutWorkerSetup *self,
                               GVariantDict          *body)
{
  GVariantBuilder rlimits;

  if (self->cwd != NULL)
    g_variant_dict_insert (body, "cwd", "^ay", self->cwd);

  if (self->rlimits->len == 0)
    return;

  g_variant_builder_init (&rlimits, G_VARIANT_TYPE ("a(utt)"));
  for (guint i = 0; i < self->rlimits->len; i++)
    {
      CfutRlimit *limit = &g_array_index (self->rlimits, CfutRlimit, i);

      g_variant_builder_add (&rlimits, "(utt)", limit->resource, limit->soft, limit->hard);
    }
  g_variant_dict_insert_value (body, "rlimits", g_variant_builder_end (&rlimits));
}
