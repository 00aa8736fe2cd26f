/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Hands an int from one thread to another in each way that tsan-glib.c knows.
 * TSan must be silent; with the argument "race" it is handed over without any
 * order, and TSan must report just that. */

#include <gio/gio.h>
#include <string.h>

static GMutex lock;
static GCond set_cond;
static int *shared; /* under @lock */

static int *
make (void)
{
  int *item = g_new (int, 1);
  *item = 42;
  return item;
}

static void
use (int *item)
{
  g_assert_cmpint (*item, ==, 42);
  *item = 0;
  g_free (item);
}

static gpointer
use_under_lock_thread (gpointer data)
{
  g_mutex_lock (&lock);
  while (shared == NULL)
    g_cond_wait (&set_cond, &lock);
  *shared += 1;
  g_mutex_unlock (&lock);

  return NULL;
}

static void
test_lock (void)
{
  GThread *thread;

  g_test_summary ("A mutex and a condition order two threads");

  thread = g_thread_new ("user", use_under_lock_thread, NULL);
  g_mutex_lock (&lock);
  shared = make ();
  g_cond_signal (&set_cond);
  g_mutex_unlock (&lock);

  g_mutex_lock (&lock);
  *shared += 1;
  g_mutex_unlock (&lock);

  g_thread_join (thread);
  g_assert_cmpint (*shared, ==, 44);
  g_clear_pointer (&shared, g_free);
}

static int lock_bits;
static int *shared_under_bit; /* under the lowest of @lock_bits */

static gpointer
use_under_bit_lock_thread (gpointer data)
{
  gboolean used = FALSE;

  while (!used)
    {
      g_bit_lock (&lock_bits, 0);
      used = shared_under_bit != NULL;
      if (used)
        use (g_steal_pointer (&shared_under_bit));
      g_bit_unlock (&lock_bits, 0);
      g_thread_yield ();
    }

  return NULL;
}

static void
test_bit_lock (void)
{
  GThread *thread;

  g_test_summary ("A lock that is a bit orders two threads");

  thread = g_thread_new ("user", use_under_bit_lock_thread, NULL);
  g_bit_lock (&lock_bits, 0);
  shared_under_bit = make ();
  g_bit_unlock (&lock_bits, 0);
  g_thread_join (thread);
}

static gpointer
use_queued_thread (gpointer data)
{
  use (g_async_queue_pop (data));
  return NULL;
}

static void
test_queue (void)
{
  g_autoptr(GAsyncQueue) queue = g_async_queue_new ();
  GThread *thread = g_thread_new ("user", use_queued_thread, queue);

  g_test_summary ("A queue orders the giver of an item and its taker");

  g_async_queue_push (queue, make ());
  g_thread_join (thread);
}

static void
use_pooled (gpointer item,
            gpointer user_data)
{
  use (item);
}

static void
test_pool (void)
{
  GThreadPool *pool = g_thread_pool_new (use_pooled, NULL, 2, TRUE, NULL);

  g_test_summary ("A pool orders the pusher of an item and its thread");

  for (int i = 0; i < 10; i++)
    g_thread_pool_push (pool, make (), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
}

typedef struct
{
  GMainLoop *loop;
  GMainContext *context;
  int *item;
} Home;

static gboolean
use_in_loop_cb (gpointer user_data)
{
  Home *home = user_data;

  use (g_steal_pointer (&home->item));
  g_main_loop_quit (home->loop);
  return G_SOURCE_REMOVE;
}

static gpointer
attach_thread (gpointer user_data)
{
  Home *home = user_data;
  g_autoptr(GSource) source = g_idle_source_new ();

  home->item = make ();
  g_source_set_callback (source, use_in_loop_cb, home, NULL);
  g_source_attach (source, home->context);

  return NULL;
}

static void
test_source (void)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GMainLoop) loop = g_main_loop_new (context, FALSE);
  Home home = { loop, context, NULL };
  GThread *thread = g_thread_new ("giver", attach_thread, &home);

  g_test_summary ("A source orders who attaches it and who dispatches it");

  g_main_loop_run (loop);
  g_thread_join (thread);
}

typedef struct
{
  GSource parent;
  int *item;
  GMainLoop *loop;
} OwnSource;

static gboolean
own_source_dispatch (GSource     *source,
                     GSourceFunc  callback,
                     gpointer     user_data)
{
  OwnSource *self = (OwnSource *) source;

  use (self->item);
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

static GSourceFuncs own_source_funcs = { .dispatch = own_source_dispatch };

static gpointer
wake_thread (gpointer user_data)
{
  OwnSource *source = user_data;

  source->item = make ();
  g_source_set_ready_time (&source->parent, 0);
  g_source_unref (&source->parent);

  return NULL;
}

static void
test_own_source (void)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr(GSource) source = g_source_new (&own_source_funcs, sizeof (OwnSource));
  GThread *thread;

  g_test_summary ("A source of the program's own orders who wakes it and who dispatches it");

  ((OwnSource *) source)->loop = loop;
  g_source_attach (source, context);
  thread = g_thread_new ("giver", wake_thread, g_source_ref (source));

  g_main_loop_run (loop);
  g_thread_join (thread);
}

static gpointer
return_thread (gpointer user_data)
{
  g_autoptr(GTask) task = user_data;

  g_task_return_pointer (task, make (), g_free);
  return NULL;
}

static void
quit_cb (GObject      *source_object,
         GAsyncResult *result,
         gpointer      user_data)
{
  use (g_task_propagate_pointer (G_TASK (result), NULL));
  g_main_loop_quit (user_data);
}

static void
test_task (void)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  GThread *thread = g_thread_new ("giver", return_thread,
                                  g_task_new (NULL, NULL, quit_cb, loop));

  g_test_summary ("A task orders who returns and who is called back");

  g_main_loop_run (loop);
  g_thread_join (thread);
}

static gpointer
unref_thread (gpointer user_data)
{
  g_bytes_unref (user_data);
  return NULL;
}

static void
test_last_reference (void)
{
  int *item = make ();
  GBytes *bytes = g_bytes_new_with_free_func (item, sizeof *item, (GDestroyNotify) use, item);
  GThread *thread = g_thread_new ("user", unref_thread, g_bytes_ref (bytes));

  g_test_summary ("Whoever drops the last reference may free");

  g_assert_nonnull (bytes);
  g_assert_cmpint (*item, ==, 42);
  g_bytes_unref (bytes);
  g_thread_join (thread);
}

static void
clear_box (gpointer data)
{
  int *box = data;

  *box = 0;
}

static gpointer
release_thread (gpointer user_data)
{
  int *box = user_data;

  *box = 42;
  g_atomic_rc_box_release_full (box, clear_box);
  return NULL;
}

static void
test_box (void)
{
  g_test_summary ("Whoever releases a box last may clear it");

  /* Either may be the last. */
  for (int i = 0; i < 20; i++)
    {
      int *box = g_atomic_rc_box_new0 (int);
      GThread *thread = g_thread_new ("user", release_thread, g_atomic_rc_box_acquire (box));

      g_thread_yield ();
      g_atomic_rc_box_release_full (box, clear_box);
      g_thread_join (thread);
    }
}

#define TEST_TYPE_THING (test_thing_get_type ())
G_DECLARE_FINAL_TYPE (TestThing, test_thing, TEST, THING, GObject)

struct _TestThing
{
  GObject parent_instance;
};

G_DEFINE_FINAL_TYPE (TestThing, test_thing, G_TYPE_OBJECT)

static void
test_thing_finalize (GObject *object)
{
  G_OBJECT_CLASS (test_thing_parent_class)->finalize (object);
}

static void
test_thing_class_init (TestThingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_thing_finalize;
}

static void
test_thing_init (TestThing *self)
{
}

static gpointer
make_thing_thread (gpointer user_data)
{
  g_object_unref (g_object_new (TEST_TYPE_THING, NULL));
  return NULL;
}

static void
test_class (void)
{
  GThread *a, *b;

  g_test_summary ("A class is ready in every thread that makes an object of it");

  a = g_thread_new ("a", make_thing_thread, NULL);
  b = g_thread_new ("b", make_thing_thread, NULL);
  g_thread_join (a);
  g_thread_join (b);
}

static gpointer
race_thread (gpointer user_data)
{
  int *item = user_data;

  *item += 1;
  return NULL;
}

static void
test_race (void)
{
  int *item = make ();
  GThread *a, *b;

  g_test_summary ("Two threads that nothing orders are a race");

  a = g_thread_new ("a", race_thread, item);
  b = g_thread_new ("b", race_thread, item);
  g_thread_join (a);
  g_thread_join (b);
  g_free (item);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  if (argc > 1 && strcmp (argv[1], "race") == 0)
    {
      g_test_add_func ("/tsan-glib/race", test_race);
      return g_test_run ();
    }

  g_test_add_func ("/tsan-glib/lock", test_lock);
  g_test_add_func ("/tsan-glib/bit-lock", test_bit_lock);
  g_test_add_func ("/tsan-glib/queue", test_queue);
  g_test_add_func ("/tsan-glib/pool", test_pool);
  g_test_add_func ("/tsan-glib/source", test_source);
  g_test_add_func ("/tsan-glib/own-source", test_own_source);
  g_test_add_func ("/tsan-glib/task", test_task);
  g_test_add_func ("/tsan-glib/last-reference", test_last_reference);
  g_test_add_func ("/tsan-glib/box", test_box);
  g_test_add_func ("/tsan-glib/class", test_class);

  return g_test_run ();
}
