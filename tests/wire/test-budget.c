/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>

#include "cfut-error.h"
#include "test-support.h"
#include "wire/cfut-channel-private.h"

#define SIZE   (2 * CFUT_BUDGET_MIN_SIZE)
#define N_HELD 3

/* ---- Counting. */

static GBytes *
charge (CfutBudget *budget,
        gsize       size)
{
  return cfut_budget_charge (budget, g_bytes_new_take (g_malloc0 (size), size));
}

static void
test_counts (void)
{
  g_autoptr(CfutBudget) budget = cfut_budget_new ();
  g_autoptr(GBytes) first = charge (budget, 1000);
  g_autoptr(GBytes) second = charge (budget, 10);
  g_autoptr(GBytes) part = g_bytes_new_from_bytes (first, 500, 1);

  g_test_summary ("Bytes count until the last reference to them is dropped, or to a part of them");

  g_assert_cmpuint (g_bytes_get_size (first), ==, 1000);
  g_assert_cmpuint (cfut_budget_get_held (budget), ==, 1010);
  g_clear_pointer (&second, g_bytes_unref);
  g_assert_cmpuint (cfut_budget_get_held (budget), ==, 1000);
  g_clear_pointer (&first, g_bytes_unref);
  g_assert_cmpuint (cfut_budget_get_held (budget), ==, 1000);
  g_clear_pointer (&part, g_bytes_unref);
  g_assert_cmpuint (cfut_budget_get_held (budget), ==, 0);
}

static gpointer
drop_thread (gpointer bytes)
{
  g_bytes_unref (bytes);

  return NULL;
}

static void
test_outlives (void)
{
  g_autoptr(CfutBudget) budget = cfut_budget_new ();
  GBytes *bytes = charge (budget, 1000);
  GThread *thread;

  g_test_summary ("Bytes may be dropped in any thread, and after everybody who counts them has gone");

  g_clear_pointer (&budget, cfut_budget_unref);
  thread = g_thread_new ("drop", drop_thread, bytes);
  g_thread_join (thread);
}

/* ---- A channel that counts. */

typedef struct
{
  CfutChannel *parent;
  CfutChannel *worker;
  CfutBudget *budget;
} Pair;

static void
pair_set_up (Pair *self)
{
  g_autoptr(GError) error = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  self->parent = cfut_channel_new_take_fd (fds[0], CFUT_FRAME_FROM_WORKER, &error);
  g_assert_no_error (error);
  self->worker = cfut_channel_new_take_fd (fds[1], CFUT_FRAME_FROM_PARENT, &error);
  g_assert_no_error (error);
  self->budget = cfut_budget_new ();
  cfut_channel_set_budget (self->parent, self->budget, N_HELD * SIZE);
}

static void
pair_tear_down (Pair *self)
{
  cfut_channel_free (self->parent);
  cfut_channel_free (self->worker);
  cfut_budget_unref (self->budget);
}

/* Sends a body of @size bytes; whether it came. */
static CfutChannelStatus
pass (Pair          *self,
      CfutFrameType  type,
      gsize          size,
      CfutFrame     *frame,
      GError       **error)
{
  CfutFrameHeader header = { .type = type, .call = 1, .attempt = 1 };
  g_autofree guint8 *body = g_malloc0 (size);
  CfutChannelStatus status;

  cfut_channel_queue (self->worker, &header, body, size);
  do
    {
      cfut_channel_flush (self->worker);
      cfut_channel_read (self->parent, 1 << 20);
      status = cfut_channel_next (self->parent, frame, error);
    }
  while (status == CFUT_CHANNEL_BLOCKED);

  return status;
}

static GVariant *
receive (Pair  *self,
         gsize  size)
{
  g_autoptr(GError) error = NULL;
  CfutFrame frame;
  GVariant *value;

  g_assert_cmpint (pass (self, CFUT_FRAME_RESULT, size, &frame, &error), ==, CFUT_CHANNEL_OK);
  g_assert_no_error (error);
  value = cfut_channel_take_variant (self->parent, &frame, G_VARIANT_TYPE_BYTESTRING, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_size (value), ==, size);

  return value;
}

static void
test_channel (gconstpointer type)
{
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr(GVariant) small = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) again = NULL;
  CfutFrame frame;
  Pair pair;

  g_test_summary ("What would be more than may be there is refused for good; what was dropped makes room, and what is small needs none");

  pair_set_up (&pair);
  for (guint i = 0; i < 3 * N_HELD; i++)
    {
      if (values->len == N_HELD)
        g_ptr_array_remove_index (values, 0);
      g_ptr_array_add (values, receive (&pair, SIZE));
      g_assert_cmpuint (cfut_budget_get_held (pair.budget), ==, values->len * SIZE);
    }

  small = receive (&pair, CFUT_BUDGET_MIN_SIZE - 1);
  g_assert_cmpuint (cfut_budget_get_held (pair.budget), ==, N_HELD * SIZE);

  g_assert_cmpint (pass (&pair, GPOINTER_TO_INT (type), CFUT_BUDGET_MIN_SIZE, &frame, &error), ==, CFUT_CHANNEL_FAILED);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_ptr_array_set_size (values, 0);
  g_assert_cmpint (cfut_channel_next (pair.parent, &frame, &again), ==, CFUT_CHANNEL_FAILED);
  g_assert_error (again, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  pair_tear_down (&pair);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire/budget/counts", test_counts);
  g_test_add_func ("/wire/budget/outlives", test_outlives);
  g_test_add_data_func ("/wire/budget/channel/result", GINT_TO_POINTER (CFUT_FRAME_RESULT), test_channel);
  g_test_add_data_func ("/wire/budget/channel/error", GINT_TO_POINTER (CFUT_FRAME_ERROR), test_channel);

  return g_test_run ();
}
