/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-queue-private.h"
#include "executor/cfut-completion-record-private.h"
#include "executor/cfut-executor-private.h"

/*
 * A completion queue for languages to which each object and each crossing is
 * dear: bytes in, and what became of many calls out in one block.
 */

/* How much a drain takes that was given no number. */
#define DEFAULT_MAX_SIZE ((gsize) 4 << 20)

/**
 * cfut_completion_queue_push_data:
 * @self: a queue
 * @executor: where to run the call
 * @function: the name of a function that takes bytes
 * @data: (array length=length) (element-type guint8) (nullable): its arguments,
 *   which are copied
 * @length: how many bytes there are
 * @options: (nullable): priority, time-outs and the like; they are copied
 * @tag: what to tell the completion by; need not be unique
 * @error: return location for an error
 *
 * Submits a call whose arguments are bytes, and whose completion is to come
 * through the queue.
 *
 * It is to [method@Cfut.CompletionQueue.push] what
 * [method@Cfut.Executor.submit_data] is to [method@Cfut.Executor.submit].
 *
 * Returns: %TRUE if the call was submitted, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_completion_queue_push_data (CfutCompletionQueue  *self,
                                 CfutExecutor         *executor,
                                 const char           *function,
                                 const guint8         *data,
                                 gsize                 length,
                                 CfutSubmitOptions    *options,
                                 guint64               tag,
                                 GError              **error)
{
  g_autoptr(GVariant) arguments = NULL;

  g_return_val_if_fail (data != NULL || length == 0, FALSE);

  arguments = cfut_data_to_arguments (data, length);

  return cfut_completion_queue_push (self, executor, function, arguments, options, tag, error);
}

/**
 * cfut_completion_queue_push_bytes:
 * @self: a queue
 * @executor: where to run the call
 * @function: the name of a function that takes bytes
 * @bytes: its arguments, which are not copied
 * @options: (nullable): priority, time-outs and the like; they are copied
 * @tag: what to tell the completion by; need not be unique
 * @error: return location for an error
 *
 * Submits a call whose arguments are bytes, without copying them, and whose
 * completion is to come through the queue.
 *
 * It is to [method@Cfut.CompletionQueue.push_data] what
 * [method@Cfut.Executor.submit_bytes] is to [method@Cfut.Executor.submit_data].
 *
 * Returns: %TRUE if the call was submitted, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_completion_queue_push_bytes (CfutCompletionQueue  *self,
                                  CfutExecutor         *executor,
                                  const char           *function,
                                  GBytes               *bytes,
                                  CfutSubmitOptions    *options,
                                  guint64               tag,
                                  GError              **error)
{
  g_autoptr(GVariant) arguments = NULL;

  g_return_val_if_fail (bytes != NULL, FALSE);

  arguments = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));

  return cfut_completion_queue_push (self, executor, function, arguments, options, tag, error);
}

/**
 * cfut_completion_queue_set_lends_data:
 * @self: a queue
 * @lends_data: whether large results are lent
 *
 * Has records of large results refer to them instead of having them in them.
 *
 * It is for bindings that can read memory where it is and make their own value of
 * it. With it a result of type `ay` of 64 KiB or more gives
 * [method@Cfut.CompletionQueue.drain_data] a record of kind 4: the address of the
 * bytes, how many there are, and the address of a #GBytes that holds them, three
 * numbers of 8 bytes. Whoever gets the record owns a reference of that #GBytes, and
 * drops it with g_bytes_unref(). [method@Cfut.CompletionQueue.take_data] lends nothing.
 *
 * It applies to calls that are pushed after this. The default is %FALSE.
 *
 * Since: 1.0
 */
void
cfut_completion_queue_set_lends_data (CfutCompletionQueue *self,
                                      gboolean             lends_data)
{
  g_return_if_fail (CFUT_IS_COMPLETION_QUEUE (self));

  cfut_completion_store_set_lends (cfut_completion_queue_get_store (self), lends_data);
}

/**
 * cfut_completion_queue_set_tells_progress:
 * @self: a queue
 * @tells_progress: whether there are records of progress
 *
 * Has the last progress of a call come with its completion.
 *
 * It is for bindings whose futures are no #CfutFuture, and are to know their
 * progress after the end as one does. With it
 * [method@Cfut.CompletionQueue.drain_data] writes, ahead of the record of a call
 * that has reported progress, one more of the same tag, of kind 5: the fraction, a
 * little-endian double or -1, and the message with a zero behind it, which is
 * empty if there is none. [method@Cfut.CompletionQueue.take_data] writes no such record.
 *
 * It applies to calls that are pushed after this. The default is %FALSE.
 *
 * Since: 1.0
 */
void
cfut_completion_queue_set_tells_progress (CfutCompletionQueue *self,
                                          gboolean             tells_progress)
{
  g_return_if_fail (CFUT_IS_COMPLETION_QUEUE (self));

  cfut_completion_store_set_tells (cfut_completion_queue_get_store (self), tells_progress);
}

/**
 * cfut_completion_queue_drain_data:
 * @self: a queue
 * @max: how many completions to take at most; 0 for all that are there, but for
 *   no more after those that have come to 4 MiB
 * @length: (out): return location for the number of bytes
 *
 * Takes completions out of the queue, in the order in which the calls ended, and
 * writes them one after another.
 *
 * It does not wait: there may be none. It is for languages to which one object
 * for each completion is dear; others have [method@Cfut.CompletionQueue.drain].
 *
 * Each completion is a record of a head, a body, and zeros up to a multiple of 8
 * bytes. The head is four little-endian numbers, `<QIIQ` in the words of
 * Python's `struct`:
 *
 * | offset | size | |
 * |--------|------|-|
 * | 0 | 8 | the tag |
 * | 8 | 4 | how the call ended, a [enum@Cfut.FutureState] |
 * | 12 | 4 | what the body is |
 * | 16 | 8 | how many bytes it has, without the zeros |
 *
 * | kind | the body |
 * |------|----------|
 * | 0 | none: the result is not a #GVariant |
 * | 1 | the bytes of a result of type `ay` |
 * | 2 | any other result: the type, a zero, more zeros up to a multiple of 8 bytes, and the serialised data in the byte order of the machine |
 * | 3 | the error of a call that has failed or was cancelled: domain, code in decimal digits, message, and of an exception its name and its traceback, each with a zero behind it; then what [method@Cfut.Future.dup_remote_data] gives |
 * | 4 | a large result of type `ay` that is lent: see [method@Cfut.CompletionQueue.set_lends_data] |
 * | 5 | the last progress of the call whose record follows: see [method@Cfut.CompletionQueue.set_tells_progress] |
 *
 * Returns: (transfer full) (array length=length) (element-type guint8) (nullable):
 *   the records; %NULL if there are none
 *
 * Since: 1.0
 */
guint8 *
cfut_completion_queue_drain_data (CfutCompletionQueue *self,
                                  guint                max,
                                  gsize               *length)
{
  CfutCompletion *completion;
  guint8 *records;
  gsize offset = 0;
  gsize total;

  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);

  completion = cfut_completion_store_take (cfut_completion_queue_get_store (self), max,
                                           max > 0 ? G_MAXSIZE : DEFAULT_MAX_SIZE, &total);
  records = total > 0 ? g_malloc (total) : NULL;

  while (completion != NULL)
    {
      CfutCompletion *next = completion->next;

      cfut_completion_write_record (completion, records + offset);
      offset += completion->record_size;
      cfut_completion_free (completion);
      completion = next;
    }
  *length = total;

  return records;
}

/**
 * cfut_completion_queue_take_data:
 * @self: a queue
 * @tag: a tag
 * @timeout_us: how long to wait at most, in microseconds; 0 only looks, and
 *   %CFUT_WAIT_FOREVER or any other negative number waits without an end
 * @length: (out): return location for the number of bytes
 * @error: return location for an error
 *
 * Waits until the oldest call with a tag has ended, and takes its completion out
 * of the queue: a record as [method@Cfut.CompletionQueue.drain_data] writes them.
 *
 * It is for a thread that needs one result while another thread waits for all
 * that there is to drain. A completion that is waited for by its tag is not
 * among these: neither is its fd readable for it, nor does a wait end. So it
 * takes one wake-up, that of the thread which wants it.
 *
 * The rules for threads are those of [method@Cfut.Future.wait]. Finding the call
 * takes as long as there are calls in the queue that are older.
 *
 * Returns: (transfer full) (array length=length) (element-type guint8) (nullable):
 *   the record; %NULL with @error set to %G_IO_ERROR_TIMED_OUT, or
 *   %G_IO_ERROR_NOT_FOUND if there is no such call, or it was drained, or
 *   another thread waits for it, or %CFUT_ERROR_WOULD_DEADLOCK
 *
 * Since: 1.0
 */
guint8 *
cfut_completion_queue_take_data (CfutCompletionQueue  *self,
                                 guint64               tag,
                                 gint64                timeout_us,
                                 gsize                *length,
                                 GError              **error)
{
  g_autoptr(CfutCompletion) completion = NULL;
  guint8 *record;

  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  *length = 0;
  completion = cfut_completion_store_claim (cfut_completion_queue_get_store (self), tag,
                                            timeout_us, error);
  if (completion == NULL)
    return NULL;

  /* Whoever reads it twice must not free it twice. */
  completion->lends = FALSE;
  /* One record is all that is asked for. */
  completion->tells = FALSE;
  completion->record_size = cfut_completion_get_record_size (completion);
  record = g_malloc (completion->record_size);
  cfut_completion_write_record (completion, record);
  *length = completion->record_size;

  return record;
}
