/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "cfut-error.h"
#include "future/cfut-promise.h"

/*
 * The types of functions that only workers have. The first worker that is ready
 * tells them; whoever asks before that waits for one, which is started if there
 * is none.
 */

/* Somebody who asks. */
typedef struct
{
  char *function;
  CfutPromise *promise; /* (owned) of an (ss) */
} Question;

static Question *
question_new (const char *function)
{
  Question *self = g_new0 (Question, 1);

  self->function = g_strdup (function);
  self->promise = cfut_promise_new ();

  return self;
}

static void
question_free (Question *self)
{
  g_free (self->function);
  g_object_unref (self->promise);
  g_free (self);
}

/* Answers from @table, of a worker; NULL: there is none, because of @refusal. */
static void
question_answer (Question     *self,
                 GHashTable   *table,
                 const GError *refusal)
{
  const CfutRemoteFunction *function = NULL;
  gboolean wraps;
  g_autofree char *parameter_type = NULL;
  g_autofree char *result_type = NULL;
  g_autoptr(GError) error = NULL;

  if (table == NULL)
    {
      cfut_promise_reject (self->promise, refusal);
      return;
    }

  function = cfut_remote_function_find (table, self->function);
  if (function == NULL)
    {
      g_set_error (&error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION,
                   "The worker has no function \"%s\"", self->function);
      cfut_promise_reject (self->promise, error);
      return;
    }

  wraps = cfut_remote_function_wraps (function, self->function);
  parameter_type = g_variant_type_dup_string (wraps ? G_VARIANT_TYPE_ANY : function->parameter_type);
  result_type = g_variant_type_dup_string (wraps ? G_VARIANT_TYPE_ANY : function->result_type);
  cfut_promise_resolve_variant (self->promise,
                                g_variant_new ("(ss)", parameter_type, result_type));
}

/* Takes those who can be answered. Locks: caller holds the pool's. */
static GQueue
take_questions_locked (CfutManager  *self,
                       GHashTable  **table,
                       GError      **refusal)
{
  GQueue questions = G_QUEUE_INIT;

  if (self->questions.length == 0)
    return questions;

  if (self->functions != NULL)
    *table = g_hash_table_ref (self->functions);
  else
    *refusal = cfut_pool_refusal_locked (self->pool);

  if (*table != NULL || *refusal != NULL)
    {
      questions = self->questions;
      g_queue_init (&self->questions);
    }

  return questions;
}

/* Answers those who can be. Runs in: any thread. Locks: takes the pool's. */
void
cfut_manager_serve_questions (CfutManager *self)
{
  g_autoptr(GHashTable) table = NULL;
  g_autoptr(GError) refusal = NULL;
  GQueue questions;
  Question *question;

  g_mutex_lock (&self->pool->lock);
  questions = take_questions_locked (self, &table, &refusal);
  g_mutex_unlock (&self->pool->lock);

  while ((question = g_queue_pop_head (&questions)) != NULL)
    {
      question_answer (question, table, refusal);
      question_free (question);
    }
}

/* Runs in: manager thread. Locks: takes the pool's. */
void
cfut_manager_learn_functions (CfutManager *self,
                              CfutProcess *process)
{
  GHashTable *old;

  g_mutex_lock (&self->pool->lock);
  old = self->functions;
  self->functions = g_hash_table_ref (process->functions);
  g_mutex_unlock (&self->pool->lock);

  g_clear_pointer (&old, g_hash_table_unref);
}

CfutFuture *
cfut_manager_ask (CfutManager *self,
                  const char  *function,
                  gpointer    *waiting)
{
  CfutPool *pool = self->pool;
  Question *question = question_new (function);
  CfutFuture *future = g_object_ref (cfut_promise_get_future (question->promise));

  /* The manager of a pool that is not open may be gone already. */
  g_mutex_lock (&pool->lock);
  g_queue_push_tail (&self->questions, question);
  *waiting = self->functions == NULL && pool->phase == CFUT_POOL_OPEN ? question : NULL;
  g_mutex_unlock (&pool->lock);

  if (*waiting == NULL)
    cfut_manager_serve_questions (self);

  return future;
}

void
cfut_manager_take_back_question (CfutManager  *self,
                                 gpointer      waiting,
                                 const GError *reason)
{
  Question *question = waiting;
  gboolean was_queued;

  g_mutex_lock (&self->pool->lock);
  was_queued = g_queue_remove (&self->questions, question);
  g_mutex_unlock (&self->pool->lock);

  if (!was_queued)
    return;

  question_answer (question, NULL, reason);
  question_free (question);
}
