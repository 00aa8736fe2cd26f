/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-pool-private.h"
#include "test-support.h"

/*
 * The kinds of calls of a pool: one for each function, home, and way to keep arguments.
 */

#define N_THREADS 4
#define N_ROUNDS  5000

typedef struct
{
  CfutPool *pool;
  const CfutFunction *functions[2 * CFUT_N_RECENT_KINDS];
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  unused)
{
  self->pool = cfut_pool_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (self->functions); i++)
    {
      g_autofree char *name = g_strdup_printf ("function-%u", i);

      self->functions[i] = cfut_function_lookup_foreign (name);
    }
}

static void
tear_down (Fixture       *self,
           gconstpointer  unused)
{
  cfut_pool_unref (self->pool);
}

static CfutKind *
get_kind (Fixture *self,
          guint    function,
          gboolean small)
{
  CfutKind *kind = cfut_kinds_get (&self->pool->kinds, self->pool, self->functions[function], small);

  g_assert_true (kind->pool == self->pool);
  g_assert_true (kind->function == self->functions[function]);
  g_assert_cmpint (kind->small, ==, small);

  return kind;
}

static void
test_stays (Fixture       *self,
            gconstpointer  unused)
{
  CfutKinds *kinds = &self->pool->kinds;
  CfutKind *first[G_N_ELEMENTS (self->functions)][2];

  g_test_summary ("For the default context there is one kind for each function and way, which stays");

  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < G_N_ELEMENTS (self->functions); i++)
      for (guint small = 0; small < 2; small++)
        {
          CfutKind *kind = get_kind (self, i, small);

          g_assert_true (kind->origin.home == g_main_context_default ());
          if (round == 0)
            first[i][small] = kind;
          g_assert_true (kind == first[i][small]);
          cfut_kinds_release (kinds, kind);
        }

  g_assert_cmpuint (g_hash_table_size (kinds->kinds), ==, 2 * G_N_ELEMENTS (self->functions));
}

static void
test_goes (Fixture       *self,
           gconstpointer  unused)
{
  CfutKinds *kinds = &self->pool->kinds;
  GMainContext *context = g_main_context_new ();
  CfutKind *a, *b;

  g_test_summary ("A kind for another context keeps that as long as there are such calls");

  g_main_context_push_thread_default (context);
  a = get_kind (self, 0, FALSE);
  b = get_kind (self, 0, FALSE);
  g_main_context_pop_thread_default (context);

  g_assert_true (a == b);
  g_assert_true (a->origin.home == context);
  g_assert_true (a != get_kind (self, 0, FALSE));
  g_assert_cmpuint (g_hash_table_size (kinds->kinds), ==, 2);

  cfut_kinds_release (kinds, a);
  g_assert_cmpuint (g_hash_table_size (kinds->kinds), ==, 2);
  cfut_kinds_release (kinds, b);
  g_assert_cmpuint (g_hash_table_size (kinds->kinds), ==, 1);
  g_main_context_unref (context);
}

static gpointer
use_kinds_thread (gpointer data)
{
  Fixture *self = data;
  GMainContext *context = g_main_context_new ();

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      guint function = i % G_N_ELEMENTS (self->functions);

      cfut_kinds_release (&self->pool->kinds, get_kind (self, function, i % 2));

      g_main_context_push_thread_default (context);
      cfut_kinds_release (&self->pool->kinds, get_kind (self, function, i % 2));
      g_main_context_pop_thread_default (context);
    }
  g_main_context_unref (context);

  return NULL;
}

static void
test_threads (Fixture       *self,
              gconstpointer  unused)
{
  GThread *threads[N_THREADS];

  g_test_summary ("Threads that ask at the same time get what they ask for");

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("submitter", use_kinds_thread, self);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (g_hash_table_size (self->pool->kinds.kinds), ==, G_N_ELEMENTS (self->functions));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/kind/stays", test_stays);
  ADD ("/kind/goes", test_goes);
  ADD ("/kind/threads", test_threads);
#undef ADD

  return g_test_run ();
}
