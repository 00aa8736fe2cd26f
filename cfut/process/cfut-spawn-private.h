/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "process/cfut-process-executor.h"
#include "wire/cfut-channel-private.h"
#include "wire/cfut-claims-private.h"

G_BEGIN_DECLS

/*
 * Starting a worker process: the one place that forks.
 *
 * Descriptors 3 to 5 of the child are what cfut-frame-private.h says; stderr is
 * a pipe, stdout the program's own. The spawn leaves all other descriptors
 * open, which lets GLib use posix_spawn() (a fork costs 122 ms at 4 GiB of RSS);
 * the worker closes them as its first act.
 */
typedef struct
{
  GSubprocess *subprocess; /* (owned) */
  int pid;
  int pidfd;               /* (owned) -1 where the kernel has none */
  int control_fd;          /* (owned) */
  int stderr_fd;           /* (owned) non-blocking */
  CfutChannel *channel;    /* (owned) */
  CfutClaims *claims;      /* (owned) */
} CfutSpawned;

/* @argv: what to start. @envp: its environment, to which CFUT_WORKER is added.
 * @sandbox, @launcher: see cfut-sandbox-private.h. @arena_capacity: see
 * cfut_claims_new().
 * Fails with START_FAILED if it is no use to try again, else with other errors.
 * Runs in: manager thread, since the workers die with the thread that started
 * them. */
gboolean  cfut_spawn           (const char * const  *argv,
                                const char * const  *envp,
                                CfutSandbox          sandbox,
                                const char * const  *launcher,
                                gsize                arena_capacity,
                                CfutSpawned         *spawned,
                                GError             **error);
void      cfut_spawned_clear   (CfutSpawned         *self);

/* The command line of a worker, or NULL with START_FAILED, which says what to
 * do about it. @argv and @modules may be NULL. Runs in: any thread. */
char    **cfut_spawn_make_argv (const char * const  *argv,
                                const char * const  *modules,
                                GError             **error);

G_END_DECLS
