/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "kinds.h"

static CfutExecutor *
create_inline (void)
{
  return cfut_inline_executor_new ();
}

static CfutExecutor *
create_thread (void)
{
  return cfut_thread_executor_new (1);
}

static CfutExecutor *
create_threads (void)
{
  return cfut_thread_executor_new (3);
}

static CfutExecutor *
create_processes (void)
{
  return cfut_process_executor_new (2);
}

const Kind kinds[N_KINDS] = {
  [KIND_INLINE] = { "inline", create_inline },
  [KIND_THREAD] = { "thread", create_thread },
  [KIND_THREADS] = { "threads", create_threads },
  [KIND_PROCESSES] = { "processes", create_processes },
};
