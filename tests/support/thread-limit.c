/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "thread-limit.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

static gint limited; /* atomic */
static gint n_left;  /* atomic: so many more all the same */

typedef int (*PthreadCreate) (pthread_t            *thread,
                              const pthread_attr_t *attributes,
                              void                 *(*start) (void *),
                              void                 *data);

/* Takes the place of the function that GLib calls. */
int
pthread_create (pthread_t            *thread,
                const pthread_attr_t *attributes,
                void                 *(*start) (void *),
                void                 *data)
{
  PthreadCreate create = (PthreadCreate) dlsym (RTLD_NEXT, "pthread_create");

  if (g_atomic_int_get (&limited) && g_atomic_int_add (&n_left, -1) <= 0)
    return EAGAIN;

  return create (thread, attributes, start, data);
}

void
thread_limit_set (gboolean is_limited)
{
  g_atomic_int_set (&n_left, 0);
  g_atomic_int_set (&limited, is_limited);
}

void
thread_limit_leave (int n)
{
  g_atomic_int_set (&n_left, n);
  g_atomic_int_set (&limited, TRUE);
}

void
thread_limit_begin (void)
{
  g_thread_pool_stop_unused_threads ();
  while (g_thread_pool_get_num_unused_threads () > 0)
    g_thread_yield ();
  thread_limit_set (TRUE);
}

void
thread_limit_end (void)
{
  thread_limit_set (FALSE);
}
