/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-queue.h"
#include "executor/cfut-executor-private.h"

#include <string.h>

/*
 * Many calls at once, for languages to which a crossing into C is dearer than the
 * call: what they write as text has no line breaks in it, so that the arguments of
 * many calls are one text.
 */

/* Runs in: any thread. Locks: none. */
static gboolean
push_line (CfutCompletionQueue *self,
           CfutExecutor        *executor,
           const char          *function,
           const char          *line,
           gsize                length,
           CfutSubmitOptions   *options,
           guint64              tag)
{
  g_autoptr(GVariant) arguments = cfut_data_to_arguments ((const guint8 *) line, length);

  return cfut_completion_queue_push (self, executor, function, arguments, options, tag, NULL);
}

/**
 * cfut_completion_queue_push_lines:
 * @self: a queue
 * @executor: where to run the calls
 * @function: the name of a function that takes bytes
 * @lines: the arguments of the calls: a line for each, without its line feed
 * @options: (nullable): priority, time-outs and the like, of each; they are copied
 * @first_tag: the tag of the first call; each other has that of the one before, and 1
 *
 * Submits a call for each line of a text, in their order.
 *
 * Each is submitted as with [method@Cfut.CompletionQueue.push_data]. JSON that is
 * written without spaces has no line feeds, so a binding for a language to which a
 * crossing is dear takes one for many small calls.
 *
 * The first call that is refused ends it: neither that one nor those behind it are
 * submitted, and those ahead of it are. Why, and whether it still is so, tells a
 * push of that call alone.
 *
 * A line feed ends a line, and so does the end of the text, unless there is nothing
 * behind the last line feed.
 *
 * Returns: how many calls were submitted
 *
 * Since: 1.0
 */
guint
cfut_completion_queue_push_lines (CfutCompletionQueue *self,
                                  CfutExecutor        *executor,
                                  const char          *function,
                                  const char          *lines,
                                  CfutSubmitOptions   *options,
                                  guint64              first_tag)
{
  guint n_submitted = 0;

  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), 0);
  g_return_val_if_fail (CFUT_IS_EXECUTOR (executor), 0);
  g_return_val_if_fail (function != NULL, 0);
  g_return_val_if_fail (lines != NULL, 0);

  while (*lines != '\0')
    {
      gsize length = strcspn (lines, "\n");

      if (!push_line (self, executor, function, lines, length, options, first_tag + n_submitted))
        break;

      n_submitted++;
      lines += length;
      if (*lines == '\n')
        lines++;
    }

  return n_submitted;
}
