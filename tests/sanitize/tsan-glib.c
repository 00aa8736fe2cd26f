/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * ThreadSanitizer and a GLib that was built without it.
 *
 * TSan sees the accesses of instrumented code and the pthread functions. A
 * GMutex is neither: it is a futex inside GLib. Without help every object
 * that one thread fills and another reads under a GMutex is reported as a race.
 *
 * This file is linked into programs of a -Db_sanitize=thread build and stands
 * before GLib in symbol lookup. Each function here calls the real one and tells
 * TSan what it orders: release is "whatever this thread did is visible to who
 * acquires the same address later".
 *
 * The address is always the narrowest thing that is handed over (the lock, the
 * queued item, the source), never a container or the process: an order that does
 * not exist would hide the races that the tests are run for. Calls that GLib
 * makes to itself do not come through here; where an order is made inside
 * GLib the callback is wrapped instead.
 *
 * Nothing here is instrumented, so nothing here makes an order by accident.
 */

#include <dlfcn.h>
#include <gio/gio.h>
#include <sanitizer/tsan_interface.h>
#include <string.h>

/* GLib has some of these as macros, for speed. */
#undef g_once_init_enter
#undef g_once_init_leave

#define HIDDEN __attribute__ ((no_sanitize ("thread")))

#define FIND_REAL(func) \
  static __typeof__ (func) *real; \
  if (G_UNLIKELY (real == NULL)) \
    real = (__typeof__ (func) *) dlsym (RTLD_NEXT, #func)

/* Functions that take a lock, give it back, or do both. */
#define ACQUIRING(func, type) \
  HIDDEN void func (type *lock) \
  { FIND_REAL (func); real (lock); __tsan_acquire (lock); }
#define RELEASING(func, type) \
  HIDDEN void func (type *lock) \
  { FIND_REAL (func); __tsan_release (lock); real (lock); }
#define TRYING(func, type) \
  HIDDEN gboolean func (type *lock) \
  { \
    gboolean locked; \
    FIND_REAL (func); \
    locked = real (lock); \
    if (locked) \
      __tsan_acquire (lock); \
    return locked; \
  }

ACQUIRING (g_mutex_lock, GMutex)
TRYING (g_mutex_trylock, GMutex)
RELEASING (g_mutex_unlock, GMutex)
ACQUIRING (g_rec_mutex_lock, GRecMutex)
TRYING (g_rec_mutex_trylock, GRecMutex)
RELEASING (g_rec_mutex_unlock, GRecMutex)
ACQUIRING (g_rw_lock_writer_lock, GRWLock)
TRYING (g_rw_lock_writer_trylock, GRWLock)
RELEASING (g_rw_lock_writer_unlock, GRWLock)
ACQUIRING (g_rw_lock_reader_lock, GRWLock)
TRYING (g_rw_lock_reader_trylock, GRWLock)
RELEASING (g_rw_lock_reader_unlock, GRWLock)

HIDDEN void
g_bit_lock (volatile int *address,
            int           lock_bit)
{
  FIND_REAL (g_bit_lock);
  real (address, lock_bit);
  __tsan_acquire ((void *) address);
}

HIDDEN void
g_bit_unlock (volatile int *address,
              int           lock_bit)
{
  FIND_REAL (g_bit_unlock);
  __tsan_release ((void *) address);
  real (address, lock_bit);
}

HIDDEN void
g_cond_wait (GCond  *cond,
             GMutex *mutex)
{
  FIND_REAL (g_cond_wait);
  __tsan_release (mutex);
  real (cond, mutex);
  __tsan_acquire (mutex);
}

HIDDEN gboolean
g_cond_wait_until (GCond  *cond,
                   GMutex *mutex,
                   gint64  end_time)
{
  gboolean signalled;

  FIND_REAL (g_cond_wait_until);
  __tsan_release (mutex);
  signalled = real (cond, mutex, end_time);
  __tsan_acquire (mutex);

  return signalled;
}

/* The fast path is an atomic load in the caller, which acquires the same
 * address by itself. */
HIDDEN void
(g_once_init_leave) (volatile void *location,
                     gsize          result)
{
  FIND_REAL (g_once_init_leave);
  __tsan_release ((void *) location);
  real (location, result);
}

HIDDEN gboolean
(g_once_init_enter) (volatile void *location)
{
  gboolean first;

  FIND_REAL (g_once_init_enter);
  first = real (location);
  if (!first)
    __tsan_acquire ((void *) location);

  return first;
}

/* Whoever drops the last reference sees what the others did before. */

#define UNREF(func, type, return_type, ...) \
  HIDDEN return_type func (type object) \
  { \
    FIND_REAL (func); \
    if (object != NULL) \
      { \
        __tsan_release ((void *) object); \
        __tsan_acquire ((void *) object); \
      } \
    __VA_ARGS__ real (object); \
  }

UNREF (g_object_unref, gpointer, void)
UNREF (g_variant_unref, GVariant *, void)
UNREF (g_bytes_unref, GBytes *, void)
UNREF (g_closure_unref, GClosure *, void)
UNREF (g_source_unref, GSource *, void)
UNREF (g_main_context_unref, GMainContext *, void)
UNREF (g_main_loop_unref, GMainLoop *, void)
UNREF (g_atomic_ref_count_dec, gatomicrefcount *, gboolean, return)

HIDDEN void
g_atomic_rc_box_release_full (gpointer       box,
                              GDestroyNotify clear_func)
{
  FIND_REAL (g_atomic_rc_box_release_full);
  __tsan_release (box);
  __tsan_acquire (box);
  real (box, clear_func);
}

/*
 * Types. GLib runs class_init once, in whichever thread makes the first object,
 * and the others see what it has set.
 */
HIDDEN static void
run_class_init (gpointer klass,
                gpointer class_data)
{
  ((GClassInitFunc) (GCallback) class_data) (klass, NULL);
  __tsan_release ((gpointer) G_TYPE_FROM_CLASS (klass));
}

HIDDEN GType
g_type_register_static_simple (GType             parent_type,
                               const char       *type_name,
                               guint             class_size,
                               GClassInitFunc    class_init,
                               guint             instance_size,
                               GInstanceInitFunc instance_init,
                               GTypeFlags        flags)
{
  GTypeInfo info = {
    .class_size = (guint16) class_size,
    .class_init = class_init != NULL ? run_class_init : NULL,
    .class_data = (gconstpointer) (GCallback) class_init,
    .instance_size = (guint16) instance_size,
    .instance_init = instance_init,
  };

  return g_type_register_static (parent_type, type_name, &info, flags);
}

/* The class stays, as that of every static type does. */
HIDDEN static void
class_is_ready (GType type)
{
  g_type_class_ref (type);
  __tsan_acquire ((gpointer) type);
}

HIDDEN gpointer
g_object_new (GType       type,
              const char *first_property_name,
              ...)
{
  va_list args;
  gpointer object;

  class_is_ready (type);
  va_start (args, first_property_name);
  object = g_object_new_valist (type, first_property_name, args);
  va_end (args);

  return object;
}

HIDDEN GObject *
g_object_new_with_properties (GType         type,
                              guint         n_properties,
                              const char   *names[],
                              const GValue  values[])
{
  FIND_REAL (g_object_new_with_properties);
  class_is_ready (type);
  return real (type, n_properties, names, values);
}

/* Weak references: what the object was given before it was handed over. */

HIDDEN void
g_weak_ref_init (GWeakRef *weak_ref,
                 gpointer  object)
{
  FIND_REAL (g_weak_ref_init);
  __tsan_release (weak_ref);
  real (weak_ref, object);
}

HIDDEN void
g_weak_ref_set (GWeakRef *weak_ref,
                gpointer  object)
{
  FIND_REAL (g_weak_ref_set);
  __tsan_release (weak_ref);
  real (weak_ref, object);
}

HIDDEN gpointer
g_weak_ref_get (GWeakRef *weak_ref)
{
  gpointer object;

  FIND_REAL (g_weak_ref_get);
  object = real (weak_ref);
  if (object != NULL)
    __tsan_acquire (weak_ref);

  return object;
}

/* Queues and pools hand over items. */

HIDDEN void
g_async_queue_push (GAsyncQueue *queue,
                    gpointer     item)
{
  FIND_REAL (g_async_queue_push);
  __tsan_release (item);
  real (queue, item);
}

HIDDEN static gpointer
arrived (gpointer item)
{
  if (item != NULL)
    __tsan_acquire (item);
  return item;
}

HIDDEN gpointer
g_async_queue_pop (GAsyncQueue *queue)
{
  FIND_REAL (g_async_queue_pop);
  return arrived (real (queue));
}

HIDDEN gpointer
g_async_queue_try_pop (GAsyncQueue *queue)
{
  FIND_REAL (g_async_queue_try_pop);
  return arrived (real (queue));
}

HIDDEN gpointer
g_async_queue_timeout_pop (GAsyncQueue *queue,
                           guint64      timeout)
{
  FIND_REAL (g_async_queue_timeout_pop);
  return arrived (real (queue, timeout));
}

/*
 * Closures: a callback with its data, wrapped. They come from one array, so that
 * a wrapper which gets several pointers can tell which of them is the closure.
 */
typedef struct _Closure Closure;

struct _Closure
{
  GCallback func;
  gpointer data;
  GDestroyNotify destroy;
  Closure *next_free;
};

#define N_CLOSURES (1 << 20)

static Closure closures[N_CLOSURES];
static guint n_used;
static Closure *free_closures;
static gboolean closures_taken; /* a spin lock that TSan knows nothing of */

HIDDEN static gboolean
is_closure (gpointer pointer)
{
  return (Closure *) pointer >= closures && (Closure *) pointer < closures + N_CLOSURES;
}

HIDDEN static void
closures_lock (void)
{
  while (__atomic_exchange_n (&closures_taken, TRUE, __ATOMIC_ACQUIRE))
    ;
}

HIDDEN static void
closures_unlock (void)
{
  __atomic_store_n (&closures_taken, FALSE, __ATOMIC_RELEASE);
}

HIDDEN static Closure *
closure_new (GCallback      func,
             gpointer       data,
             GDestroyNotify destroy)
{
  Closure *self;

  closures_lock ();
  self = free_closures;
  if (self != NULL)
    free_closures = self->next_free;
  else if (n_used < N_CLOSURES)
    self = &closures[n_used++];
  closures_unlock ();
  g_assert (self != NULL);

  self->func = func;
  self->data = data;
  self->destroy = destroy;
  __tsan_release (self);

  return self;
}

HIDDEN static void
closure_free (gpointer data)
{
  Closure *self = data;
  gpointer user_data = self->data;
  GDestroyNotify destroy = self->destroy;

  __tsan_acquire (self);

  closures_lock ();
  self->next_free = free_closures;
  free_closures = self;
  closures_unlock ();

  if (destroy != NULL)
    destroy (user_data);
}

HIDDEN static void
run_item (gpointer item,
          gpointer user_data)
{
  Closure *closure = user_data;

  __tsan_acquire (closure);
  __tsan_acquire (item);
  ((GFunc) closure->func) (item, closure->data);
}

/* The closure of a pool stays: nothing tells when its last thread is gone. */
HIDDEN GThreadPool *
g_thread_pool_new (GFunc      func,
                   gpointer   user_data,
                   int        max_threads,
                   gboolean   exclusive,
                   GError   **error)
{
  FIND_REAL (g_thread_pool_new);
  return real (run_item, closure_new (G_CALLBACK (func), user_data, NULL),
               max_threads, exclusive, error);
}

HIDDEN GThreadPool *
g_thread_pool_new_full (GFunc           func,
                        gpointer        user_data,
                        GDestroyNotify  item_free_func,
                        int             max_threads,
                        gboolean        exclusive,
                        GError        **error)
{
  FIND_REAL (g_thread_pool_new_full);
  return real (run_item, closure_new (G_CALLBACK (func), user_data, NULL),
               item_free_func, max_threads, exclusive, error);
}

HIDDEN gboolean
g_thread_pool_push (GThreadPool  *pool,
                    gpointer      item,
                    GError      **error)
{
  FIND_REAL (g_thread_pool_push);
  __tsan_release (item);
  return real (pool, item, error);
}

/* Sources. A callback takes one to three arguments, the last of which is its
 * data: here the closure. */
HIDDEN static gboolean
run_source (gpointer a,
            gpointer b,
            gpointer c)
{
  Closure *closure = is_closure (a) ? a : is_closure (b) ? b : c;
  gboolean again;

  __tsan_acquire (closure);
  if (closure == a)
    again = ((GSourceFunc) closure->func) (closure->data);
  else if (closure == b)
    again = ((gboolean (*) (gpointer, gpointer)) closure->func) (a, closure->data);
  else
    again = ((gboolean (*) (gpointer, gpointer, gpointer)) closure->func) (a, b, closure->data);
  __tsan_release (closure);

  return again;
}

HIDDEN void
g_source_set_callback (GSource        *source,
                       GSourceFunc     func,
                       gpointer        data,
                       GDestroyNotify  destroy)
{
  FIND_REAL (g_source_set_callback);

  if (func == NULL)
    real (source, NULL, data, destroy);
  else
    real (source, (GSourceFunc) (GCallback) run_source,
          closure_new (G_CALLBACK (func), data, destroy), closure_free);
}

/* A source of the program's own functions: whoever attaches, wakes or destroys
 * it is ordered before the thread that then dispatches or finalizes it. */
typedef struct
{
  GSourceFuncs wrapped; /* what the source gets */
  GSourceFuncs *funcs;  /* the program's */
} SourceClass;

#define N_SOURCE_CLASSES 256

static SourceClass source_classes[N_SOURCE_CLASSES];
static guint n_source_classes;

HIDDEN static GSourceFuncs *
source_get_funcs (GSource *source)
{
  return ((SourceClass *) source->source_funcs)->funcs;
}

HIDDEN static gboolean
source_prepare (GSource *source,
                int     *timeout)
{
  gboolean ready;

  __tsan_acquire (source);
  ready = source_get_funcs (source)->prepare (source, timeout);
  __tsan_release (source);
  return ready;
}

HIDDEN static gboolean
source_check (GSource *source)
{
  gboolean ready;

  __tsan_acquire (source);
  ready = source_get_funcs (source)->check (source);
  __tsan_release (source);
  return ready;
}

HIDDEN static gboolean
source_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  gboolean again;

  __tsan_acquire (source);
  again = source_get_funcs (source)->dispatch (source, callback, user_data);
  __tsan_release (source);
  return again;
}

HIDDEN static void
source_finalize (GSource *source)
{
  __tsan_acquire (source);
  source_get_funcs (source)->finalize (source);
}

HIDDEN static GSourceFuncs *
wrap_source_funcs (GSourceFuncs *funcs)
{
  SourceClass *klass = NULL;

  closures_lock ();
  for (guint i = 0; i < n_source_classes && klass == NULL; i++)
    if (source_classes[i].funcs == funcs)
      klass = &source_classes[i];
  if (klass == NULL && n_source_classes < N_SOURCE_CLASSES)
    {
      klass = &source_classes[n_source_classes++];
      klass->funcs = funcs;
      klass->wrapped.prepare = funcs->prepare != NULL ? source_prepare : NULL;
      klass->wrapped.check = funcs->check != NULL ? source_check : NULL;
      klass->wrapped.dispatch = source_dispatch;
      klass->wrapped.finalize = funcs->finalize != NULL ? source_finalize : NULL;
      klass->wrapped.closure_callback = funcs->closure_callback;
      klass->wrapped.closure_marshal = funcs->closure_marshal;
    }
  closures_unlock ();

  g_assert (klass != NULL);
  return &klass->wrapped;
}

HIDDEN GSource *
g_source_new (GSourceFuncs *funcs,
              guint         size)
{
  FIND_REAL (g_source_new);
  return real (wrap_source_funcs (funcs), size);
}

HIDDEN guint
g_source_attach (GSource      *source,
                 GMainContext *context)
{
  FIND_REAL (g_source_attach);
  __tsan_release (source);
  return real (source, context);
}

HIDDEN void
g_source_set_ready_time (GSource *source,
                         gint64   ready_time)
{
  FIND_REAL (g_source_set_ready_time);
  __tsan_release (source);
  real (source, ready_time);
}

RELEASING (g_source_destroy, GSource)

/* A task is completed in a context, by a source of GLib's own. */
HIDDEN static void
run_task_callback (GObject      *source_object,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  Closure *closure = user_data;
  GAsyncReadyCallback callback = (GAsyncReadyCallback) closure->func;
  gpointer data = closure->data;

  __tsan_acquire (result);
  closure_free (closure);
  callback (source_object, result, data);
}

HIDDEN GTask *
g_task_new (gpointer             source_object,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             callback_data)
{
  FIND_REAL (g_task_new);

  if (callback == NULL)
    return real (source_object, cancellable, NULL, callback_data);
  return real (source_object, cancellable, run_task_callback,
               closure_new (G_CALLBACK (callback), callback_data, NULL));
}

HIDDEN void
g_task_return_pointer (GTask          *task,
                       gpointer        result,
                       GDestroyNotify  result_destroy)
{
  FIND_REAL (g_task_return_pointer);
  __tsan_release (task);
  real (task, result, result_destroy);
}

HIDDEN void
g_task_return_boolean (GTask    *task,
                       gboolean  result)
{
  FIND_REAL (g_task_return_boolean);
  __tsan_release (task);
  real (task, result);
}

HIDDEN void
g_task_return_int (GTask  *task,
                   gssize  result)
{
  FIND_REAL (g_task_return_int);
  __tsan_release (task);
  real (task, result);
}

HIDDEN void
g_task_return_value (GTask  *task,
                     GValue *result)
{
  FIND_REAL (g_task_return_value);
  __tsan_release (task);
  real (task, result);
}

HIDDEN void
g_task_return_error (GTask  *task,
                     GError *error)
{
  FIND_REAL (g_task_return_error);
  __tsan_release (task);
  real (task, error);
}

/* A cancellable runs the handlers in the thread that cancels, and a disconnect
 * waits for one that runs. */
HIDDEN gulong
g_cancellable_connect (GCancellable   *cancellable,
                       GCallback       callback,
                       gpointer        data,
                       GDestroyNotify  destroy)
{
  FIND_REAL (g_cancellable_connect);
  if (cancellable != NULL)
    __tsan_release (cancellable);
  return real (cancellable, callback, data, destroy);
}

HIDDEN void
g_cancellable_cancel (GCancellable *cancellable)
{
  FIND_REAL (g_cancellable_cancel);
  if (cancellable != NULL)
    {
      __tsan_acquire (cancellable);
      __tsan_release (cancellable);
    }
  real (cancellable);
  if (cancellable != NULL)
    __tsan_release (cancellable);
}

HIDDEN gboolean
g_cancellable_is_cancelled (GCancellable *cancellable)
{
  gboolean cancelled;

  FIND_REAL (g_cancellable_is_cancelled);
  cancelled = real (cancellable);
  if (cancelled)
    __tsan_acquire (cancellable);
  return cancelled;
}

HIDDEN void
g_cancellable_disconnect (GCancellable *cancellable,
                          gulong        handler_id)
{
  FIND_REAL (g_cancellable_disconnect);
  real (cancellable, handler_id);
  if (cancellable != NULL && handler_id != 0)
    __tsan_acquire (cancellable);
}
