/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gio/gio.h>

#include "../bench.h"

/*
 * GThreadPool, with the future that one writes oneself: a struct with a lock
 * and a condition, or the same as a GObject.
 */

typedef struct
{
  const BenchWork *work;
  gint64 argument;

  GMutex lock;
  GCond finished_cond;  /* signalled with @lock held */

  /* All below: protected by @lock. */
  gint64 result;
  gboolean is_finished;
} Future;

static void
init_future (Future          *future,
             const BenchWork *work,
             gint64           argument)
{
  future->work = work;
  future->argument = argument;
  g_mutex_init (&future->lock);
  g_cond_init (&future->finished_cond);
}

static void
clear_future (Future *future)
{
  g_cond_clear (&future->finished_cond);
  g_mutex_clear (&future->lock);
}

static void
run_future (Future *future)
{
  gint64 result = future->work->func (future->argument);

  g_mutex_lock (&future->lock);
  future->result = result;
  future->is_finished = TRUE;
  g_cond_signal (&future->finished_cond);
  g_mutex_unlock (&future->lock);
}

static gint64
wait_for_future (Future *future)
{
  g_mutex_lock (&future->lock);
  while (!future->is_finished)
    g_cond_wait (&future->finished_cond, &future->lock);
  g_mutex_unlock (&future->lock);

  return future->result;
}

static void
close_pool (gpointer pool)
{
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* The future as a struct. */

typedef struct
{
  Future future;
  int ref_count; /* (atomic) */
} Struct;

static void
unref_struct (Struct *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  clear_future (&self->future);
  g_free (self);
}

static void
run_struct (gpointer data,
            gpointer user_data)
{
  Struct *self = data;

  run_future (&self->future);
  unref_struct (self);
}

static gpointer
open_struct (guint n_workers,
             guint n_pending)
{
  return g_thread_pool_new (run_struct, NULL, n_workers, FALSE, NULL);
}

static gpointer
submit_struct (gpointer         pool,
               const BenchWork *work,
               gint64           argument)
{
  Struct *self = g_new0 (Struct, 1);

  init_future (&self->future, work, argument);
  self->ref_count = 2;
  g_thread_pool_push (pool, self, NULL);

  return self;
}

static gint64
finish_struct (gpointer pool,
               gpointer data)
{
  Struct *self = data;
  gint64 result = wait_for_future (&self->future);

  unref_struct (self);

  return result;
}

/* The future as a GObject. */

#define TYPE_OBJECT (object_get_type ())
G_DECLARE_FINAL_TYPE (Object, object, BENCH, OBJECT, GObject)

struct _Object
{
  GObject parent_instance;

  Future future;
};

G_DEFINE_FINAL_TYPE (Object, object, G_TYPE_OBJECT)

static void
object_finalize (GObject *object)
{
  clear_future (&BENCH_OBJECT (object)->future);

  G_OBJECT_CLASS (object_parent_class)->finalize (object);
}

static void
object_class_init (ObjectClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = object_finalize;
}

static void
object_init (Object *self)
{
}

static void
run_object (gpointer data,
            gpointer user_data)
{
  run_future (&BENCH_OBJECT (data)->future);
  g_object_unref (data);
}

static gpointer
open_object (guint n_workers,
             guint n_pending)
{
  return g_thread_pool_new (run_object, NULL, n_workers, FALSE, NULL);
}

static gpointer
submit_object (gpointer         pool,
               const BenchWork *work,
               gint64           argument)
{
  Object *object = g_object_new (TYPE_OBJECT, NULL);

  init_future (&object->future, work, argument);
  g_thread_pool_push (pool, g_object_ref (object), NULL);

  return object;
}

static gint64
finish_object (gpointer pool,
               gpointer data)
{
  gint64 result = wait_for_future (&BENCH_OBJECT (data)->future);

  g_object_unref (data);

  return result;
}

/* The floor of every figure with a future that is a GObject: to make as many plain
 * objects as there are calls, and to free them, in one thread and with nothing else. */

typedef GObject      Plain;
typedef GObjectClass PlainClass;

GType plain_get_type (void);

G_DEFINE_FINAL_TYPE (Plain, plain, G_TYPE_OBJECT)

static void
plain_class_init (PlainClass *klass)
{
}

static void
plain_init (Plain *self)
{
}

static void
run_objects (const BenchPeer *peer,
             guint            n_workers,
             guint            size)
{
  g_autofree gpointer *objects = g_new0 (gpointer, size);
  gint64 begin, made, end;

  begin = bench_now_ns ();
  for (guint i = 0; i < size; i++)
    objects[i] = g_object_new (plain_get_type (), NULL);
  made = bench_now_ns ();
  for (guint i = 0; i < size; i++)
    g_object_unref (objects[i]);
  end = bench_now_ns ();

  bench_print ("new_ns", (double) (made - begin) / size);
  bench_print ("free_ns", (double) (end - made) / size);
}

static const BenchMeasure measures[] = {
  { "objects", run_objects },
  { NULL },
};

static const BenchPeer peers[] = {
  {
    .name = "struct",
    .open = open_struct,
    .close = close_pool,
    .submit = submit_struct,
    .finish = finish_struct,
    .many_producers = TRUE,
  },
  {
    .name = "gobject",
    .open = open_object,
    .close = close_pool,
    .submit = submit_object,
    .finish = finish_object,
    .many_producers = TRUE,
  },
  { NULL },
};

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, peers, measures);
}
