/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-delivery-private.h"

#include "cfut-gjs-private.h"

/*
 * The queue of a context is in its source, and the source is in a table as long
 * as something may be added to it. It leaves the table when its queue is found
 * empty, or when the context goes away, and is then never used again: the next
 * item gets a new source.
 *
 * Everything that is delivered is at default priority. A loop draws its frames
 * at a lower one, so after each budget of time the source sits out one
 * iteration, which belongs to whatever else is ready, of any priority. If
 * nothing is, an understudy of the lowest priority steps in, so that no
 * iteration is idle while there is something to deliver.
 */
typedef struct
{
  GSource source;

  /* Set at construction, never changed. */
  GMainContext *context; /* (unowned) only a key */

  /* All below: only used by the thread that owns the context, or by the one that
   * drops the source. */
  gboolean sits_out;
  GSource *understudy;   /* (owned) (nullable) once needed, stays */
  CfutDeliveryItem *ready; /* (unowned) taken out of the queue, all at once; they come
                            * before what is in it now */

  /* All below: protected by the delivery lock. */
  gboolean in_table;
  CfutDeliveryItem *head; /* (unowned) */
  CfutDeliveryItem *tail;
  guint n_destroys;       /* CfutDestroyItems in the queue, or ready */
} CfutDeliverySource;

typedef struct
{
  CfutDeliveryItem item;
  const CfutInterpreter *interpreter; /* (nullable) */
  GDestroyNotify destroy;
  gpointer data;
} CfutDestroyItem;

/* The interpreter whose lock is held from one item to the next. */
typedef struct
{
  const CfutInterpreter *interpreter; /* (nullable) */
  int state;
} CfutDeliveryHold;

static GMutex delivery_lock;

/* All below: protected by @delivery_lock. */
static GHashTable *delivery_sources; /* (owned) GMainContext → CfutDeliverySource */

/* Atomic. */
static int n_destroys_queued;

static GPrivate never_sweeps;

static void
cfut_destroy_item_deliver (CfutDeliveryItem *item)
{
  CfutDestroyItem *self = (CfutDestroyItem *) item;

  self->destroy (self->data);
  g_free (self);
}

/* Takes the lock of @interpreter, or of none. Runs in: the thread that delivers.
 * Locks: lets go of another interpreter's. */
static void
cfut_delivery_hold_set (CfutDeliveryHold      *self,
                        const CfutInterpreter *interpreter)
{
  if (self->interpreter == interpreter)
    return;

  if (self->interpreter != NULL)
    self->interpreter->leave (self->state);
  self->interpreter = interpreter;
  if (interpreter != NULL)
    self->state = interpreter->enter ();
}

/* Runs in: the thread that delivers. Locks: takes what @item wants. */
static void
cfut_delivery_hold_prepare (CfutDeliveryHold *self,
                            CfutDeliveryItem *item)
{
  if (item->deliver == cfut_destroy_item_deliver)
    cfut_delivery_hold_set (self, ((CfutDestroyItem *) item)->interpreter);
  else
    cfut_delivery_hold_set (self, NULL);
}

/* Locks: caller holds the delivery's. */
static void
count_destroys_locked (CfutDeliverySource *self,
                       CfutDeliveryItem   *item,
                       int                 change)
{
  if (item->deliver != cfut_destroy_item_deliver)
    return;

  self->n_destroys += change;
  g_atomic_int_add (&n_destroys_queued, change);
}

/* Locks: caller holds the delivery's. */
static void
leave_table_locked (CfutDeliverySource *self)
{
  if (!self->in_table)
    return;

  g_hash_table_remove (delivery_sources, self->context);
  self->in_table = FALSE;
}

/* Runs in: the thread that owns the context, or drops the source.
 * Locks: takes the delivery's if nothing is ready. */
static CfutDeliveryItem *
pop (CfutDeliverySource *self)
{
  CfutDeliveryItem *item;

  if (self->ready == NULL)
    {
      g_mutex_lock (&delivery_lock);
      self->ready = g_steal_pointer (&self->head);
      g_mutex_unlock (&delivery_lock);
    }

  item = self->ready;
  if (item == NULL)
    return NULL;

  self->ready = g_steal_pointer (&item->next);
  if (item->deliver == cfut_destroy_item_deliver)
    {
      g_mutex_lock (&delivery_lock);
      count_destroys_locked (self, item, -1);
      g_mutex_unlock (&delivery_lock);
    }

  return item;
}

/* From then on the next item gets a new source.
 * Runs in: the thread that iterates the context. Locks: takes the delivery's. */
static gboolean
leave_table_if_empty (CfutDeliverySource *self)
{
  gboolean empty;

  g_mutex_lock (&delivery_lock);
  empty = self->ready == NULL && self->head == NULL;
  if (empty)
    leave_table_locked (self);
  g_mutex_unlock (&delivery_lock);

  return empty;
}

/* Runs in: the thread that iterates the context. Locks: none. */
static gboolean
cfut_delivery_source_prepare (GSource *source,
                              int     *timeout)
{
  CfutDeliverySource *self = (CfutDeliverySource *) source;

  *timeout = 0;

  return !self->sits_out;
}

/* Runs in: the thread that iterates the context. Locks: none. */
static gboolean
cfut_delivery_source_check (GSource *source)
{
  CfutDeliverySource *self = (CfutDeliverySource *) source;
  gboolean sits_out = self->sits_out;

  self->sits_out = FALSE;

  return !sits_out;
}

/* Runs in: the thread that drops the source. Locks: none. */
static void
dismiss_understudy (CfutDeliverySource *self)
{
  if (self->understudy == NULL)
    return;

  g_source_destroy (self->understudy);
  g_clear_pointer (&self->understudy, g_source_unref);
}

/* Delivers for as long as the budget lasts. FALSE if nothing is left: the source
 * is of no more use.
 *
 * The budget begins anew when an interpreter's lock was waited for, once: others
 * have had that time, and what waits for the lock again would wait as long.
 *
 * An item may iterate the context itself: those behind it are then delivered
 * inside of that, and it is found here that nothing is left.
 *
 * Runs in: the thread that iterates the context. Locks: takes the delivery's. */
static gboolean
deliver_batch (CfutDeliverySource *self)
{
  gint64 end = g_get_monotonic_time () + CFUT_DELIVERY_BUDGET_US;
  CfutDeliveryHold hold = { NULL };
  CfutDeliveryItem *item;
  gboolean has_waited = FALSE;

  while ((item = pop (self)) != NULL)
    {
      cfut_gjs_prepare_callbacks ();
      cfut_delivery_hold_prepare (&hold, item);
      if (hold.interpreter != NULL && !has_waited)
        {
          has_waited = TRUE;
          end = g_get_monotonic_time () + CFUT_DELIVERY_BUDGET_US;
        }
      item->deliver (item);

      if (g_get_monotonic_time () >= end)
        break;
    }
  cfut_delivery_hold_set (&hold, NULL);

  if (!leave_table_if_empty (self))
    return TRUE;

  dismiss_understudy (self);

  return FALSE;
}

/* Runs in: the thread that iterates the context. Locks: takes the delivery's. */
static gboolean
understudy_dispatch (GSource     *source,
                     GSourceFunc  callback,
                     gpointer     user_data)
{
  CfutDeliverySource *self = user_data;

  g_source_ref (&self->source);

  self->sits_out = deliver_batch (self);
  if (!self->sits_out)
    g_source_destroy (&self->source);

  g_source_unref (&self->source);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs understudy_funcs = {
  NULL,
  NULL,
  understudy_dispatch,
  NULL,
  NULL,
  NULL,
};

/* Runs in: the thread that iterates the context. Locks: takes the delivery's. */
static gboolean
cfut_delivery_source_dispatch (GSource     *source,
                               GSourceFunc  callback,
                               gpointer     user_data)
{
  CfutDeliverySource *self = (CfutDeliverySource *) source;

  self->sits_out = deliver_batch (self);

  if (self->sits_out && self->understudy == NULL)
    {
      self->understudy = g_source_new (&understudy_funcs, sizeof (GSource));
      g_source_set_static_name (self->understudy, "[cfut] delivery understudy");
      g_source_set_priority (self->understudy, G_MAXINT);
      g_source_set_can_recurse (self->understudy, TRUE);
      g_source_set_ready_time (self->understudy, 0);
      g_source_set_callback (self->understudy, NULL, self, NULL);
      g_source_attach (self->understudy, self->context);
    }

  return self->sits_out;
}

/* The source was destroyed: with its last item, or with its context, which is
 * still there at this moment, so that its key cannot be that of another.
 * Runs in: any thread. Locks: takes the delivery's. */
static void
cfut_delivery_source_destroyed (gpointer data)
{
  CfutDeliverySource *self = data;

  g_mutex_lock (&delivery_lock);
  leave_table_locked (self);
  g_mutex_unlock (&delivery_lock);
}

/* Runs in: any thread. Locks: takes the delivery's. */
static void
cfut_delivery_source_finalize (GSource *source)
{
  CfutDeliverySource *self = (CfutDeliverySource *) source;
  CfutDeliveryHold hold = { NULL };
  CfutDeliveryItem *item;

  dismiss_understudy (self);

  while ((item = pop (self)) != NULL)
    {
      cfut_delivery_hold_prepare (&hold, item);
      item->deliver (item);
    }
  cfut_delivery_hold_set (&hold, NULL);
}

static GSourceFuncs cfut_delivery_source_funcs = {
  cfut_delivery_source_prepare,
  cfut_delivery_source_check,
  cfut_delivery_source_dispatch,
  cfut_delivery_source_finalize,
  NULL,
  NULL,
};

/* Runs in: any thread. Locks: none. */
static CfutDeliverySource *
cfut_delivery_source_new (GMainContext *context)
{
  GSource *source = g_source_new (&cfut_delivery_source_funcs, sizeof (CfutDeliverySource));
  CfutDeliverySource *self = (CfutDeliverySource *) source;

  g_source_set_static_name (source, "[cfut] delivery");
  g_source_set_can_recurse (source, TRUE);
  g_source_set_callback (source, NULL, self, cfut_delivery_source_destroyed);
  self->context = context;

  return self;
}

void
cfut_delivery_push (GMainContext     *context,
                    CfutDeliveryItem *item)
{
  CfutDeliverySource *self = NULL;
  GSource *to_attach = NULL;

  g_assert (item->deliver != NULL);
  item->next = NULL;

  g_mutex_lock (&delivery_lock);

  if (delivery_sources == NULL)
    delivery_sources = g_hash_table_new (NULL, NULL);
  else
    self = g_hash_table_lookup (delivery_sources, context);

  if (self == NULL)
    {
      self = cfut_delivery_source_new (context);
      self->in_table = TRUE;
      g_hash_table_insert (delivery_sources, context, self);
      to_attach = &self->source;
    }

  if (self->head == NULL)
    self->head = item;
  else
    self->tail->next = item;
  self->tail = item;
  count_destroys_locked (self, item, 1);

  g_mutex_unlock (&delivery_lock);

  if (to_attach != NULL)
    {
      g_source_attach (to_attach, context);
      g_source_unref (to_attach);
    }
}

void
cfut_delivery_destroy (GMainContext   *context,
                       GDestroyNotify  destroy,
                       gpointer        data)
{
  if (destroy != NULL)
    cfut_delivery_release (context, NULL, destroy, data);
}

void
cfut_delivery_release (GMainContext          *context,
                       const CfutInterpreter *interpreter,
                       GDestroyNotify         destroy,
                       gpointer               data)
{
  CfutDestroyItem *self = g_new0 (CfutDestroyItem, 1);

  self->item.deliver = cfut_destroy_item_deliver;
  self->interpreter = interpreter;
  self->destroy = destroy;
  self->data = data;
  cfut_delivery_push (context, &self->item);
}

/* Moves the destroy items of @list to the end of another list, whose last link is
 * @end. Returns: that of the other list then; @last is the last item that stays.
 * Locks: caller holds the delivery's. */
static CfutDeliveryItem **
filter_destroys_locked (CfutDeliverySource  *self,
                        CfutDeliveryItem   **list,
                        CfutDeliveryItem   **end,
                        CfutDeliveryItem   **last)
{
  CfutDeliveryItem *item;

  *last = NULL;

  while ((item = *list) != NULL)
    {
      if (item->deliver == cfut_destroy_item_deliver)
        {
          *list = g_steal_pointer (&item->next);
          *end = item;
          end = &item->next;
          count_destroys_locked (self, item, -1);
        }
      else
        {
          *last = item;
          list = &item->next;
        }
    }

  return end;
}

/* Takes out the destroy items that are due in @context and returns them, in their
 * order. Runs in: the thread that owns the context. Locks: takes the delivery's. */
static CfutDeliveryItem *
take_destroys (GMainContext *context)
{
  CfutDeliverySource *self = NULL;
  CfutDeliveryItem *taken = NULL;
  CfutDeliveryItem **end = &taken;
  CfutDeliveryItem *last_ready;

  g_mutex_lock (&delivery_lock);

  if (delivery_sources != NULL)
    self = g_hash_table_lookup (delivery_sources, context);

  if (self != NULL && self->n_destroys > 0)
    {
      end = filter_destroys_locked (self, &self->ready, end, &last_ready);
      filter_destroys_locked (self, &self->head, end, &self->tail);
    }

  g_mutex_unlock (&delivery_lock);

  return taken;
}

void
cfut_delivery_sweep (void)
{
  g_autoptr(GMainContext) context = NULL;
  CfutDeliveryHold hold = { NULL };
  CfutDeliveryItem *item;

  /* A thread that is dispatching will come back to its loop. */
  if (g_atomic_int_get (&n_destroys_queued) == 0 ||
      g_main_depth () > 0 ||
      g_private_get (&never_sweeps) != NULL)
    return;

  context = g_main_context_ref_thread_default ();
  if (!g_main_context_acquire (context))
    return;

  while ((item = take_destroys (context)) != NULL)
    while (item != NULL)
      {
        CfutDeliveryItem *next = item->next;

        cfut_delivery_hold_prepare (&hold, item);
        item->deliver (item);
        item = next;
      }
  cfut_delivery_hold_set (&hold, NULL);

  g_main_context_release (context);
}

void
cfut_delivery_exclude_thread (void)
{
  g_private_set (&never_sweeps, GINT_TO_POINTER (TRUE));
}
