/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "process-support.h"

/*
 * A manager that comes late, as on a busy machine. This takes the place of the
 * function by which GLib waits.
 */
typedef int (*Poll) (struct pollfd *fds,
                     nfds_t         n_fds,
                     int            timeout_ms);

static Gate *armed_gate; /* atomic */

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

  /* No other time is as short. */
  if (timeout_ms > 0 && timeout_ms <= 1000 && is_manager ())
    {
      Gate *gate = g_atomic_pointer_exchange (&armed_gate, NULL);

      if (gate != NULL)
        let_time_pass (wait, gate, timeout_ms);
    }

  return wait (fds, n_fds, timeout_ms);
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
