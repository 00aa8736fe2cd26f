/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "process-support.h"

/*
 * A manager that comes late, as on a busy machine. These take the place of the
 * functions by which GLib waits: for whatever happens, and, where there are no
 * pidfds, for the death of a child, in a thread of its own.
 */
typedef int (*Poll) (struct pollfd *fds,
                     nfds_t         n_fds,
                     int            timeout_ms);
typedef pid_t (*WaitPid) (pid_t  pid,
                          int   *status,
                          int    options);

static Gate *armed_gate;             /* atomic */
static gint is_late;                 /* atomic; until the manager has looked at the time */
static TestLatch manager_has_looked;

static gboolean
is_manager (void)
{
  char name[16];

  return pthread_getname_np (pthread_self (), name, sizeof name) == 0 &&
         g_str_equal (name, "cfut-manager");
}

/* The worker has closed its channel, and has so long to die. It does, and the
 * manager is told of both at once. */
static void
let_time_pass (Poll  wait,
               Gate *gate,
               int   timeout_ms)
{
  int pid = gate_next (gate).pid;

  g_atomic_int_set (&is_late, TRUE);
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  process_await_exit (pid);
  wait (NULL, 0, timeout_ms + 1);
}

int
poll (struct pollfd *fds,
      nfds_t         n_fds,
      int            timeout_ms)
{
  Poll wait = (Poll) dlsym (RTLD_NEXT, "poll");
  Gate *gate = NULL;

  if (!is_manager ())
    return wait (fds, n_fds, timeout_ms);

  if (g_atomic_int_compare_and_exchange (&is_late, TRUE, FALSE))
    test_latch_open (&manager_has_looked);

  /* No other time is as short. */
  if (timeout_ms > 0 && timeout_ms <= 1000)
    gate = g_atomic_pointer_exchange (&armed_gate, NULL);
  if (gate == NULL)
    return wait (fds, n_fds, timeout_ms);

  let_time_pass (wait, gate, timeout_ms);
  return wait (fds, n_fds, 0);
}

pid_t
waitpid (pid_t  pid,
         int   *status,
         int    options)
{
  WaitPid reap = (WaitPid) dlsym (RTLD_NEXT, "waitpid");

  if (g_atomic_int_get (&is_late))
    test_latch_wait (&manager_has_looked);

  return reap (pid, status, options);
}

static void
test_death (void)
{
  ProcessTest test;
  Gate gate;

  g_test_summary ("A worker that died in time is not taken for one that lives without its channel");

  gate_init (&gate);
  process_test_begin (&test, 1);
  process_get_pid (&test);
  g_atomic_pointer_set (&armed_gate, &gate);
  process_expect_error (gate_submit (&gate, &test, "shut-channel", 0),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "signal 15");
  g_assert_null (g_atomic_pointer_get (&armed_gate));
  process_test_end (&test);
  gate_clear (&gate);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/late/death", test_death);

  return g_test_run ();
}
