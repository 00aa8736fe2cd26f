/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-completion-list-private.h"

/* Completions that are found by their tags. The list looks at nothing but tags and
 * links, so what is in it here has no state. */

static guint n_looked_at; /* tags */
static guint n_indices;

guint64     __wrap_cfut_completion_get_tag (CfutCompletion *self);
GHashTable *__real_g_hash_table_new        (GHashFunc       hash,
                                            GEqualFunc      equal);
GHashTable *__wrap_g_hash_table_new        (GHashFunc       hash,
                                            GEqualFunc      equal);

guint64
__wrap_cfut_completion_get_tag (CfutCompletion *self)
{
  n_looked_at++;

  return self->tag;
}

GHashTable *
__wrap_g_hash_table_new (GHashFunc  hash,
                         GEqualFunc equal)
{
  n_indices++;

  return __real_g_hash_table_new (hash, equal);
}

static CfutCompletion *
make_completions (guint n)
{
  CfutCompletion *completions = g_new0 (CfutCompletion, n);

  for (guint i = 0; i < n; i++)
    completions[i].tag = i;

  return completions;
}

/* ---- What is found. */

/* The same in a way that cannot be wrong, since it is simple. */
typedef struct
{
  CfutCompletionList list;
  GPtrArray *expected; /* (element-type CfutCompletion) (unowned) */
} Pair;

static CfutCompletion *
expect (Pair    *self,
        guint64  tag,
        guint    from)
{
  for (guint i = from; i < self->expected->len; i++)
    {
      CfutCompletion *completion = self->expected->pdata[i];

      if (completion->tag == tag)
        return completion;
    }

  return NULL;
}

static void
check_order (Pair *self)
{
  CfutCompletion *prev = NULL;
  guint n = 0;

  for (CfutCompletion *completion = self->list.head; completion != NULL; completion = completion->next)
    {
      g_assert_true (completion == self->expected->pdata[n++]);
      g_assert_true (completion->prev == prev);
      prev = completion;
    }
  g_assert_true (self->list.tail == prev);
  g_assert_cmpuint (self->list.length, ==, n);
  g_assert_cmpuint (self->expected->len, ==, n);
}

static void
check_tag (Pair    *self,
           guint64  tag)
{
  CfutCompletion *any = cfut_completion_list_find_any (&self->list, tag);
  CfutCompletion *completion = cfut_completion_list_find (&self->list, tag);
  guint n = 0;

  g_assert_true (any == NULL || any->tag == tag);
  g_assert_true ((any == NULL) == (completion == NULL));
  for (; completion != NULL; completion = cfut_completion_list_find_next (&self->list, completion))
    {
      while (((CfutCompletion *) self->expected->pdata[n])->tag != tag)
        n++;
      g_assert_true (completion == self->expected->pdata[n++]);
    }
  g_assert_null (expect (self, tag, n));
}

static void
take_first (Pair  *self,
            guint  n)
{
  CfutCompletion *completion = cfut_completion_list_take_first (&self->list, n);

  for (guint i = 0; i < n; i++)
    {
      g_assert_true (completion == self->expected->pdata[i]);
      completion = completion->next;
    }
  g_assert_null (completion);
  g_ptr_array_remove_range (self->expected, 0, n);
}

static void
test_random (void)
{
  enum { N = 3000, N_TAGS = 40 };
  g_autofree CfutCompletion *completions = make_completions (N);
  Pair pair = { { 0 }, g_ptr_array_new () };
  guint n_added = 0;

  g_test_summary ("Whatever comes and goes, in any order, what has a tag is found, the oldest first");

  while (n_added < N || pair.expected->len > 0)
    {
      int what = g_test_rand_int_range (0, 10);
      guint length = pair.expected->len;

      if (what < 6 && n_added < N)
        {
          CfutCompletion *completion = &completions[n_added++];

          completion->tag = g_test_rand_int_range (0, N_TAGS);
          cfut_completion_list_append (&pair.list, completion);
          g_ptr_array_add (pair.expected, completion);
        }
      else if (what < 8 && length > 0)
        {
          guint i = g_test_rand_int_range (0, length);

          cfut_completion_list_remove (&pair.list, pair.expected->pdata[i]);
          g_ptr_array_remove_index (pair.expected, i);
        }
      else if (what == 8 && length > 0)
        {
          take_first (&pair, g_test_rand_int_range (1, MIN (length, 20) + 1));
        }
      else
        {
          check_tag (&pair, g_test_rand_int_range (0, N_TAGS + 1));
        }
      check_order (&pair);
    }

  g_assert_null (pair.list.by_tag);
  g_assert_null (cfut_completion_list_take_all (&pair.list));
  g_ptr_array_unref (pair.expected);
}

/* ---- What it costs. */

static void
test_flat (void)
{
  enum { N = 20000 };
  g_autofree CfutCompletion *completions = make_completions (N);
  CfutCompletionList list = { 0 };

  g_test_summary ("To find each of many, from the middle outwards, and take it out costs a look at few each");

  n_looked_at = n_indices = 0;
  for (guint i = 0; i < N; i++)
    cfut_completion_list_append (&list, &completions[i]);
  for (guint i = 0; i < N; i++)
    {
      guint tag = i % 2 == 0 ? (N + i) / 2 : (N - 1 - i) / 2;
      CfutCompletion *found = cfut_completion_list_find (&list, tag);

      g_assert_true (found == &completions[tag]);
      g_assert_null (cfut_completion_list_find_next (&list, found));
      cfut_completion_list_remove (&list, found);
    }
  g_assert_cmpuint (n_indices, ==, 1);
  g_assert_cmpuint (n_looked_at, <, 3 * N);
}

static void
test_flat_one_tag (void)
{
  enum { N = 20000 };
  g_autofree CfutCompletion *completions = make_completions (N);
  CfutCompletionList list = { 0 };

  g_test_summary ("... and so does it if half of them have the same tag");

  n_looked_at = n_indices = 0;
  for (guint i = 0; i < N; i++)
    {
      completions[i].tag = i % 2 == 0 ? i : N;
      cfut_completion_list_append (&list, &completions[i]);
    }
  for (guint i = 1; i < N; i += 2)
    {
      CfutCompletion *found = cfut_completion_list_find (&list, N);

      g_assert_true (found == &completions[i]);
      cfut_completion_list_remove (&list, found);
    }
  g_assert_cmpuint (n_indices, ==, 1);
  g_assert_cmpuint (n_looked_at, <, 3 * N);
  cfut_completion_list_take_all (&list);
}

static void
test_no_index (void)
{
  enum { N = 1000 };
  g_autofree CfutCompletion *completions = make_completions (N);
  CfutCompletionList list = { 0 };

  g_test_summary ("Who looks for what came first or last, or in a list of few, needs no index");

  n_indices = 0;
  for (guint i = 0; i < N; i++)
    {
      cfut_completion_list_append (&list, &completions[i]);
      g_assert_true (cfut_completion_list_find_any (&list, i) == &completions[i]);
    }
  for (guint i = 0; i < N - 10; i++)
    {
      g_assert_true (cfut_completion_list_find (&list, i) == &completions[i]);
      cfut_completion_list_remove (&list, &completions[i]);
    }
  g_assert_true (cfut_completion_list_find (&list, N - 5) == &completions[N - 5]);
  g_assert_null (cfut_completion_list_find (&list, 0));
  g_assert_cmpuint (n_indices, ==, 0);
  g_assert_true (cfut_completion_list_take_all (&list) == &completions[N - 10]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/completion-list/random", test_random);
  g_test_add_func ("/completion-list/flat", test_flat);
  g_test_add_func ("/completion-list/flat-one-tag", test_flat_one_tag);
  g_test_add_func ("/completion-list/no-index", test_no_index);

  return g_test_run ();
}
