/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fakes.h"

#include "future/cfut-future-private.h"

#define N_ROUNDS 3000

static gpointer
take_lock_thread (gpointer user_data)
{
  FakeState *fake = user_data;

  cfut_state_lock (&fake->state);
  cfut_state_unlock (&fake->state);

  return NULL;
}

static void
toggle_cb (gpointer  data,
           GObject  *future,
           gboolean  is_last_ref)
{
  if (!is_last_ref)
    g_thread_join (g_thread_new ("test-lock", take_lock_thread, data));
}

static void
ignore_cb (CfutFuture *future,
           GParamSpec *pspec,
           gpointer    user_data)
{
}

static void
test_no_lock_in_toggle (void)
{
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);

  g_test_summary ("A language's toggle notify runs without our lock");

  g_signal_connect (future, "notify", G_CALLBACK (ignore_cb), NULL);
  g_object_add_toggle_ref (G_OBJECT (future), toggle_cb, fake);
  g_object_unref (future);

  cfut_state_set_progress (&fake->state, 0.5, NULL);
  drain_default_context ();
  fake_state_resolve (fake, 1);
  drain_default_context ();

  g_object_ref (future);
  g_object_remove_toggle_ref (G_OBJECT (future), toggle_cb, fake);
  g_assert_finalize_object (future);
}

/* As if cfut_state_notify_and_unlock() were between its two steps. */
static void
begin_to_hold (FakeState *fake)
{
  cfut_state_set_progress (&fake->state, 0.5, NULL);
  cfut_state_get_extra (&fake->state)->n_holders = 1;
}

static void
end_to_hold (FakeState *fake)
{
  CfutStateExtra *extra = cfut_state_get_extra (&fake->state);

  g_assert_true (extra->holder_given);
  g_assert_null (fake->state.future);
  extra->n_holders = 0;
  extra->holder_given = FALSE;
}

static void
test_dispose_leaves_reference (void)
{
  FakeState *fake;
  CfutFuture *future;

  g_test_summary ("A dispose that meets one who takes a reference leaves it one, once");

  future = fake_future_new (&fake);
  begin_to_hold (fake);
  g_object_unref (future);
  g_assert_cmpuint (G_OBJECT (future)->ref_count, ==, 1);
  end_to_hold (fake);
  fake_state_resolve (fake, 1);
  g_assert_finalize_object (future);

  future = fake_future_new (&fake);
  begin_to_hold (fake);
  g_object_run_dispose (G_OBJECT (future));
  g_object_run_dispose (G_OBJECT (future));
  g_assert_cmpuint (G_OBJECT (future)->ref_count, ==, 2);
  end_to_hold (fake);
  g_object_unref (future);
  fake_state_resolve (fake, 1);
  g_assert_finalize_object (future);
}

typedef struct
{
  FakeState *fake;
  CfutFuture *future;
  int n_gone; /* atomic */
} Drop;

static void
gone_cb (gpointer  data,
         GObject  *future)
{
  g_atomic_int_inc ((int *) data);
}

static void
drop_renew (Drop *self)
{
  self->future = fake_future_new (&self->fake);
  cfut_state_ref (&self->fake->state);
  g_signal_connect (self->future, "notify", G_CALLBACK (ignore_cb), NULL);
  g_object_weak_ref (G_OBJECT (self->future), gone_cb, &self->n_gone);
}

static void
drop_in_race (guint    thread,
              gpointer user_data)
{
  Drop *self = user_data;

  if (thread == 0)
    g_object_unref (self->future);
  else if (thread == 1)
    cfut_state_start (&self->fake->state);
  else
    cfut_state_set_progress (&self->fake->state, thread / 10.0, NULL);
}

static void
after_drop (guint    round,
            gpointer user_data)
{
  Drop *self = user_data;

  drain_default_context ();
  g_assert_null (self->fake->state.future);
  g_assert_cmpint (self->n_gone, ==, round + 1);

  fake_state_resolve (self->fake, 1);
  g_assert_false (g_main_context_pending (NULL));
  cfut_state_unref (&self->fake->state);
  drop_renew (self);
}

static void
test_drop_race (void)
{
  Drop self = { NULL };

  g_test_summary ("A future may be dropped while other threads notify of it");

  drop_renew (&self);
  race (4, N_ROUNDS, drop_in_race, after_drop, &self);

  fake_state_resolve (self.fake, 1);
  cfut_state_unref (&self.fake->state);
  drain_default_context ();
  g_object_weak_unref (G_OBJECT (self.future), gone_cb, &self.n_gone);
  g_assert_finalize_object (self.future);
}

static void
test_name_and_executor (void)
{
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);
  g_autofree char *name = cfut_future_dup_name (future);
  g_autoptr(GObject) executor = cfut_future_dup_executor (future);

  g_test_summary ("The producer tells the name and the executor");

  g_assert_cmpstr (name, ==, "fake");
  g_assert_nonnull (executor);

  fake_state_resolve (fake, 1);
  g_assert_finalize_object (future);
}

static void
count_closure_cb (gpointer  data,
                  GClosure *closure)
{
  (*(guint *) data)++;
}

static void
count_cb (gpointer  data,
          GObject  *where_it_was)
{
  (*(guint *) data)++;
}

/* Whatever is told of the end of an object: the connection, the weak reference and
 * pointer, and a closure that watches it. */
typedef struct
{
  guint n_closures;
  guint n_weak;
  gpointer pointer;
  GWeakRef reference;
  GClosure *closure;
} Ends;

static void
watch_ends (Ends       *self,
            CfutFuture *future)
{
  g_signal_connect_data (future, "notify::state", G_CALLBACK (ignore_cb), &self->n_closures,
                         count_closure_cb, 0);
  g_object_weak_ref (G_OBJECT (future), count_cb, &self->n_weak);
  g_set_weak_pointer (&self->pointer, future);
  g_weak_ref_init (&self->reference, future);
  self->closure = g_closure_ref (g_cclosure_new_object (G_CALLBACK (ignore_cb), G_OBJECT (future)));
  g_closure_sink (self->closure);
}

static void
assert_ends (Ends *self)
{
  g_assert_cmpuint (self->n_closures, ==, 1);
  g_assert_cmpuint (self->n_weak, ==, 1);
  g_assert_null (self->pointer);
  g_assert_null (g_weak_ref_get (&self->reference));
  g_assert_true (self->closure->is_invalid);

  g_weak_ref_clear (&self->reference);
  g_closure_unref (self->closure);
}

static void
test_end_is_told (void)
{
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);
  Ends ends = { 0 };

  g_test_summary ("All who watch a future are told when it goes away");

  watch_ends (&ends, future);
  fake_state_resolve (fake, 1);
  drain_default_context ();
  g_object_unref (future);
  assert_ends (&ends);
}

static void
test_forced_end_is_told (void)
{
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);
  Ends ends = { 0 };

  g_test_summary ("... and when it is disposed of by force");

  watch_ends (&ends, future);
  fake_state_resolve (fake, 1);
  drain_default_context ();
  g_object_run_dispose (G_OBJECT (future));
  assert_ends (&ends);
  g_assert_finalize_object (future);
}

static void
test_listeners (void)
{
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);
  gulong id;

  g_test_summary ("Every way to connect makes a listener, and none is left behind");

  g_assert_false (cfut_future_has_listener (future));

  id = g_signal_connect (future, "notify", G_CALLBACK (ignore_cb), NULL);
  g_assert_true (cfut_future_has_listener (future));
  g_signal_handler_disconnect (future, id);
  g_assert_false (cfut_future_has_listener (future));

  id = g_signal_connect_object (future, "notify::progress", G_CALLBACK (ignore_cb), future, 0);
  g_assert_true (cfut_future_has_listener (future));
  g_signal_handler_disconnect (future, id);
  g_assert_false (cfut_future_has_listener (future));

  fake_state_resolve (fake, 1);
  g_assert_finalize_object (future);

  future = fake_future_new (&fake);
  g_signal_connect_closure (future, "notify::state",
                            g_cclosure_new (G_CALLBACK (ignore_cb), NULL, NULL), TRUE);
  g_assert_true (cfut_future_has_listener (future));
  fake_state_resolve (fake, 1);
  drain_default_context ();
  g_assert_finalize_object (future);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/notify/no-lock-in-toggle", test_no_lock_in_toggle);
  g_test_add_func ("/notify/dispose-leaves-reference", test_dispose_leaves_reference);
  g_test_add_func ("/notify/drop-race", test_drop_race);
  g_test_add_func ("/notify/name-and-executor", test_name_and_executor);
  g_test_add_func ("/notify/end-is-told", test_end_is_told);
  g_test_add_func ("/notify/forced-end-is-told", test_forced_end_is_told);
  g_test_add_func ("/notify/listeners", test_listeners);

  return g_test_run ();
}
