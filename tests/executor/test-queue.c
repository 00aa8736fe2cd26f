/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-pool-private.h"
#include "executor/cfut-queue-private.h"
#include "test-support.h"

typedef struct
{
  CfutPool *pool;
  CfutQueue queue;
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  unused)
{
  self->pool = cfut_pool_new (NULL);
  cfut_queue_init (&self->queue);
}

static void
tear_down (Fixture       *self,
           gconstpointer  unused)
{
  g_assert_cmpuint (self->queue.length, ==, 0);
  g_assert_cmpuint (self->queue.bytes, ==, 0);
  g_assert_null (cfut_queue_peek (&self->queue));
  g_assert_null (cfut_queue_pop (&self->queue));
  cfut_queue_clear (&self->queue);
  cfut_pool_unref (self->pool);
}

/* @number: to know it by. */
static CfutJob *
make_job (Fixture *self,
          int      priority,
          gsize    size,
          guint    number)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  CfutJob *job;

  cfut_submit_options_set_priority (options, priority);
  job = cfut_job_new (self->pool, cfut_function_lookup_foreign ("function"), NULL, NULL, 0, options);
  cfut_job_set_size (job, size);
  cfut_job_ensure_extra (job)->n_retries = number - 1;

  return job;
}

static void
push (Fixture *self,
      int      priority,
      guint    number)
{
  cfut_queue_push (&self->queue, make_job (self, priority, 1, number));
}

static void
assert_pops (Fixture *self,
             guint    number)
{
  CfutJob *job = cfut_queue_peek (&self->queue);

  g_assert_true (job == cfut_queue_pop (&self->queue));
  g_assert_nonnull (job);
  g_assert_cmpuint (cfut_job_get_attempt (job), ==, number);
  g_assert_null (job->next);
  g_assert_null (job->prev);
  cfut_job_unref (job);
}

static void
test_order (Fixture       *self,
            gconstpointer  unused)
{
  g_test_summary ("Jobs come out by priority, and in the order of arrival within one");

  push (self, 0, 1);
  push (self, 10, 2);
  push (self, 0, 3);
  push (self, -10, 4);
  push (self, 10, 5);
  push (self, -10, 6);
  g_assert_cmpuint (self->queue.length, ==, 6);

  assert_pops (self, 4);
  push (self, G_MININT, 7);
  assert_pops (self, 7);
  assert_pops (self, 6);
  assert_pops (self, 1);
  push (self, 0, 8);
  push (self, G_MAXINT, 9);
  assert_pops (self, 3);
  assert_pops (self, 8);
  assert_pops (self, 2);
  assert_pops (self, 5);
  assert_pops (self, 9);
}

static void
test_push_head (Fixture       *self,
                gconstpointer  unused)
{
  g_test_summary ("A job that had its turn goes before those of its priority, and only those");

  cfut_queue_push_head (&self->queue, make_job (self, 0, 1, 1));
  push (self, 0, 2);
  cfut_queue_push_head (&self->queue, make_job (self, 0, 1, 3));
  cfut_queue_push_head (&self->queue, make_job (self, 5, 1, 4));
  push (self, -5, 5);
  cfut_queue_push_head (&self->queue, make_job (self, -6, 1, 6));

  assert_pops (self, 6);
  assert_pops (self, 5);
  assert_pops (self, 3);
  assert_pops (self, 1);
  assert_pops (self, 2);
  assert_pops (self, 4);
}

static void
test_remove (Fixture       *self,
             gconstpointer  unused)
{
  CfutJob *jobs[5];

  g_test_summary ("A job can be taken out of the middle, and of either end");

  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    cfut_queue_push (&self->queue, jobs[i] = make_job (self, 7, 100 + i, i));
  g_assert_cmpuint (self->queue.bytes, ==, 510);

  cfut_queue_remove (&self->queue, jobs[2]);
  cfut_queue_remove (&self->queue, jobs[0]);
  cfut_queue_remove (&self->queue, jobs[4]);
  g_assert_cmpuint (self->queue.length, ==, 2);
  g_assert_cmpuint (self->queue.bytes, ==, 204);
  cfut_job_unref (jobs[2]);
  cfut_job_unref (jobs[0]);
  cfut_job_unref (jobs[4]);

  push (self, 7, 9);
  assert_pops (self, 1);
  assert_pops (self, 3);

  /* The last of its priority, with others before and behind. */
  push (self, 6, 10);
  push (self, 8, 11);
  cfut_queue_remove (&self->queue, jobs[0] = cfut_queue_peek (&self->queue));
  cfut_job_unref (jobs[0]);
  assert_pops (self, 9);
  assert_pops (self, 11);
}

static void
test_many_priorities (Fixture       *self,
                      gconstpointer  unused)
{
  const int n = 5000;

  g_test_summary ("Every call may have a priority of its own");

  /* 7919 is prime: each number once, in no order. */
  for (int i = 0; i < n; i++)
    push (self, (i * 7919) % n - n / 2, (guint) ((i * 7919) % n));
  for (int i = 0; i < n; i++)
    assert_pops (self, (guint) i);
}

/* What the queue should be: jobs in the order of arrival. */
static CfutJob *
model_next (GPtrArray *model)
{
  CfutJob *best = NULL;

  for (guint i = 0; i < model->len; i++)
    {
      CfutJob *job = g_ptr_array_index (model, i);

      if (best == NULL || cfut_job_get_priority (job) < cfut_job_get_priority (best))
        best = job;
    }

  return best;
}

static void
test_accounting (Fixture       *self,
                 gconstpointer  unused)
{
  g_autoptr(GPtrArray) model = g_ptr_array_new ();
  gsize bytes = 0;

  g_test_summary ("After 100 000 random operations order, length and bytes are exact");

  for (guint i = 0; i < 100000; i++)
    {
      gboolean grow = g_test_rand_int_range (0, 100) < (model->len < 50 ? 60 : 40);
      CfutJob *job;

      if (grow)
        {
          job = make_job (self, g_test_rand_int_range (-3, 4), (gsize) g_test_rand_int_range (1, 1000), i);
          cfut_queue_push (&self->queue, job);
          g_ptr_array_add (model, job);
          bytes += cfut_job_get_size (job);
        }
      else if (model->len > 0 && g_test_rand_bit ())
        {
          job = g_ptr_array_index (model, (guint) g_test_rand_int_range (0, (int) model->len));
          cfut_queue_remove (&self->queue, job);
          g_ptr_array_remove (model, job);
          bytes -= cfut_job_get_size (job);
          cfut_job_unref (job);
        }
      else
        {
          g_assert_true (cfut_queue_peek (&self->queue) == model_next (model));
          job = cfut_queue_pop (&self->queue);
          if (job != NULL)
            {
              g_assert_true (job == model_next (model));
              g_ptr_array_remove (model, job);
              bytes -= cfut_job_get_size (job);
              cfut_job_unref (job);
            }
        }

      g_assert_cmpuint (self->queue.length, ==, model->len);
      g_assert_cmpuint (self->queue.bytes, ==, bytes);
    }

  while (model->len > 0)
    {
      CfutJob *job = cfut_queue_pop (&self->queue);

      g_assert_true (g_ptr_array_remove (model, job));
      cfut_job_unref (job);
    }
}

static void
test_sizes (Fixture       *self,
            gconstpointer  unused)
{
  const gsize sizes[] = { 1, CFUT_STATE_MAX_NOTE - 1, CFUT_STATE_MAX_NOTE, G_MAXSIZE / 2 };

  g_test_summary ("The size of a call is exact, however large it is");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      CfutJob *job = make_job (self, 0, sizes[i], 1);

      g_assert_cmpuint (cfut_job_get_size (job), ==, sizes[i]);
      cfut_queue_push (&self->queue, job);
      g_assert_cmpuint (self->queue.bytes, ==, sizes[i]);
      g_assert_true (cfut_queue_pop (&self->queue) == job);
      g_assert_cmpuint (self->queue.bytes, ==, 0);
      cfut_job_unref (job);
    }
}

static void
test_memory (Fixture       *self,
             gconstpointer  unused)
{
  CfutJob *job = cfut_job_new (self->pool, cfut_function_lookup_foreign ("function"), NULL, NULL, 0, NULL);

  g_test_summary ("An ordinary call takes no more memory than was decided, and has no extra");

  if (GLIB_SIZEOF_VOID_P == 8)
    g_assert_cmpuint (sizeof (CfutJob), <=, 64);
  g_assert_null (cfut_job_get_extra (job));
  cfut_queue_push (&self->queue, job);
  g_assert_true (cfut_queue_pop (&self->queue) == job);
  g_assert_null (cfut_job_get_extra (job));
  cfut_job_unref (job);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/queue/order", test_order);
  ADD ("/queue/push-head", test_push_head);
  ADD ("/queue/remove", test_remove);
  ADD ("/queue/many-priorities", test_many_priorities);
  ADD ("/queue/accounting", test_accounting);
  ADD ("/queue/sizes", test_sizes);
  ADD ("/queue/memory", test_memory);
#undef ADD

  return g_test_run ();
}
