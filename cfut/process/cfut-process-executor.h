/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/executor/cfut-executor.h>

G_BEGIN_DECLS

/**
 * CfutCrashPolicy:
 * @CFUT_CRASH_POLICY_FAIL_CALL: a dead worker fails the call that had started
 *   there, or has it retried where that was asked; the others go on
 * @CFUT_CRASH_POLICY_BREAK_POOL: a dead worker breaks the executor: every
 *   unfinished call fails with %CFUT_ERROR_BROKEN, as with Python's
 *   `ProcessPoolExecutor`
 *
 * What the death of a worker does to its executor.
 *
 * Since: 1.0
 */
typedef enum
{
  CFUT_CRASH_POLICY_FAIL_CALL,
  CFUT_CRASH_POLICY_BREAK_POOL,
} CfutCrashPolicy;

#define CFUT_TYPE_CRASH_POLICY (cfut_crash_policy_get_type ())

CFUT_AVAILABLE_IN_ALL
GType             cfut_crash_policy_get_type                   (void);

/**
 * CfutSandbox:
 * @CFUT_SANDBOX_NONE: a worker may do what the program may
 * @CFUT_SANDBOX_LIMITS: it gets no more privileges than it has, dumps no core, and
 *   has a process group of its own
 * @CFUT_SANDBOX_SECCOMP: and once it is ready, it can compute, and read and write
 *   what it has open already; a system call for more kills it. For functions in C
 * @CFUT_SANDBOX_LAUNCHER: as %CFUT_SANDBOX_LIMITS, and another program,
 *   bubblewrap by default, starts it in surroundings of its own. For any program
 *
 * What the worker processes of a [class@Cfut.ProcessExecutor] are kept from.
 *
 * See [trusted workers and others](sandbox.html) for what they promise, and what
 * not.
 *
 * Since: 1.0
 */
typedef enum
{
  CFUT_SANDBOX_NONE,
  CFUT_SANDBOX_LIMITS,
  CFUT_SANDBOX_SECCOMP,
  CFUT_SANDBOX_LAUNCHER,
} CfutSandbox;

#define CFUT_TYPE_SANDBOX (cfut_sandbox_get_type ())

CFUT_AVAILABLE_IN_ALL
GType             cfut_sandbox_get_type                        (void);

#define CFUT_TYPE_WORKER_SETUP (cfut_worker_setup_get_type ())

typedef struct _CfutWorkerSetup CfutWorkerSetup;

CFUT_AVAILABLE_IN_ALL
GType             cfut_worker_setup_get_type                   (void);
CFUT_AVAILABLE_IN_ALL
CfutWorkerSetup  *cfut_worker_setup_new                        (void);
CFUT_AVAILABLE_IN_ALL
CfutWorkerSetup  *cfut_worker_setup_copy                       (const CfutWorkerSetup *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_worker_setup_free                       (CfutWorkerSetup       *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_worker_setup_set_environment            (CfutWorkerSetup       *self,
                                                                const char            *variable,
                                                                const char            *value);
CFUT_AVAILABLE_IN_ALL
void              cfut_worker_setup_set_cwd                    (CfutWorkerSetup       *self,
                                                                const char            *cwd);
CFUT_AVAILABLE_IN_ALL
void              cfut_worker_setup_add_rlimit                 (CfutWorkerSetup       *self,
                                                                int                    resource,
                                                                guint64                soft,
                                                                guint64                hard);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutWorkerSetup, cfut_worker_setup_free)

#define CFUT_TYPE_PROCESS_EXECUTOR (cfut_process_executor_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutProcessExecutor, cfut_process_executor, CFUT, PROCESS_EXECUTOR, CfutExecutor)

CFUT_AVAILABLE_IN_ALL
CfutExecutor     *cfut_process_executor_new                    (guint                  max_workers);

CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_prestart               (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_prestart_async         (CfutProcessExecutor   *self,
                                                                GCancellable          *cancellable,
                                                                GAsyncReadyCallback    callback,
                                                                gpointer               user_data);
CFUT_AVAILABLE_IN_ALL
gboolean          cfut_process_executor_prestart_finish        (CfutProcessExecutor   *self,
                                                                GAsyncResult          *result,
                                                                GError               **error);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_terminate_workers      (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_kill_workers           (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
gboolean          cfut_process_executor_await_workers          (CfutProcessExecutor   *self,
                                                                guint                  n_workers,
                                                                gint64                 timeout_us);
CFUT_AVAILABLE_IN_ALL
int              *cfut_process_executor_dup_worker_pids        (CfutProcessExecutor   *self,
                                                                gsize                 *n_pids);

CFUT_AVAILABLE_IN_ALL
char            **cfut_process_executor_dup_argv               (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_argv               (CfutProcessExecutor   *self,
                                                                const char * const    *argv);
CFUT_AVAILABLE_IN_ALL
char            **cfut_process_executor_dup_modules            (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_modules            (CfutProcessExecutor   *self,
                                                                const char * const    *modules);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_initializer        (CfutProcessExecutor   *self,
                                                                const char            *function,
                                                                GVariant              *arguments);
CFUT_AVAILABLE_IN_ALL
guint             cfut_process_executor_get_max_calls_per_worker (CfutProcessExecutor *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_max_calls_per_worker (CfutProcessExecutor *self,
                                                                  guint                max_calls);
CFUT_AVAILABLE_IN_ALL
guint64           cfut_process_executor_get_max_worker_rss     (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_max_worker_rss     (CfutProcessExecutor   *self,
                                                                guint64                max_bytes);
CFUT_AVAILABLE_IN_ALL
guint64           cfut_process_executor_get_max_result_bytes   (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_max_result_bytes   (CfutProcessExecutor   *self,
                                                                guint64                max_bytes);
CFUT_AVAILABLE_IN_ALL
guint64           cfut_process_executor_get_max_held_bytes     (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_max_held_bytes     (CfutProcessExecutor   *self,
                                                                guint64                max_bytes);
CFUT_AVAILABLE_IN_ALL
guint             cfut_process_executor_get_min_workers        (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_min_workers        (CfutProcessExecutor   *self,
                                                                guint                  min_workers);
CFUT_AVAILABLE_IN_ALL
gint64            cfut_process_executor_get_idle_timeout       (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_idle_timeout       (CfutProcessExecutor   *self,
                                                                gint64                 idle_timeout_us);
CFUT_AVAILABLE_IN_ALL
gint64            cfut_process_executor_get_grace              (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_grace              (CfutProcessExecutor   *self,
                                                                gint64                 grace_us);
CFUT_AVAILABLE_IN_ALL
CfutCrashPolicy   cfut_process_executor_get_crash_policy       (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_crash_policy       (CfutProcessExecutor   *self,
                                                                CfutCrashPolicy        policy);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_worker_setup       (CfutProcessExecutor   *self,
                                                                const CfutWorkerSetup *setup);
CFUT_AVAILABLE_IN_ALL
CfutSandbox       cfut_process_executor_get_sandbox            (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_sandbox            (CfutProcessExecutor   *self,
                                                                CfutSandbox            sandbox);
CFUT_AVAILABLE_IN_ALL
char            **cfut_process_executor_dup_sandbox_launcher   (CfutProcessExecutor   *self);
CFUT_AVAILABLE_IN_ALL
void              cfut_process_executor_set_sandbox_launcher   (CfutProcessExecutor   *self,
                                                                const char * const    *launcher);

G_END_DECLS
