/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fakes.h"

#include "future/cfut-delivery-private.h"

typedef struct
{
  CfutDeliveryItem item;
  GString *log;
  char letter;
  void (*act) (GMainContext *context);
  GMainContext *context;
} Item;

static void
item_deliver (CfutDeliveryItem *item)
{
  Item *self = (Item *) item;

  g_string_append_c (self->log, self->letter);
  if (self->act != NULL)
    self->act (self->context);
}

static void
item_init (Item         *self,
           GMainContext *context,
           GString      *log,
           char          letter,
           void        (*act) (GMainContext *context))
{
  *self = (Item) { { item_deliver }, log, letter, act, context };
}

static void
append_destroyed (gpointer data)
{
  g_string_append_c (data, 'x');
}

static void
append_destroyed_twice (gpointer data)
{
  g_string_append (data, "yy");
}

static void
assert_source (GMainContext *context)
{
  GSource *source = g_main_current_source ();

  g_assert_cmpstr (g_source_get_name (source), ==, "[cfut] delivery");
  g_assert_cmpint (g_source_get_priority (source), ==, G_PRIORITY_DEFAULT);
  g_assert_true (g_source_get_context (source) == context);
  g_assert_true (g_main_context_is_owner (context));
}

static void
iterate_in_item (GMainContext *context)
{
  while (g_main_context_iteration (context, FALSE))
    ;
}

static void
burn_budget (GMainContext *context)
{
  gint64 end = g_get_monotonic_time () + CFUT_DELIVERY_BUDGET_US;

  while (g_get_monotonic_time () < end)
    ;
}

static void
test_in_order (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[4];

  g_test_summary ("Items come in order, in their context, from one named source");

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      /* On a slow machine those behind it may come from the understudy. */
      item_init (&items[i], context, log, 'a' + i, i == 0 ? assert_source : NULL);
      cfut_delivery_push (context, &items[i].item);
    }
  g_assert_cmpstr (log->str, ==, "");

  iterate_in_item (context);
  g_assert_cmpstr (log->str, ==, "abcd");

  /* The source is gone with the last item, and comes back with the next. */
  g_assert_false (g_main_context_pending (context));
  item_init (&items[0], context, log, 'e', assert_source);
  cfut_delivery_push (context, &items[0].item);
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpstr (log->str, ==, "abcde");
  g_assert_false (g_main_context_pending (context));

  g_main_context_unref (context);
}

static void
test_contexts_apart (void)
{
  GMainContext *contexts[2] = { g_main_context_new (), g_main_context_new () };
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[4];

  g_test_summary ("Each context gets its own items");

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      item_init (&items[i], contexts[i % 2], log, 'a' + i, i < 2 ? assert_source : NULL);
      cfut_delivery_push (contexts[i % 2], &items[i].item);
    }

  iterate_in_item (contexts[1]);
  g_assert_cmpstr (log->str, ==, "bd");
  iterate_in_item (contexts[0]);
  g_assert_cmpstr (log->str, ==, "bdac");

  g_main_context_unref (contexts[0]);
  g_main_context_unref (contexts[1]);
}

static gboolean
append_cb (gpointer user_data)
{
  g_string_append_c (user_data, '.');

  return G_SOURCE_CONTINUE;
}

static void
test_budget (void)
{
  GMainContext *context = g_main_context_new ();
  GSource *frame = g_idle_source_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[6];

  g_test_summary ("After each budget of time all others get an iteration, also less urgent ones");

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      item_init (&items[i], context, log, 'a' + i, i % 2 == 0 ? burn_budget : NULL);
      cfut_delivery_push (context, &items[i].item);
    }

  g_source_set_callback (frame, append_cb, log, NULL);
  g_source_attach (frame, context);

  for (guint i = 0; i < 7; i++)
    g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpstr (log->str, ==, "a.bc.de.f");

  g_source_destroy (frame);
  g_source_unref (frame);
  g_main_context_unref (context);
}

static void
test_budget_alone (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[4];

  g_test_summary ("If there are no others, no iteration is idle before all is delivered");

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      item_init (&items[i], context, log, 'a' + i, burn_budget);
      cfut_delivery_push (context, &items[i].item);
    }

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      g_assert_true (g_main_context_pending (context));
      g_assert_true (g_main_context_iteration (context, FALSE));
      g_assert_cmpuint (log->len, ==, i + 1);
    }
  g_assert_false (g_main_context_pending (context));

  g_main_context_unref (context);
}

static void
burn_and_iterate (GMainContext *context)
{
  burn_budget (context);
  iterate_in_item (context);
}

static void
test_budget_in_nested_loop (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[6];

  g_test_summary ("Budgets may be spent in loops within loops");

  /* After the first, the understudy delivers: it, too, runs the loop. */
  for (guint round = 0; round < 2; round++)
    {
      g_string_truncate (log, 0);
      for (guint i = 0; i < G_N_ELEMENTS (items); i++)
        {
          item_init (&items[i], context, log, 'a' + i, i == round ? burn_budget : burn_and_iterate);
          cfut_delivery_push (context, &items[i].item);
        }
      iterate_in_item (context);
      g_assert_cmpstr (log->str, ==, "abcdef");
      g_assert_false (g_main_context_pending (context));
    }

  /* And the context may go away meanwhile. */
  g_string_truncate (log, 0);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      item_init (&items[i], context, log, 'a' + i, i == 0 ? burn_budget : NULL);
      cfut_delivery_push (context, &items[i].item);
    }
  g_main_context_iteration (context, FALSE);
  g_assert_cmpstr (log->str, ==, "a");
  g_main_context_unref (context);
  g_assert_cmpstr (log->str, ==, "abcdef");
}

static void
test_nested_loop (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[4];

  g_test_summary ("An item that runs the loop gets those behind it delivered");

  item_init (&items[0], context, log, 'a', iterate_in_item);
  item_init (&items[1], context, log, 'b', NULL);
  item_init (&items[2], context, log, 'c', iterate_in_item);
  item_init (&items[3], context, log, 'd', NULL);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    cfut_delivery_push (context, &items[i].item);

  iterate_in_item (context);
  g_assert_cmpstr (log->str, ==, "abcd");
  g_assert_false (g_main_context_pending (context));

  g_main_context_unref (context);
}

/* For an item that is pushed by another one, or by another thread. */
static Item pushed_item;

static void
push_item (GMainContext *context)
{
  cfut_delivery_push (context, &pushed_item.item);
}

static gpointer
push_thread (gpointer user_data)
{
  push_item (user_data);

  return NULL;
}

static void
nested_loop_and_thread (GMainContext *context)
{
  GThread *thread;

  /* Nothing is left: the source goes away here, under its own dispatch. */
  iterate_in_item (context);

  thread = g_thread_new ("test-push", push_thread, context);
  while (pushed_item.log->len < 2)
    g_main_context_iteration (context, TRUE);
  g_thread_join (thread);

  /* And this is for the dispatch outside, or for the next. */
  item_init (&pushed_item, context, pushed_item.log, 'c', NULL);
  push_item (context);
}

static void
test_push_in_nested_loop (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item item;

  g_test_summary ("What is pushed while the last item runs the loop wakes that loop");

  item_init (&item, context, log, 'a', nested_loop_and_thread);
  item_init (&pushed_item, context, log, 'b', NULL);
  cfut_delivery_push (context, &item.item);

  iterate_in_item (context);
  g_assert_cmpstr (log->str, ==, "abc");

  g_main_context_unref (context);
}

static void
test_push_in_item (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item item;

  g_test_summary ("An item may push another one");

  item_init (&item, context, log, 'a', push_item);
  item_init (&pushed_item, context, log, 'b', NULL);
  cfut_delivery_push (context, &item.item);

  iterate_in_item (context);
  g_assert_cmpstr (log->str, ==, "ab");

  g_main_context_unref (context);
}

static void
test_context_goes_away (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[2];

  g_test_summary ("What a context leaves behind is delivered when it goes away");

  for (guint round = 0; round < 3; round++)
    {
      GMainContext *context = g_main_context_new ();

      g_string_truncate (log, 0);
      for (guint i = 0; i < G_N_ELEMENTS (items); i++)
        {
          item_init (&items[i], context, log, 'a' + i, NULL);
          cfut_delivery_push (context, &items[i].item);
        }
      cfut_delivery_destroy (context, append_destroyed, log);

      g_main_context_unref (context);
      g_assert_cmpstr (log->str, ==, "abx");
    }

  /* And they are not counted any more. */
  cfut_delivery_sweep ();
}

static void
test_destroy (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[2];

  g_test_summary ("Destroy notifies come in the context, in their turn");

  cfut_delivery_destroy (context, NULL, log);
  g_assert_false (g_main_context_pending (context));

  item_init (&items[0], context, log, 'a', NULL);
  item_init (&items[1], context, log, 'b', NULL);
  cfut_delivery_push (context, &items[0].item);
  cfut_delivery_destroy (context, append_destroyed, log);
  cfut_delivery_push (context, &items[1].item);
  cfut_delivery_destroy (context, append_destroyed_twice, log);

  iterate_in_item (context);
  g_assert_cmpstr (log->str, ==, "axbyy");

  g_main_context_unref (context);
}

static void
test_sweep (void)
{
  const char *orders[] = { "x", "ax", "xa", "axxb", "xaxbx", "ab" };
  const char *swept[] = { "x", "x", "x", "xx", "xxx", "" };
  const char *left[] = { "", "a", "a", "ab", "ab", "ab" };
  GMainContext *context = g_main_context_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  Item items[3];

  g_test_summary ("A sweep runs destroy notifies, and leaves the rest to the loop");

  g_main_context_push_thread_default (context);
  cfut_delivery_sweep ();

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      guint n_items = 0;

      g_string_truncate (log, 0);
      for (const char *letter = orders[i]; *letter != '\0'; letter++)
        if (*letter == 'x')
          {
            cfut_delivery_destroy (context, append_destroyed, log);
          }
        else
          {
            item_init (&items[n_items], context, log, *letter, NULL);
            cfut_delivery_push (context, &items[n_items++].item);
          }

      cfut_delivery_sweep ();
      g_assert_cmpstr (log->str, ==, swept[i]);
      cfut_delivery_sweep ();
      g_assert_cmpstr (log->str, ==, swept[i]);

      /* The queue still works at its end. */
      item_init (&items[n_items], context, log, 'z', NULL);
      cfut_delivery_push (context, &items[n_items].item);

      g_string_truncate (log, 0);
      iterate_in_item (context);
      g_assert_true (g_str_has_prefix (log->str, left[i]));
      g_assert_cmpstr (log->str + strlen (left[i]), ==, "z");
    }

  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

static void
sweep_in_item (GMainContext *context)
{
  cfut_delivery_sweep ();
}

static gpointer
sweep_thread (gpointer user_data)
{
  if (user_data != NULL)
    cfut_delivery_exclude_thread ();
  cfut_delivery_sweep ();

  return NULL;
}

static void
test_no_sweep (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  Item item;

  g_test_summary ("No sweep while the loop runs, nor in a thread that runs calls");

  /* In the loop. */
  item_init (&item, NULL, log, 'a', sweep_in_item);
  cfut_delivery_push (g_main_context_default (), &item.item);
  cfut_delivery_destroy (g_main_context_default (), append_destroyed, log);
  drain_default_context ();
  g_assert_cmpstr (log->str, ==, "ax");

  /* In another thread than that of the loop. */
  g_string_truncate (log, 0);
  cfut_delivery_destroy (g_main_context_default (), append_destroyed, log);
  g_assert_true (g_main_context_acquire (NULL));
  g_thread_join (g_thread_new ("test-sweep", sweep_thread, NULL));
  g_assert_cmpstr (log->str, ==, "");
  g_main_context_release (NULL);

  /* In a thread that runs calls. */
  g_thread_join (g_thread_new ("test-sweep", sweep_thread, GINT_TO_POINTER (TRUE)));
  g_assert_cmpstr (log->str, ==, "");

  /* There is no loop, and anybody may. */
  g_thread_join (g_thread_new ("test-sweep", sweep_thread, NULL));
  g_assert_cmpstr (log->str, ==, "x");

  drain_default_context ();
}

#define N_THREADS 4
#define N_ITEMS 5000

typedef struct
{
  CfutDeliveryItem item;
  guint thread;
  guint number;
} Numbered;

static guint n_numbered;
static guint next_numbers[N_THREADS];

static void
numbered_deliver (CfutDeliveryItem *item)
{
  Numbered *self = (Numbered *) item;

  g_assert_cmpuint (self->number, ==, next_numbers[self->thread]);
  next_numbers[self->thread]++;
  n_numbered++;
  g_free (self);
}

static gpointer
numbered_thread (gpointer user_data)
{
  for (guint i = 0; i < N_ITEMS; i++)
    {
      Numbered *numbered = g_new0 (Numbered, 1);

      numbered->item.deliver = numbered_deliver;
      numbered->thread = GPOINTER_TO_UINT (user_data);
      numbered->number = i;
      cfut_delivery_push (g_main_context_default (), &numbered->item);
    }

  return NULL;
}

static void
test_many_threads (void)
{
  GThread *threads[N_THREADS];
  guint n_iterations = 0;

  g_test_summary ("A loop that sleeps is woken, and no item of any thread is lost");

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("test-push", numbered_thread, GUINT_TO_POINTER (i));

  while (n_numbered < N_THREADS * N_ITEMS)
    {
      g_main_context_iteration (NULL, TRUE);
      n_iterations++;
    }

  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  g_test_message ("%u iterations for %u items", n_iterations, n_numbered);
  g_assert_cmpuint (n_iterations, <, n_numbered);
  drain_default_context ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/delivery/in-order", test_in_order);
  g_test_add_func ("/delivery/contexts-apart", test_contexts_apart);
  g_test_add_func ("/delivery/budget", test_budget);
  g_test_add_func ("/delivery/budget-alone", test_budget_alone);
  g_test_add_func ("/delivery/budget-in-nested-loop", test_budget_in_nested_loop);
  g_test_add_func ("/delivery/nested-loop", test_nested_loop);
  g_test_add_func ("/delivery/push-in-nested-loop", test_push_in_nested_loop);
  g_test_add_func ("/delivery/push-in-item", test_push_in_item);
  g_test_add_func ("/delivery/context-goes-away", test_context_goes_away);
  g_test_add_func ("/delivery/destroy", test_destroy);
  g_test_add_func ("/delivery/sweep", test_sweep);
  g_test_add_func ("/delivery/no-sweep", test_no_sweep);
  g_test_add_func ("/delivery/many-threads", test_many_threads);

  return g_test_run ();
}
