/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-options.h"

/**
 * CfutMapOptions:
 *
 * How a map goes over its input: order, window, chunks, time-out.
 *
 * ```c
 * g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
 *
 * cfut_map_options_set_ordered (options, FALSE);
 * cfut_map_options_set_timeout (options, 10 * G_USEC_PER_SEC);
 * map = cfut_executor_map (executor, "factorial", items, options, &error);
 * ```
 *
 * One set of options may be used for many maps. A map copies it, so changing
 * it later does not touch maps that were made. Do not change it in one thread
 * while another uses it.
 *
 * Since: 1.0
 */
struct _CfutMapOptions
{
  guint chunk_size;
  guint buffer_size;
  gint64 timeout;
  gboolean ordered;
  CfutSubmitOptions *submit_options; /* (owned) (nullable) */
};

G_DEFINE_BOXED_TYPE (CfutMapOptions, cfut_map_options,
                     cfut_map_options_copy, cfut_map_options_free)

/**
 * cfut_map_options_new:
 *
 * Creates options with the default of each: results in order, no time-out,
 * and the window and the chunks left to the map.
 *
 * Returns: (transfer full): new options
 *
 * Since: 1.0
 */
CfutMapOptions *
cfut_map_options_new (void)
{
  CfutMapOptions *self = g_new0 (CfutMapOptions, 1);

  self->timeout = CFUT_WAIT_FOREVER;
  self->ordered = TRUE;

  return self;
}

/**
 * cfut_map_options_copy:
 * @self: options
 *
 * Copies options, with the submit options among them.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
CfutMapOptions *
cfut_map_options_copy (const CfutMapOptions *self)
{
  CfutMapOptions *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new (CfutMapOptions, 1);
  *copy = *self;
  if (copy->submit_options != NULL)
    copy->submit_options = cfut_submit_options_copy (copy->submit_options);

  return copy;
}

/**
 * cfut_map_options_free:
 * @self: (transfer full): options
 *
 * Frees options.
 *
 * Since: 1.0
 */
void
cfut_map_options_free (CfutMapOptions *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->submit_options, cfut_submit_options_free);
  g_free (self);
}

/**
 * cfut_map_options_set_chunk_size:
 * @self: options
 * @chunk_size: how many items make one call, or 0 for automatic
 *
 * Sets how many items are given to a worker at a time.
 *
 * A chunk saves small calls the way through the queue and to a worker process,
 * and makes them share one fate: they are cancelled together, the time limits
 * of the submit options count for the chunk as a whole, and if a worker dies
 * those that had started there fail together; the others are run again, one by
 * one. Their results come together, so an item that never ends holds back all
 * others of its chunk until the time of the map is over, and they are lost; a size
 * of 1 avoids that. With retries the chunk is retried as a whole, and when these are used up
 * all its items are run again, one by one, with retries of their own.
 *
 * By default, 0, a map begins with single items, measures how long they run,
 * and lets its chunks grow until one lasts a millisecond or two; it goes back
 * to smaller ones as soon as the items take longer. With a time limit in the
 * submit options the automatic size is 1, so that the limit is each item's own.
 * A chunk is never larger than the buffer. Executors that do not come with cfut
 * get single items.
 *
 * Like `chunksize` of Python's `Executor.map()`, except that Python's default
 * is 1 and only its process pools have chunks.
 *
 * Since: 1.0
 */
void
cfut_map_options_set_chunk_size (CfutMapOptions *self,
                                 guint           chunk_size)
{
  g_return_if_fail (self != NULL);

  self->chunk_size = chunk_size;
}

/**
 * cfut_map_options_get_chunk_size:
 * @self: options
 *
 * Gets how many items are given to a worker at a time.
 *
 * Returns: the number of items of a chunk, or 0 for automatic
 *
 * Since: 1.0
 */
guint
cfut_map_options_get_chunk_size (const CfutMapOptions *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->chunk_size;
}

/**
 * cfut_map_options_set_buffer_size:
 * @self: options
 * @buffer_size: a number of items, or 0 for automatic
 *
 * Sets how far a map reads ahead of the results that were taken from it.
 *
 * No more than so many items have been read from the input and not yet been
 * returned by [method@Cfut.Map.next]: those that wait, those that run and those
 * whose results nobody has taken. This bounds the memory of a map and lets it
 * go over an input without end.
 *
 * By default, 0, it is enough to keep all workers busy: two chunks for each.
 * With automatic chunks, these are kept small enough for the buffer.
 *
 * Like `buffersize` of Python 3.14's `Executor.map()`, except that it has a
 * bound by default.
 *
 * Since: 1.0
 */
void
cfut_map_options_set_buffer_size (CfutMapOptions *self,
                                  guint           buffer_size)
{
  g_return_if_fail (self != NULL);

  self->buffer_size = buffer_size;
}

/**
 * cfut_map_options_get_buffer_size:
 * @self: options
 *
 * Gets how far a map reads ahead of the results that were taken from it.
 *
 * Returns: the number of items, or 0 for automatic
 *
 * Since: 1.0
 */
guint
cfut_map_options_get_buffer_size (const CfutMapOptions *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->buffer_size;
}

/**
 * cfut_map_options_set_timeout:
 * @self: options
 * @timeout_us: microseconds, or %CFUT_WAIT_FOREVER, the default
 *
 * Sets how long the whole iteration may take, counted from the moment the map
 * is made.
 *
 * When it has passed, the map reads no more input. Results that are there by
 * then can still be taken; after them [method@Cfut.Map.next] fails once with
 * `G_IO_ERROR_TIMED_OUT`, cancels what is left, and the map has ended. The time
 * that single calls may take is set with
 * [method@Cfut.SubmitOptions.set_timeout].
 *
 * Since: 1.0
 */
void
cfut_map_options_set_timeout (CfutMapOptions *self,
                              gint64          timeout_us)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (timeout_us >= CFUT_WAIT_FOREVER);

  self->timeout = timeout_us;
}

/**
 * cfut_map_options_get_timeout:
 * @self: options
 *
 * Gets how long the whole iteration may take.
 *
 * Returns: microseconds, or %CFUT_WAIT_FOREVER
 *
 * Since: 1.0
 */
gint64
cfut_map_options_get_timeout (const CfutMapOptions *self)
{
  g_return_val_if_fail (self != NULL, CFUT_WAIT_FOREVER);

  return self->timeout;
}

/**
 * cfut_map_options_set_ordered:
 * @self: options
 * @ordered: whether results come in the order of the input
 *
 * Sets whether results come in the order of the input, which is the default,
 * or as the calls complete.
 *
 * In order, one slow item holds back the results of those behind it; the window
 * goes on being filled until it is full.
 *
 * Since: 1.0
 */
void
cfut_map_options_set_ordered (CfutMapOptions *self,
                              gboolean        ordered)
{
  g_return_if_fail (self != NULL);

  self->ordered = !!ordered;
}

/**
 * cfut_map_options_get_ordered:
 * @self: options
 *
 * Gets whether results come in the order of the input.
 *
 * Returns: %TRUE for the order of the input, %FALSE for as completed
 *
 * Since: 1.0
 */
gboolean
cfut_map_options_get_ordered (const CfutMapOptions *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->ordered;
}

/**
 * cfut_map_options_set_submit_options:
 * @self: options
 * @options: (nullable): how each call is run, or %NULL for the defaults
 *
 * Sets how each call of the map is run. @options is copied.
 *
 * Since: 1.0
 */
void
cfut_map_options_set_submit_options (CfutMapOptions    *self,
                                     CfutSubmitOptions *options)
{
  CfutSubmitOptions *old;

  g_return_if_fail (self != NULL);

  old = self->submit_options;
  self->submit_options = options != NULL ? cfut_submit_options_copy (options) : NULL;
  g_clear_pointer (&old, cfut_submit_options_free);
}

/**
 * cfut_map_options_get_submit_options:
 * @self: options
 *
 * Gets how each call of the map is run.
 *
 * Returns: (transfer none) (nullable): the options of each call, or %NULL for
 *   the defaults
 *
 * Since: 1.0
 */
CfutSubmitOptions *
cfut_map_options_get_submit_options (const CfutMapOptions *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->submit_options;
}
