/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-worker-info-private.h"

#include "future/cfut-delivery-private.h"

/**
 * CfutWorkerInfo:
 *
 * What there is to know of one worker of an executor.
 *
 * The items of [method@Cfut.Executor.get_workers] are of this class. An info
 * describes its worker while that lives and keeps the last values after it has
 * gone.
 *
 * Any thread may read the properties; changes are notified in the main context
 * that the list belongs to, several at a time where they come fast.
 *
 * Since: 1.0
 */

typedef struct
{
  CfutWorkerState state;
  guint64 n_calls;
  gint64 busy_time;
  gint64 cpu_time;
} CfutWorkerNumbers;

struct _CfutWorkerInfo
{
  GObject parent_instance;

  /* Set at construction, never changed; read from any thread. */
  guint id;
  int pid;
  GMainContext *context; /* (owned) */

  /* In the delivery queue, with a reference on the info, while @changed is not 0. */
  CfutDeliveryItem item;

  GMutex lock;

  /* All below: protected by @lock. */
  CfutWorkerNumbers numbers;
  guint changed; /* a bit for each property that listeners were not told of */
};

typedef enum
{
  PROP_ID = 1,
  PROP_PID,
  PROP_STATE,
  PROP_N_CALLS,
  PROP_BUSY_TIME,
  PROP_CPU_TIME,
} CfutWorkerInfoProperty;

static GParamSpec *properties[PROP_CPU_TIME + 1];
static guint notify_signal;

G_DEFINE_FINAL_TYPE (CfutWorkerInfo, cfut_worker_info, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (CfutWorkerState, cfut_worker_state,
                    G_DEFINE_ENUM_VALUE (CFUT_WORKER_STATE_STARTING, "starting"),
                    G_DEFINE_ENUM_VALUE (CFUT_WORKER_STATE_IDLE, "idle"),
                    G_DEFINE_ENUM_VALUE (CFUT_WORKER_STATE_BUSY, "busy"),
                    G_DEFINE_ENUM_VALUE (CFUT_WORKER_STATE_LEAVING, "leaving"),
                    G_DEFINE_ENUM_VALUE (CFUT_WORKER_STATE_GONE, "gone"))

static CfutWorkerNumbers
cfut_worker_info_get_numbers (CfutWorkerInfo *self)
{
  CfutWorkerNumbers numbers;

  g_mutex_lock (&self->lock);
  numbers = self->numbers;
  g_mutex_unlock (&self->lock);

  return numbers;
}

/* Runs in: the info's context. Locks: takes the info's. */
static void
cfut_worker_info_deliver (CfutDeliveryItem *item)
{
  gpointer container = (char *) item - G_STRUCT_OFFSET (CfutWorkerInfo, item);
  g_autoptr(CfutWorkerInfo) self = container;
  guint changed;

  g_mutex_lock (&self->lock);
  changed = self->changed;
  self->changed = 0;
  g_mutex_unlock (&self->lock);

  for (guint i = PROP_STATE; i <= PROP_CPU_TIME; i++)
    if ((changed & (1u << i)) != 0)
      g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
}

static void
cfut_worker_info_finalize (GObject *object)
{
  CfutWorkerInfo *self = CFUT_WORKER_INFO (object);

  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->context, g_main_context_unref);

  G_OBJECT_CLASS (cfut_worker_info_parent_class)->finalize (object);
}

static void
cfut_worker_info_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  CfutWorkerInfo *self = CFUT_WORKER_INFO (object);
  CfutWorkerNumbers numbers = cfut_worker_info_get_numbers (self);

  switch ((CfutWorkerInfoProperty) prop_id)
    {
    case PROP_ID:
      g_value_set_uint (value, self->id);
      break;

    case PROP_PID:
      g_value_set_int (value, self->pid);
      break;

    case PROP_STATE:
      g_value_set_enum (value, numbers.state);
      break;

    case PROP_N_CALLS:
      g_value_set_uint64 (value, numbers.n_calls);
      break;

    case PROP_BUSY_TIME:
      g_value_set_int64 (value, numbers.busy_time);
      break;

    case PROP_CPU_TIME:
      g_value_set_int64 (value, numbers.cpu_time);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cfut_worker_info_class_init (CfutWorkerInfoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = cfut_worker_info_finalize;
  object_class->get_property = cfut_worker_info_get_property;

  /**
   * CfutWorkerInfo:id: (getter get_id)
   *
   * A number that no other worker of the executor has or had.
   *
   * Since: 1.0
   */
  properties[PROP_ID] =
    g_param_spec_uint ("id", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * CfutWorkerInfo:pid: (getter get_pid)
   *
   * The process id of a worker process, 0 for a worker thread.
   *
   * Since: 1.0
   */
  properties[PROP_PID] =
    g_param_spec_int ("pid", NULL, NULL, 0, G_MAXINT, 0,
                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * CfutWorkerInfo:state: (getter get_state)
   *
   * What the worker does.
   *
   * Since: 1.0
   */
  properties[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL,
                       CFUT_TYPE_WORKER_STATE, CFUT_WORKER_STATE_STARTING,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * CfutWorkerInfo:n-calls: (getter get_n_calls)
   *
   * How many calls the worker has ended.
   *
   * Since: 1.0
   */
  properties[PROP_N_CALLS] =
    g_param_spec_uint64 ("n-calls", NULL, NULL, 0, G_MAXUINT64, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * CfutWorkerInfo:busy-time: (getter get_busy_time)
   *
   * How long the worker has spent in calls, in microseconds.
   *
   * Since: 1.0
   */
  properties[PROP_BUSY_TIME] =
    g_param_spec_int64 ("busy-time", NULL, NULL, 0, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * CfutWorkerInfo:cpu-time: (getter get_cpu_time)
   *
   * How much CPU time the worker has used, in microseconds.
   *
   * Since: 1.0
   */
  properties[PROP_CPU_TIME] =
    g_param_spec_int64 ("cpu-time", NULL, NULL, 0, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
  notify_signal = g_signal_lookup ("notify", G_TYPE_OBJECT);
}

static void
cfut_worker_info_init (CfutWorkerInfo *self)
{
  g_mutex_init (&self->lock);
  self->item.deliver = cfut_worker_info_deliver;
}

CfutWorkerInfo *
cfut_worker_info_new (guint         id,
                      int           pid,
                      GMainContext *context)
{
  CfutWorkerInfo *self = g_object_new (CFUT_TYPE_WORKER_INFO, NULL);

  g_assert (context != NULL);

  self->id = id;
  self->pid = pid;
  self->context = g_main_context_ref (context);

  return self;
}

static guint
compare_numbers (const CfutWorkerNumbers *a,
                 const CfutWorkerNumbers *b)
{
  return (a->state != b->state ? 1u << PROP_STATE : 0) |
         (a->n_calls != b->n_calls ? 1u << PROP_N_CALLS : 0) |
         (a->busy_time != b->busy_time ? 1u << PROP_BUSY_TIME : 0) |
         (a->cpu_time != b->cpu_time ? 1u << PROP_CPU_TIME : 0);
}

void
cfut_worker_info_update (CfutWorkerInfo  *self,
                         CfutWorkerState  state,
                         guint64          n_calls,
                         gint64           busy_time,
                         gint64           cpu_time)
{
  CfutWorkerNumbers numbers = { state, n_calls, busy_time, cpu_time };
  gboolean listened;
  gboolean must_push = FALSE;
  guint changed;

  g_assert (CFUT_IS_WORKER_INFO (self));

  listened = g_signal_has_handler_pending (self, notify_signal, 0, TRUE);

  g_mutex_lock (&self->lock);
  changed = compare_numbers (&self->numbers, &numbers);
  self->numbers = numbers;
  if (listened && changed != 0)
    {
      must_push = self->changed == 0;
      self->changed |= changed;
    }
  g_mutex_unlock (&self->lock);

  if (must_push)
    {
      g_object_ref (self);
      cfut_delivery_push (self->context, &self->item);
    }
}

/**
 * cfut_worker_info_get_id:
 * @self: an info
 *
 * Gets the number of the worker.
 *
 * Returns: a number that no other worker of the executor has or had
 *
 * Since: 1.0
 */
guint
cfut_worker_info_get_id (CfutWorkerInfo *self)
{
  g_return_val_if_fail (CFUT_IS_WORKER_INFO (self), 0);

  return self->id;
}

/**
 * cfut_worker_info_get_pid:
 * @self: an info
 *
 * Gets the process id of a worker process.
 *
 * Returns: a process id, or 0 if the worker is a thread
 *
 * Since: 1.0
 */
int
cfut_worker_info_get_pid (CfutWorkerInfo *self)
{
  g_return_val_if_fail (CFUT_IS_WORKER_INFO (self), 0);

  return self->pid;
}

/**
 * cfut_worker_info_get_state:
 * @self: an info
 *
 * Gets what the worker does.
 *
 * Returns: the state of the worker
 *
 * Since: 1.0
 */
CfutWorkerState
cfut_worker_info_get_state (CfutWorkerInfo *self)
{
  g_return_val_if_fail (CFUT_IS_WORKER_INFO (self), CFUT_WORKER_STATE_GONE);

  return cfut_worker_info_get_numbers (self).state;
}

/**
 * cfut_worker_info_get_n_calls:
 * @self: an info
 *
 * Gets how many calls the worker has ended.
 *
 * Returns: a number of calls
 *
 * Since: 1.0
 */
guint64
cfut_worker_info_get_n_calls (CfutWorkerInfo *self)
{
  g_return_val_if_fail (CFUT_IS_WORKER_INFO (self), 0);

  return cfut_worker_info_get_numbers (self).n_calls;
}

/**
 * cfut_worker_info_get_busy_time:
 * @self: an info
 *
 * Gets how long the worker has spent in calls.
 *
 * Returns: a time in microseconds
 *
 * Since: 1.0
 */
gint64
cfut_worker_info_get_busy_time (CfutWorkerInfo *self)
{
  g_return_val_if_fail (CFUT_IS_WORKER_INFO (self), 0);

  return cfut_worker_info_get_numbers (self).busy_time;
}

/**
 * cfut_worker_info_get_cpu_time:
 * @self: an info
 *
 * Gets how much CPU time the worker has used.
 *
 * Returns: a time in microseconds
 *
 * Since: 1.0
 */
gint64
cfut_worker_info_get_cpu_time (CfutWorkerInfo *self)
{
  g_return_val_if_fail (CFUT_IS_WORKER_INFO (self), 0);

  return cfut_worker_info_get_numbers (self).cpu_time;
}
