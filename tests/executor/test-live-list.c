/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-live-list-private.h"
#include "future/cfut-delivery-private.h"

#include "test-support.h"

/* Items are GCancellables: any GObject will do. */

typedef struct
{
  GMainContext *context;
  CfutLiveList *list;
  GPtrArray *mirror;  /* what the signals say is in the list */
  GString *log;       /* position-removed+added of each signal */
  GThread *thread;
  gboolean iterates;  /* a handler iterates the context */
} Fixture;

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       n_removed,
                  guint       n_added,
                  gpointer    user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (fixture->thread == g_thread_self ());
  g_string_append_printf (fixture->log, "%u-%u+%u ", position, n_removed, n_added);

  if (n_removed > 0)
    g_ptr_array_remove_range (fixture->mirror, position, n_removed);
  for (guint i = 0; i < n_added; i++)
    g_ptr_array_insert (fixture->mirror, position + i, g_list_model_get_item (model, position + i));

  /* At each signal the model is what the signals have said. */
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, fixture->mirror->len);
  for (guint i = 0; i < fixture->mirror->len; i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (model, i);

      g_assert_true (item == g_ptr_array_index (fixture->mirror, i));
    }

  if (fixture->iterates)
    g_main_context_iteration (fixture->context, FALSE);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->context = g_main_context_new ();
  fixture->list = cfut_live_list_new (G_TYPE_CANCELLABLE, fixture->context, 2);
  fixture->mirror = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->log = g_string_new (NULL);
  fixture->thread = g_thread_self ();
  g_signal_connect (fixture->list, "items-changed", G_CALLBACK (items_changed_cb), fixture);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_ptr_array_unref (fixture->mirror);
  if (fixture->list != NULL)
    g_assert_finalize_object (fixture->list);
  g_string_free (fixture->log, TRUE);
  g_main_context_unref (fixture->context);
}

static void
iterate_all (Fixture *fixture)
{
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
}

/* Iterates, and asserts what has been told meanwhile. */
static void
assert_told (Fixture    *fixture,
             const char *expected)
{
  iterate_all (fixture);
  g_assert_cmpstr (g_strchomp (fixture->log->str), ==, expected);
  g_string_truncate (fixture->log, 0);
}

/* Adds so many new items. Owned by the list alone, or given back. */
static void
add (Fixture       *fixture,
     GCancellable **items,
     guint          n_items)
{
  for (guint i = 0; i < n_items; i++)
    {
      items[i] = g_cancellable_new ();
      cfut_live_list_add (fixture->list, items[i]);
      g_object_unref (items[i]);
    }
}

static void
test_model (Fixture       *fixture,
            gconstpointer  data)
{
  GListModel *model = G_LIST_MODEL (fixture->list);
  GCancellable *items[2];

  g_test_summary ("The model shows what was added once its context is iterated");

  g_assert_true (g_list_model_get_item_type (model) == G_TYPE_CANCELLABLE);
  g_assert_true (cfut_live_list_get_context (fixture->list) == fixture->context);

  add (fixture, items, 2);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 0);
  g_assert_null (g_list_model_get_item (model, 0));
  assert_told (fixture, "0-0+2");
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 2);
  g_assert_null (g_list_model_get_item (model, 2));

  /* A second time it is not added. */
  cfut_live_list_add (fixture->list, items[0]);
  assert_told (fixture, "");
}

static void
test_batches (Fixture       *fixture,
              gconstpointer  data)
{
  GCancellable *items[10];
  GCancellable *more[3];

  g_test_summary ("Neighbouring changes of a batch are one signal");

  add (fixture, items, 10);
  assert_told (fixture, "0-0+10");

  /* Two runs and one in between: 0 1, 4, 7 8. */
  cfut_live_list_remove (fixture->list, items[8]);
  cfut_live_list_remove (fixture->list, items[0]);
  cfut_live_list_remove (fixture->list, items[4]);
  cfut_live_list_remove (fixture->list, items[1]);
  cfut_live_list_remove (fixture->list, items[7]);
  assert_told (fixture, "7-2+0 4-1+0 0-2+0");

  /* 2 3 5 6 9: what comes joins what goes at the end. */
  add (fixture, more, 2);
  cfut_live_list_remove (fixture->list, items[9]);
  cfut_live_list_remove (fixture->list, items[6]);
  cfut_live_list_remove (fixture->list, items[2]);
  assert_told (fixture, "3-2+2 0-1+0");

  /* 3 5 and the two: nothing goes at the end. */
  add (fixture, &more[2], 1);
  cfut_live_list_remove (fixture->list, items[3]);
  cfut_live_list_remove (fixture->list, items[5]);
  assert_told (fixture, "4-0+1 0-2+0");

  /* All of it. */
  for (guint i = 0; i < 3; i++)
    cfut_live_list_remove (fixture->list, more[i]);
  assert_told (fixture, "0-3+0");
}

static void
test_never_shown (Fixture       *fixture,
                  gconstpointer  data)
{
  GCancellable *item = g_cancellable_new ();

  g_test_summary ("What goes before it was shown is never shown, and let go at once");

  cfut_live_list_add (fixture->list, item);
  cfut_live_list_remove (fixture->list, item);
  g_assert_finalize_object (item);
  assert_told (fixture, "");
}

static void
test_history (Fixture       *fixture,
              gconstpointer  data)
{
  GCancellable *items[5];

  g_test_summary ("Of the finished items the last few stay");

  add (fixture, items, 5);
  cfut_live_list_finish (fixture->list, items[3]);
  cfut_live_list_finish (fixture->list, items[3]);
  cfut_live_list_finish (fixture->list, items[0]);
  assert_told (fixture, "0-0+5");

  cfut_live_list_finish (fixture->list, items[1]);
  assert_told (fixture, "3-1+0");
  cfut_live_list_finish (fixture->list, items[2]);
  cfut_live_list_finish (fixture->list, items[4]);
  assert_told (fixture, "0-2+0");

  /* One that is finished can be removed, which leaves room for another. */
  cfut_live_list_remove (fixture->list, items[2]);
  assert_told (fixture, "0-1+0");
  add (fixture, items, 1);
  cfut_live_list_finish (fixture->list, items[0]);
  assert_told (fixture, "1-0+1");
}

static void
test_unknown (Fixture       *fixture,
              gconstpointer  data)
{
  GCancellable *item = g_cancellable_new ();

  g_test_summary ("What is not there is neither finished nor removed");

  cfut_live_list_finish (fixture->list, item);
  cfut_live_list_remove (fixture->list, item);
  assert_told (fixture, "");

  cfut_live_list_add (fixture->list, item);
  assert_told (fixture, "0-0+1");
  cfut_live_list_remove (fixture->list, item);
  cfut_live_list_remove (fixture->list, item);
  cfut_live_list_finish (fixture->list, item);
  assert_told (fixture, "0-1+0");

  g_assert_finalize_object (item);
}

static void
count_gone (gpointer  data,
            GObject  *where_the_object_was)
{
  guint *n_alive = data;

  (*n_alive)--;
}

static void
test_bounded (Fixture       *fixture,
              gconstpointer  data)
{
  guint n_alive = 0;

  g_test_summary ("If nobody iterates the context, what waits for it stays bounded");

  for (guint i = 0; i < 10000; i++)
    {
      GCancellable *item = g_cancellable_new ();

      n_alive++;
      g_object_weak_ref (G_OBJECT (item), count_gone, &n_alive);
      cfut_live_list_add (fixture->list, item);
      cfut_live_list_finish (fixture->list, item);
      g_object_unref (item);
      g_assert_cmpuint (n_alive, <=, 2);
    }

  assert_told (fixture, "0-0+2");
  g_ptr_array_set_size (fixture->mirror, 0);
  g_clear_object (&fixture->list);
  g_assert_cmpuint (n_alive, ==, 0);
}

static void
test_recursion (Fixture       *fixture,
                gconstpointer  data)
{
  GCancellable *items[6];
  GCancellable *more[2];

  g_test_summary ("A handler that iterates the context sees one batch after the other");

  add (fixture, items, 6);
  assert_told (fixture, "0-0+6");

  fixture->iterates = TRUE;
  cfut_live_list_remove (fixture->list, items[0]);
  cfut_live_list_remove (fixture->list, items[2]);
  cfut_live_list_remove (fixture->list, items[4]);
  add (fixture, more, 2);
  assert_told (fixture, "6-0+2 4-1+0 2-1+0 0-1+0");
}

static void
change_in_handler (GListModel *model,
                   guint       position,
                   guint       n_removed,
                   guint       n_added,
                   gpointer    user_data)
{
  Fixture *fixture = user_data;
  GCancellable *item;

  if (n_added == 0 || g_list_model_get_n_items (model) > 5)
    return;

  add (fixture, &item, 1);
  g_main_context_iteration (fixture->context, FALSE);
}

static void
test_changes_in_handler (Fixture       *fixture,
                         gconstpointer  data)
{
  GCancellable *item;

  g_test_summary ("What a handler adds comes with the next batch, even if it iterates");

  g_signal_connect (fixture->list, "items-changed", G_CALLBACK (change_in_handler), fixture);
  add (fixture, &item, 1);
  assert_told (fixture, "0-0+1 1-0+1 2-0+1 3-0+1 4-0+1 5-0+1");
}

static void
test_release (Fixture       *fixture,
              gconstpointer  data)
{
  gpointer list = fixture->list;
  GCancellable *item = g_cancellable_new ();

  g_test_summary ("A list that is released goes in its context");

  g_object_add_weak_pointer (list, &list);
  cfut_live_list_add (fixture->list, item);
  cfut_live_list_release (g_steal_pointer (&fixture->list));
  g_assert_nonnull (list);
  iterate_all (fixture);
  g_assert_null (list);

  g_ptr_array_set_size (fixture->mirror, 0);
  g_assert_finalize_object (item);
}

static void
count_cb (gpointer data)
{
  ++*(guint *) data;
}

/* Each of the calls in a list has a reference of its own. */
static void
test_release_again (Fixture       *fixture,
                    gconstpointer  data)
{
  gpointer list = g_object_ref (fixture->list);
  guint n_delivered = 0;

  g_test_summary ("A release before the last was delivered leaves what is between them in its place");

  g_object_add_weak_pointer (list, &list);
  cfut_live_list_release (g_steal_pointer (&fixture->list));
  for (guint i = 0; i < 3; i++)
    cfut_delivery_destroy (fixture->context, count_cb, &n_delivered);
  cfut_live_list_release (list);
  iterate_all (fixture);
  g_assert_cmpuint (n_delivered, ==, 3);
  g_assert_null (list);
}

static void
test_drop_with_items (Fixture       *fixture,
                      gconstpointer  data)
{
  GCancellable *items[3];

  g_test_summary ("A list that goes lets go of what it has: staged, shown and leaving");

  for (guint i = 0; i < 3; i++)
    items[i] = g_cancellable_new ();
  cfut_live_list_add (fixture->list, items[0]);
  cfut_live_list_add (fixture->list, items[1]);
  iterate_all (fixture);
  g_ptr_array_set_size (fixture->mirror, 0);

  cfut_live_list_add (fixture->list, items[2]);
  cfut_live_list_remove (fixture->list, items[0]);
  g_signal_handlers_disconnect_by_data (fixture->list, fixture);
  g_clear_object (&fixture->list);
  iterate_all (fixture);
  for (guint i = 0; i < 3; i++)
    g_assert_finalize_object (items[i]);
}

#define N_THREADS 4
#define N_ROUNDS  2000

static gint n_left;

static gpointer
producer_thread (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      GCancellable *item = g_cancellable_new ();

      cfut_live_list_add (fixture->list, item);
      if (i % 3 == 0)
        cfut_live_list_remove (fixture->list, item);
      else
        cfut_live_list_finish (fixture->list, item);
      g_object_unref (item);
    }

  g_atomic_int_dec_and_test (&n_left);
  g_main_context_wakeup (fixture->context);

  return NULL;
}

static void
test_threads (Fixture       *fixture,
              gconstpointer  data)
{
  GThread *threads[N_THREADS];

  g_test_summary ("Threads add, finish and remove while the context shows a consistent model");

  n_left = N_THREADS;
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("producer", producer_thread, fixture);

  while (g_atomic_int_get (&n_left) > 0)
    g_main_context_iteration (fixture->context, TRUE);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  iterate_all (fixture);

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, 2);
}

#define ADD(path, func) g_test_add ("/live-list/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("model", test_model);
  ADD ("batches", test_batches);
  ADD ("never-shown", test_never_shown);
  ADD ("history", test_history);
  ADD ("unknown", test_unknown);
  ADD ("bounded", test_bounded);
  ADD ("recursion", test_recursion);
  ADD ("changes-in-handler", test_changes_in_handler);
  ADD ("release", test_release);
  ADD ("release-again", test_release_again);
  ADD ("drop-with-items", test_drop_with_items);
  ADD ("threads", test_threads);

  return g_test_run ();
}
