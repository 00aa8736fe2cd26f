/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-closure-private.h"

#include "cfut-gjs-private.h"

/*
 * JavaScript collects its garbage in parts, if there is much of it. Between the
 * parts, GJS (1.74 at least) drops every callback, which it takes for one from
 * within the collection. A source that got no answer would be removed, and
 * nobody would learn of a completion any more. So the collection is brought to
 * its end before. Where the engine does not allow that, a callback that was dropped
 * is called once more after another collection.
 */

/* What no closure answers. */
#define UNANSWERED (-1)

static int
invoke (GClosure            *closure,
        CfutCompletionQueue *queue)
{
  GValue result = G_VALUE_INIT;
  GValue parameter = G_VALUE_INIT;
  int answer;

  g_value_init (&parameter, CFUT_TYPE_COMPLETION_QUEUE);
  g_value_set_object (&parameter, queue);
  g_value_init (&result, G_TYPE_BOOLEAN);
  /* Not by g_value_set_boolean(), which takes it for TRUE. */
  result.data[0].v_int = UNANSWERED;

  g_closure_invoke (closure, &result, 1, &parameter, NULL);

  answer = g_value_get_boolean (&result);
  g_value_unset (&parameter);
  g_value_unset (&result);

  return answer;
}

gboolean
cfut_completion_closure_cb (CfutCompletionQueue *queue,
                            gpointer             user_data)
{
  int answer;

  cfut_gjs_prepare_callbacks ();
  answer = invoke (user_data, queue);

  if (answer == UNANSWERED && cfut_gjs_owns_closure (user_data) && cfut_gjs_end_collection ())
    answer = invoke (user_data, queue);

  return answer == UNANSWERED ? G_SOURCE_REMOVE : answer;
}
