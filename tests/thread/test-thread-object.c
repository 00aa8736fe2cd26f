/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/*
 * Functions of an interpreter. This one has a lock, knows who holds it, and has
 * functions whose result is themselves.
 */

static GMutex interpreter;
static GThread *holder; /* atomic: who holds it */
static int n_unlocked;  /* atomic */
static int n_locked;    /* atomic */
static int n_entered;   /* atomic: and it was not held */
static int n_reported;  /* atomic */
static int enter_us;    /* atomic: how long it takes to enter, as if it was another's turn */

typedef struct
{
  int n_references; /* these are protected by the interpreter's lock */
  int n_calls;
  gboolean raises;
  const char *fails;
  GThread *released_in;
} Function;

static gboolean
is_held (void)
{
  return g_atomic_pointer_get (&holder) == g_thread_self ();
}

static gpointer
interpreter_unlock (void)
{
  g_assert_true (is_held ());
  g_atomic_pointer_set (&holder, NULL);
  g_atomic_int_inc (&n_unlocked);
  g_mutex_unlock (&interpreter);

  return g_thread_self ();
}

static void
interpreter_lock (gpointer state)
{
  g_assert_true (state == g_thread_self ());
  g_mutex_lock (&interpreter);
  g_atomic_int_inc (&n_locked);
  g_atomic_pointer_set (&holder, g_thread_self ());
}

static int
interpreter_enter (void)
{
  gint64 until = g_get_monotonic_time () + g_atomic_int_get (&enter_us);

  if (is_held ())
    return FALSE;

  while (g_get_monotonic_time () < until)
    g_thread_yield ();
  g_mutex_lock (&interpreter);
  g_atomic_int_inc (&n_entered);
  g_atomic_pointer_set (&holder, g_thread_self ());

  return TRUE;
}

static void
interpreter_leave (int state)
{
  g_assert_true (is_held ());
  if (!state)
    return;

  g_atomic_pointer_set (&holder, NULL);
  g_mutex_unlock (&interpreter);
}

static void
function_hold (gpointer object)
{
  Function *self = object;

  g_assert_true (is_held ());
  self->n_references++;
}

static void
function_release (gpointer object)
{
  Function *self = object;

  g_assert_true (is_held ());
  self->n_references--;
  self->released_in = g_thread_self ();
}

static gpointer
function_call (gpointer object)
{
  Function *self = object;

  g_assert_true (is_held ());
  self->n_calls++;
  if (self->fails != NULL)
    cfut_call_fail (cfut_thread_executor_get_current_call (), "Error", self->fails, NULL);
  if (self->raises)
    return NULL;
  function_hold (self);

  return self;
}

static void
function_report (gpointer object)
{
  g_assert_true (is_held ());
  g_assert_true (((Function *) object)->raises);
  g_atomic_int_inc (&n_reported);
}

static gpointer
function_copy_value (gpointer object)
{
  int state = interpreter_enter ();

  function_hold (object);
  interpreter_leave (state);

  return object;
}

static void
function_free_value (gpointer object)
{
  int state = interpreter_enter ();

  function_release (object);
  interpreter_leave (state);
}

static CfutInterpreter language = {
  .unlock = interpreter_unlock,
  .lock = interpreter_lock,
  .enter = interpreter_enter,
  .leave = interpreter_leave,
  .hold = function_hold,
  .release = function_release,
  .call = function_call,
  .report = function_report,
};

static char *
interpret_around (guint    number,
                  gpointer user_data)
{
  interpreter_lock (g_thread_self ());
  cfut_thread_executor_serve_locked (&language);
  g_assert_true (is_held ());
  interpreter_unlock ();

  return NULL;
}

static CfutExecutor *
executor_interpreting (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GError) error = NULL;

  g_atomic_int_set (&n_unlocked, 0);
  g_atomic_int_set (&n_locked, 0);
  g_assert_true (cfut_thread_executor_set_thread_closure (
      CFUT_THREAD_EXECUTOR (executor),
      g_cclosure_new (G_CALLBACK (interpret_around), NULL, NULL), &error));
  g_assert_no_error (error);

  return executor;
}

static CfutFuture *
try_submit (CfutExecutor  *executor,
            Function      *function,
            GError       **error)
{
  return cfut_thread_executor_try_submit_object (CFUT_THREAD_EXECUTOR (executor), &language,
                                                 function, NULL, error);
}

static gboolean
take_interpreter (CfutCall  *call,
                  GValue    *result,
                  gpointer   user_data,
                  GError   **error)
{
  g_assert_true (cfut_thread_executor_get_current_call () == call);
  interpreter_lock (g_thread_self ());
  interpreter_unlock ();

  return TRUE;
}

static void
test_keeps (void)
{
  CfutExecutor *executor = executor_interpreting ();
  CfutFuture *futures[100];
  CfutFuture *occupied;
  Gate gate = GATE_INIT;
  Function function = { 1 };

  g_test_summary ("An interpreter's lock is kept from call to call, and let go for others");

  occupied = occupy (executor, &gate);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = try_submit (executor, &function, NULL);
  g_atomic_int_set (&n_entered, 0);
  release (occupied, &gate);
  g_assert_true (cfut_wait (futures, G_N_ELEMENTS (futures), CFUT_RETURN_WHEN_ALL_COMPLETED,
                            CFUT_WAIT_FOREVER, NULL));
  g_assert_cmpint (function.n_calls, ==, G_N_ELEMENTS (futures));

  /* Each wait of this thread lets go of all functions that have run. */
  g_assert_cmpint (g_atomic_int_get (&n_entered), <=, 2);

  /* Around the first call, around the wait, and by the closure itself. */
  end_executor (executor);
  g_assert_cmpint (n_locked, ==, 3);
  g_assert_cmpint (n_unlocked, ==, 3);

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    g_assert_finalize_object (futures[i]);
  g_assert_cmpint (function.n_references, ==, 1);
  g_assert_true (function.released_in == g_thread_self ());
}

static void
test_main_loop (void)
{
  CfutExecutor *executor = executor_interpreting ();
  CfutFuture *futures[20];
  CfutFuture *occupied;
  Gate gate = GATE_INIT;
  Function function = { 1 };

  g_test_summary ("A main loop that waits long for the lock releases many functions in one turn");

  occupied = occupy (executor, &gate);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = try_submit (executor, &function, NULL);
  release (occupied, &gate);
  /* Without a wait of this thread, which would release them. */
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    while (!cfut_future_is_done (futures[i]))
      g_thread_yield ();

  g_atomic_int_set (&n_entered, 0);
  g_atomic_int_set (&enter_us, 5000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_atomic_int_set (&enter_us, 0);
  g_assert_cmpint (function.n_references, ==, 1 + G_N_ELEMENTS (futures));
  g_assert_cmpint (g_atomic_int_get (&n_entered), <=, G_N_ELEMENTS (futures) / 2);

  end_executor (executor);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    g_assert_finalize_object (futures[i]);
  g_assert_cmpint (function.n_references, ==, 1);
}

static void
test_is_free (void)
{
  CfutExecutor *executor = executor_interpreting ();
  g_autoptr(CfutFuture) future = NULL;
  Function function = { 1 };

  g_test_summary ("An interpreter's lock is free for functions of others, and while a thread waits");

  for (guint i = 0; i < 100; i++)
    {
      CfutFuture *own = try_submit (executor, &function, NULL);

      g_assert_true (cfut_future_wait (own, CFUT_WAIT_FOREVER, NULL));
      g_object_unref (own);
      interpreter_lock (g_thread_self ());
      interpreter_unlock ();
      future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), take_interpreter,
                                                 NULL, NULL, NULL, NULL);
      g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
      g_clear_object (&future);
    }
  g_assert_cmpint (function.n_calls, ==, 100);

  end_executor (executor);
}

static void
test_result (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Function function = { 1 }, otherwise = { 1 };
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(CfutFuture) number = NULL;
  CfutFuture *occupied;
  Gate gate = GATE_INIT;
  int state;

  g_test_summary ("A function's result is an object; a thread that does not serve enters for it");

  occupied = occupy (executor, &gate);
  future = cfut_thread_executor_submit_object (CFUT_THREAD_EXECUTOR (executor), &language,
                                               &function, NULL, NULL);
  state = interpreter_enter ();
  g_assert_true (cfut_future_dup_object (future, &language, &otherwise) == &otherwise);
  interpreter_leave (state);
  release (occupied, &gate);

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  g_assert_true (g_value_get_boxed (cfut_future_get_value (future)) == &function);
  number = cfut_executor_submit (executor, "nothing", NULL, NULL, NULL);
  g_assert_true (cfut_future_wait (number, CFUT_WAIT_FOREVER, NULL));
  state = interpreter_enter ();
  g_assert_true (cfut_future_dup_object (future, &language, &otherwise) == &function);
  g_assert_true (cfut_future_dup_object (number, &language, &otherwise) == &otherwise);
  interpreter_leave (state);
  g_assert_cmpint (function.n_references, ==, 3);
  g_assert_cmpint (otherwise.n_references, ==, 3);

  end_executor (executor);
  g_clear_object (&future);
  g_assert_cmpint (function.n_references, ==, 2);
}

static void
test_raises (void)
{
  CfutExecutor *executor = executor_interpreting ();
  Function raises = { 1, 0, TRUE }, fails = { 1, 0, FALSE, "No luck" };
  CfutFuture *raising, *failing;

  g_test_summary ("An exception is reported, and what a function says of its failure is in the future");

  g_atomic_int_set (&n_reported, 0);
  raising = try_submit (executor, &raises, NULL);
  failing = try_submit (executor, &fails, NULL);
  assert_error (raising, G_IO_ERROR, G_IO_ERROR_FAILED,
                "Call \"closure\" failed without saying why");
  g_assert_cmpint (g_atomic_int_get (&n_reported), ==, 1);

  g_assert_true (cfut_future_wait (failing, CFUT_WAIT_FOREVER, NULL));
  g_assert_true (g_value_get_boxed (cfut_future_get_remote_value (failing)) == &fails);
  assert_error (failing, CFUT_ERROR, CFUT_ERROR_REMOTE, "Error: No luck");

  end_executor (executor);
  g_assert_cmpint (raises.n_references, ==, 1);
  g_assert_cmpint (fails.n_references, ==, 1);
}

static void
test_try_submit (void)
{
  CfutExecutor *executor = executor_interpreting ();
  CfutFuture *occupied, *queued;
  Gate gate = GATE_INIT;
  g_autoptr(GError) error = NULL;
  Function function = { 1 };

  g_test_summary ("Trying to submit a function never waits for room");

  cfut_executor_set_max_pending (executor, 1);
  occupied = occupy (executor, &gate);
  queued = try_submit (executor, &function, &error);
  g_assert_no_error (error);
  g_assert_null (try_submit (executor, &function, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);

  release (occupied, &gate);
  g_assert_true (cfut_future_wait (queued, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (queued);
  g_assert_cmpint (function.n_calls, ==, 1);

  end_executor (executor);
}

static void
test_no_current_call (void)
{
  g_test_summary ("Elsewhere no call is current");

  g_assert_null (cfut_thread_executor_get_current_call ());
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();
  language.object_type = g_boxed_type_register_static ("TestFunction", function_copy_value,
                                                       function_free_value);

  add_test ("/thread-object/keeps-lock", test_keeps);
  add_test ("/thread-object/main-loop", test_main_loop);
  add_test ("/thread-object/lock-is-free", test_is_free);
  add_test ("/thread-object/result", test_result);
  add_test ("/thread-object/raises", test_raises);
  add_test ("/thread-object/try-submit", test_try_submit);
  add_test ("/thread-object/no-current-call", test_no_current_call);

  return g_test_run ();
}
