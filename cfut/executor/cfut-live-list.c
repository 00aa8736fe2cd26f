/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-live-list-private.h"

#include "future/cfut-delivery-private.h"

/*
 * There are two lists. The one that producers change, under the lock, is what
 * is the case: a hash table of entries. The one that the context has, without
 * a lock, is what the model shows: a sequence of the same entries. Between
 * them are two queues, of entries that are to be shown and of entries that are
 * to go, which a delivery empties.
 *
 *     add              deliver             remove                  deliver
 *   ───────▶ STAGED ──────────▶ SHOWN ──────────────▶ LEAVING ──────────────▶ gone
 *              │ remove
 *              └───────▶ gone
 */

typedef enum
{
  ENTRY_STAGED,
  ENTRY_SHOWN,
  ENTRY_LEAVING,
} EntryPlace;

typedef struct
{
  /* Set at construction, never changed; read from any thread. */
  GObject *item; /* (owned) */

  /* Protected by the list's lock. */
  EntryPlace place;
  gboolean finished;
  GList staged_link;   /* in staged or leaving */
  GList finished_link; /* in finished, while @finished */

  /* Touched in the list's context only. */
  GSequenceIter *iter; /* (unowned) (nullable) while it is shown */
} Entry;

struct _CfutLiveList
{
  GObject parent_instance;

  /* Set at construction, never changed; read from any thread. */
  GType item_type;
  guint max_finished;
  GMainContext *context; /* (owned) */

  /* Touched in @context only. */
  GSequence *shown; /* (element-type Entry) (owned) */
  gboolean applying;
  gboolean again; /* a delivery came meanwhile */

  /* In the delivery queue, with a reference on the list, while @queued. */
  CfutDeliveryItem delivery;

  GMutex lock;

  /* All below: protected by @lock. */
  GHashTable *entries; /* (element-type GObject Entry) staged and shown */
  GQueue staged;       /* (element-type Entry) in the order of adding */
  GQueue leaving;      /* (element-type Entry) */
  GQueue finished;     /* (element-type Entry) in the order of finishing */
  gboolean queued;
};

static void cfut_live_list_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CfutLiveList, cfut_live_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, cfut_live_list_iface_init))

static Entry *
entry_new (gpointer item)
{
  Entry *self = g_new0 (Entry, 1);

  self->item = g_object_ref (item);
  self->staged_link.data = self;
  self->finished_link.data = self;

  return self;
}

/* May run code of the item's: not under the lock. */
static void
entry_free (gpointer data)
{
  Entry *self = data;

  g_object_unref (self->item);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Entry, entry_free)

/* Returns: whether the caller must push the delivery. */
static gboolean
cfut_live_list_queue_locked (CfutLiveList *self)
{
  if (self->queued)
    return FALSE;

  self->queued = TRUE;

  return TRUE;
}

static void
cfut_live_list_push (CfutLiveList *self)
{
  g_object_ref (self);
  cfut_delivery_push (self->context, &self->delivery);
}

/* Takes @entry out of what is the case. Returns: (nullable): the entry, if it
 * was never shown and is the caller's to free after leaving the lock. */
static Entry *
cfut_live_list_drop_locked (CfutLiveList *self,
                            Entry        *entry,
                            gboolean     *must_push)
{
  g_hash_table_remove (self->entries, entry->item);
  if (entry->finished)
    g_queue_unlink (&self->finished, &entry->finished_link);

  if (entry->place == ENTRY_STAGED)
    {
      g_queue_unlink (&self->staged, &entry->staged_link);
      return entry;
    }

  g_assert (entry->place == ENTRY_SHOWN);
  entry->place = ENTRY_LEAVING;
  g_queue_push_tail_link (&self->leaving, &entry->staged_link);
  *must_push = cfut_live_list_queue_locked (self);

  return NULL;
}

/* One change of the model: as many items at one place go and come. */
static void
cfut_live_list_emit (CfutLiveList *self,
                     guint         position,
                     guint         n_removed,
                     guint         n_added)
{
  if (n_removed > 0 || n_added > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
}

static int
compare_positions (gconstpointer a,
                   gconstpointer b)
{
  const Entry * const *left = a;
  const Entry * const *right = b;

  return g_sequence_iter_compare ((*left)->iter, (*right)->iter);
}

/* Where the run of neighbours that ends with @leaving[@end - 1] begins. */
static guint
find_run (GPtrArray *leaving,
          guint      end)
{
  guint begin = end - 1;

  while (begin > 0)
    {
      Entry *entry = g_ptr_array_index (leaving, begin);
      Entry *before = g_ptr_array_index (leaving, begin - 1);

      if (g_sequence_iter_prev (entry->iter) != before->iter)
        break;
      begin--;
    }

  return begin;
}

/* Removes from the end to the front, so that positions stay true; what is
 * added goes to the end, together with a run that was there.
 * Runs in: the list's context. Locks: none. */
static void
cfut_live_list_apply (CfutLiveList *self,
                      GPtrArray    *leaving,
                      GPtrArray    *staged)
{
  guint n_shown = g_sequence_get_length (self->shown);
  guint end = leaving->len;
  gboolean added = FALSE;

  g_ptr_array_sort (leaving, compare_positions);

  do
    {
      guint begin = end > 0 ? find_run (leaving, end) : 0;
      guint n_removed = end - begin;
      guint position = n_shown;
      guint n_added = 0;

      if (n_removed > 0)
        {
          Entry *first = g_ptr_array_index (leaving, begin);

          position = (guint) g_sequence_iter_get_position (first->iter);
        }

      if (!added && position + n_removed < n_shown)
        {
          /* Nothing goes at the end: what comes is a change of its own. */
          n_removed = 0;
          position = n_shown;
        }
      else
        {
          for (guint i = begin; i < end; i++)
            {
              Entry *entry = g_ptr_array_index (leaving, i);

              g_sequence_remove (g_steal_pointer (&entry->iter));
            }
          end = begin;
        }

      if (!added)
        {
          for (guint i = 0; i < staged->len; i++)
            {
              Entry *entry = g_ptr_array_index (staged, i);

              entry->iter = g_sequence_append (self->shown, entry);
            }
          n_added = staged->len;
          added = TRUE;
        }

      cfut_live_list_emit (self, position, n_removed, n_added);
    }
  while (end > 0);
}

/* Runs in: the list's context. Locks: takes the list's. */
static void
cfut_live_list_deliver (CfutDeliveryItem *item)
{
  gpointer container = (char *) item - G_STRUCT_OFFSET (CfutLiveList, delivery);
  g_autoptr(CfutLiveList) self = container;

  /* A handler of items-changed iterates the context: the batch that it is in
   * must be over before the next one begins. */
  if (self->applying)
    {
      self->again = TRUE;
      return;
    }

  self->applying = TRUE;
  do
    {
      g_autoptr(GPtrArray) leaving = g_ptr_array_new_with_free_func (entry_free);
      g_autoptr(GPtrArray) staged = g_ptr_array_new ();
      GList *link;

      self->again = FALSE;

      g_mutex_lock (&self->lock);
      self->queued = FALSE;
      while ((link = g_queue_pop_head_link (&self->leaving)) != NULL)
        g_ptr_array_add (leaving, link->data);
      while ((link = g_queue_pop_head_link (&self->staged)) != NULL)
        {
          ((Entry *) link->data)->place = ENTRY_SHOWN;
          g_ptr_array_add (staged, link->data);
        }
      g_mutex_unlock (&self->lock);

      cfut_live_list_apply (self, leaving, staged);
    }
  while (self->again);
  self->applying = FALSE;
}

static GType
cfut_live_list_get_item_type (GListModel *model)
{
  return CFUT_LIVE_LIST (model)->item_type;
}

static guint
cfut_live_list_get_n_items (GListModel *model)
{
  return (guint) g_sequence_get_length (CFUT_LIVE_LIST (model)->shown);
}

static gpointer
cfut_live_list_get_item (GListModel *model,
                         guint       position)
{
  CfutLiveList *self = CFUT_LIVE_LIST (model);
  GSequenceIter *iter;
  Entry *entry;

  if (position >= (guint) g_sequence_get_length (self->shown))
    return NULL;

  iter = g_sequence_get_iter_at_pos (self->shown, (int) position);
  entry = g_sequence_get (iter);

  return g_object_ref (entry->item);
}

static void
cfut_live_list_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = cfut_live_list_get_item_type;
  iface->get_n_items = cfut_live_list_get_n_items;
  iface->get_item = cfut_live_list_get_item;
}

static void
cfut_live_list_finalize (GObject *object)
{
  CfutLiveList *self = CFUT_LIVE_LIST (object);
  GHashTableIter iter;
  gpointer entry;
  GList *link;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    {
      g_hash_table_iter_remove (&iter);
      entry_free (entry);
    }
  while ((link = g_queue_pop_head_link (&self->leaving)) != NULL)
    entry_free (link->data);

  g_clear_pointer (&self->entries, g_hash_table_unref);
  g_clear_pointer (&self->shown, g_sequence_free);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (cfut_live_list_parent_class)->finalize (object);
}

static void
cfut_live_list_class_init (CfutLiveListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = cfut_live_list_finalize;
}

static void
cfut_live_list_init (CfutLiveList *self)
{
  g_mutex_init (&self->lock);
  self->shown = g_sequence_new (NULL);
  self->entries = g_hash_table_new (NULL, NULL);
  self->delivery.deliver = cfut_live_list_deliver;
}

CfutLiveList *
cfut_live_list_new (GType         item_type,
                    GMainContext *context,
                    guint         max_finished)
{
  CfutLiveList *self = g_object_new (CFUT_TYPE_LIVE_LIST, NULL);

  g_assert (g_type_is_a (item_type, G_TYPE_OBJECT));
  g_assert (context != NULL);

  self->item_type = item_type;
  self->context = g_main_context_ref (context);
  self->max_finished = max_finished;

  return self;
}

GMainContext *
cfut_live_list_get_context (CfutLiveList *self)
{
  g_assert (CFUT_IS_LIVE_LIST (self));

  return self->context;
}

void
cfut_live_list_add (CfutLiveList *self,
                    gpointer      item)
{
  g_autoptr(Entry) entry = NULL;
  gboolean must_push = FALSE;

  g_assert (CFUT_IS_LIVE_LIST (self));
  g_assert (G_TYPE_CHECK_INSTANCE_TYPE (item, self->item_type));

  entry = entry_new (item);

  g_mutex_lock (&self->lock);
  if (!g_hash_table_contains (self->entries, item))
    {
      g_hash_table_insert (self->entries, item, entry);
      g_queue_push_tail_link (&self->staged, &entry->staged_link);
      must_push = cfut_live_list_queue_locked (self);
      entry = NULL;
    }
  g_mutex_unlock (&self->lock);

  if (must_push)
    cfut_live_list_push (self);
}

void
cfut_live_list_remove (CfutLiveList *self,
                       gpointer      item)
{
  gboolean must_push = FALSE;
  Entry *entry, *dropped = NULL;

  g_assert (CFUT_IS_LIVE_LIST (self));

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->entries, item);
  if (entry != NULL)
    dropped = cfut_live_list_drop_locked (self, entry, &must_push);
  g_mutex_unlock (&self->lock);

  if (must_push)
    cfut_live_list_push (self);
  g_clear_pointer (&dropped, entry_free);
}

void
cfut_live_list_finish (CfutLiveList *self,
                       gpointer      item)
{
  gboolean must_push = FALSE;
  Entry *entry, *dropped = NULL;

  g_assert (CFUT_IS_LIVE_LIST (self));

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->entries, item);
  if (entry != NULL && !entry->finished)
    {
      entry->finished = TRUE;
      g_queue_push_tail_link (&self->finished, &entry->finished_link);
      if (self->finished.length > self->max_finished)
        dropped = cfut_live_list_drop_locked (self, self->finished.head->data, &must_push);
    }
  g_mutex_unlock (&self->lock);

  if (must_push)
    cfut_live_list_push (self);
  g_clear_pointer (&dropped, entry_free);
}

void
cfut_live_list_release (CfutLiveList *self)
{
  g_assert (CFUT_IS_LIVE_LIST (self));

  /* May be called once for each reference, so no item of our own is pushed. */
  cfut_delivery_destroy (self->context, g_object_unref, self);
}
