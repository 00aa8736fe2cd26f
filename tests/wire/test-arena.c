/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cfut-error.h"
#include "test-support.h"
#include "wire/cfut-channel-private.h"
#include "wire/cfut-claims-private.h"
#include "memory/cfut-regions-private.h"

#define LARGE ((gsize) 1 << 20)

/* A manager's end and a worker's end. */
typedef struct
{
  TestCensus census;
  CfutClaims *manager_claims;
  CfutClaims *worker_claims;
  CfutArena *manager_arena;
  CfutArena *worker_arena;
  CfutChannel *manager;
  CfutChannel *worker;
} Ends;

static void
ends_set_up (Ends *self)
{
  int fds[2];

  test_census_take (&self->census);
  self->manager_claims = cfut_claims_new (CFUT_ARENA_CAPACITY, NULL);
  self->worker_claims = cfut_claims_new_take_fd (
    fcntl (cfut_claims_get_fd (self->manager_claims), F_DUPFD_CLOEXEC, 3), NULL);
  self->manager_arena = cfut_claims_dup_arena (self->manager_claims, CFUT_FRAME_FROM_WORKER);
  self->worker_arena = cfut_claims_dup_arena (self->worker_claims, CFUT_FRAME_FROM_PARENT);
  g_assert_nonnull (self->manager_arena);
  g_assert_nonnull (self->worker_arena);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  self->manager = cfut_channel_new_take_fd (fds[0], CFUT_FRAME_FROM_WORKER, NULL);
  self->worker = cfut_channel_new_take_fd (fds[1], CFUT_FRAME_FROM_PARENT, NULL);
  cfut_channel_set_arena (self->manager, self->manager_arena);
  cfut_channel_set_arena (self->worker, self->worker_arena);
}

static void
ends_tear_down (Ends *self)
{
  g_clear_pointer (&self->manager, cfut_channel_free);
  g_clear_pointer (&self->worker, cfut_channel_free);
  cfut_arena_unref (self->manager_arena);
  cfut_arena_unref (self->worker_arena);
  cfut_claims_free (self->manager_claims);
  cfut_claims_free (self->worker_claims);
  test_census_check (&self->census);
}

/* How much memory the shared file takes. */
static gsize
get_used (Ends *self)
{
  struct stat status;

  g_assert_cmpint (fstat (cfut_claims_get_fd (self->manager_claims), &status), ==, 0);

  return (gsize) status.st_blocks * 512;
}

static GVariant *
make_bytes (gsize   length,
            guint64 call)
{
  guint8 *data = g_malloc (length + 1);

  memset (data, (int) call, length);

  return g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, length,
                                                      TRUE, g_free, data));
}

static gboolean
is_bytes (GVariant *value,
          gsize     length,
          guint64   call)
{
  g_autoptr(GVariant) expected = make_bytes (length, call);

  return g_variant_equal (value, expected);
}

static CfutFrameHeader
make_header (Ends        *self,
             CfutChannel *channel,
             guint64      call)
{
  gboolean down = channel == self->manager;

  return (CfutFrameHeader) {
    .type = down ? CFUT_FRAME_CALL : CFUT_FRAME_RESULT, .call = call, .attempt = 1, .time = down ? -1 : 0
  };
}

/* Returns how many bytes that puts on the socket. */
static gsize
send_bytes (Ends        *self,
            CfutChannel *channel,
            guint64      call,
            gsize        length)
{
  CfutFrameHeader header = make_header (self, channel, call);
  g_autoptr(GVariant) value = make_bytes (length, call);
  gsize queued;

  cfut_channel_queue_variant (channel, &header, value);
  g_assert_cmpuint (header.length, ==, length);
  queued = cfut_channel_get_queued (channel);
  g_assert_cmpint (cfut_channel_flush (channel), ==, CFUT_CHANNEL_OK);

  return queued;
}

static void
next_frame (CfutChannel *channel,
            CfutFrame   *frame)
{
  g_autoptr(GError) error = NULL;

  if (cfut_channel_next (channel, frame, NULL) != CFUT_CHANNEL_OK)
    {
      g_assert_cmpint (cfut_channel_read_wait (channel, G_MAXSSIZE), ==, CFUT_CHANNEL_OK);
      g_assert_cmpint (cfut_channel_next (channel, frame, &error), ==, CFUT_CHANNEL_OK);
      g_assert_no_error (error);
    }
}

static GVariant *
receive_bytes (CfutChannel *channel,
               guint64      call,
               gsize        length)
{
  static const guint8 zeros[CFUT_FRAME_SLACK];
  g_autoptr(GError) error = NULL;
  CfutFrame frame;
  GVariant *value;

  next_frame (channel, &frame);
  g_assert_cmpuint (frame.header.call, ==, call);
  g_assert_cmpuint (frame.header.length, ==, length);
  g_assert_cmpint (frame.header.flags, ==, 0);
  g_assert_cmpuint ((gsize) frame.body % 8, ==, 0);
  g_assert_cmpmem (frame.body + length, CFUT_FRAME_SLACK, zeros, CFUT_FRAME_SLACK);
  value = cfut_channel_take_variant (channel, &frame, G_VARIANT_TYPE_BYTESTRING, FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (is_bytes (value, length, call));

  return value;
}

static void
transfer (Ends        *self,
          CfutChannel *from,
          CfutChannel *to)
{
  static const gsize lengths[] = {
    CFUT_ARENA_MIN_BODY, CFUT_ARENA_MIN_BODY + 1, LARGE - 16, LARGE - 15, LARGE, 8 * LARGE
  };

  for (guint64 i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr(GVariant) value = NULL;

      g_assert_cmpuint (send_bytes (self, from, i + 1, lengths[i]), ==,
                        CFUT_FRAME_HEADER_SIZE + CFUT_FRAME_PLACE_SIZE);
      value = receive_bytes (to, i + 1, lengths[i]);
    }
}

static void
test_transfer (void)
{
  Ends ends;

  g_test_summary ("Large bodies go either way without going through the socket, and always through the same memory");

  ends_set_up (&ends);
  for (guint i = 0; i < 20; i++)
    {
      transfer (&ends, ends.manager, ends.worker);
      transfer (&ends, ends.worker, ends.manager);
    }
  g_assert_cmpuint (get_used (&ends), <, 18 * LARGE);
  ends_tear_down (&ends);
}

static void
test_small (void)
{
  Ends ends;
  g_autoptr(GVariant) value = NULL;

  g_test_summary ("Small bodies go through the socket");

  ends_set_up (&ends);
  g_assert_cmpuint (send_bytes (&ends, ends.manager, 1, CFUT_ARENA_MIN_BODY - 1), >=, CFUT_ARENA_MIN_BODY);
  value = receive_bytes (ends.worker, 1, CFUT_ARENA_MIN_BODY - 1);
  g_assert_cmpuint (get_used (&ends), ==, 0);
  ends_tear_down (&ends);
}

static void
test_vectors (void)
{
  Ends ends;

  g_test_summary ("A body in pieces arrives as one, be it large or small");

  ends_set_up (&ends);
  for (gsize half = 10; half < LARGE; half *= 50)
    {
      CfutFrameHeader header = make_header (&ends, ends.worker, 7);
      g_autoptr(GVariant) value = make_bytes (half, 7);
      GOutputVector vectors[] = {
        { g_variant_get_data (value), half }, { NULL, 0 }, { g_variant_get_data (value), half },
      };
      g_autoptr(GVariant) received = NULL;

      cfut_channel_queue_vectors (ends.worker, &header, vectors, G_N_ELEMENTS (vectors));
      g_assert_cmpint (cfut_channel_flush (ends.worker), ==, CFUT_CHANNEL_OK);
      received = receive_bytes (ends.manager, 7, 2 * half);
    }
  ends_tear_down (&ends);
}

static void
test_no_room (void)
{
  const gsize length = CFUT_ARENA_CAPACITY / 4;
  g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr(GVariant) value = NULL;
  CfutFrameHeader header;
  gsize n_shared = CFUT_FRAME_HEADER_SIZE + CFUT_FRAME_PLACE_SIZE;
  Ends ends;

  g_test_summary ("What a worker holds is not used again; when there is no room left the socket is taken");

  ends_set_up (&ends);
  for (guint64 call = 1; call <= 3; call++)
    {
      g_assert_cmpuint (send_bytes (&ends, ends.manager, call, length), ==, n_shared);
      g_ptr_array_add (held, receive_bytes (ends.worker, call, length));
    }

  header = make_header (&ends, ends.manager, 4);
  value = make_bytes (length, 4);
  cfut_channel_queue_variant (ends.manager, &header, value);
  g_assert_cmpuint (cfut_channel_get_queued (ends.manager), >=, length);
  for (guint i = 0; i < held->len; i++)
    g_assert_true (is_bytes (held->pdata[i], length, i + 1));
  /* Drops what is queued. */
  g_clear_pointer (&ends.manager, cfut_channel_free);

  ends.manager = cfut_channel_new_take_fd (fcntl (cfut_channel_peek_fd (ends.worker), F_DUPFD_CLOEXEC, 3),
                                           CFUT_FRAME_FROM_WORKER, NULL);
  cfut_channel_set_arena (ends.manager, ends.manager_arena);
  g_ptr_array_remove_index (held, 1);
  cfut_channel_queue_variant (ends.manager, &header, value);
  g_assert_cmpuint (cfut_channel_get_queued (ends.manager), ==, n_shared);
  g_assert_true (is_bytes (held->pdata[0], length, 1));
  g_assert_true (is_bytes (held->pdata[1], length, 3));

  /* They may outlive the channel. */
  g_clear_pointer (&ends.worker, cfut_channel_free);
  g_assert_true (is_bytes (held->pdata[0], length, 1));
  g_ptr_array_set_size (held, 0);
  ends_tear_down (&ends);
}

static void
test_not_taken (void)
{
  Ends ends;
  CfutFrame frame;

  g_test_summary ("The body of a frame that nobody has taken is given back");

  ends_set_up (&ends);
  for (guint64 call = 1; call <= 200; call++)
    {
      CfutChannel *from = call % 2 == 0 ? ends.manager : ends.worker;

      g_assert_cmpuint (send_bytes (&ends, from, call, LARGE), ==,
                        CFUT_FRAME_HEADER_SIZE + CFUT_FRAME_PLACE_SIZE);
      next_frame (from == ends.manager ? ends.worker : ends.manager, &frame);
    }
  g_assert_cmpuint (get_used (&ends), <, 8 * LARGE);
  ends_tear_down (&ends);
}

static void
test_copied (void)
{
  Ends ends;
  g_autoptr(GVariant) value = NULL;
  CfutArenaPlace place = { 0, GUINT32_TO_LE (LARGE), 0, 0 };
  guint8 *memory;

  g_test_summary ("What a worker changes in a result that the manager has got changes nothing");

  ends_set_up (&ends);
  send_bytes (&ends, ends.worker, 1, LARGE);
  value = receive_bytes (ends.manager, 1, LARGE);
  memory = (guint8 *) cfut_arena_find (ends.manager_arena, &place, NULL);
  g_assert_cmpuint (memory[5], ==, 1);
  memset (memory, 0xee, LARGE);
  g_assert_true (is_bytes (value, LARGE, 1));
  ends_tear_down (&ends);
}

/* Where the manager sees what the worker sends first. */
static guint8 *
get_first (Ends *self)
{
  CfutArenaPlace place = { 0, GUINT32_TO_LE (LARGE), 0, 0 };

  return (guint8 *) cfut_arena_find (self->manager_arena, &place, NULL);
}

static GVariant *
receive_borrowed (Ends    *self,
                  guint64  call,
                  gsize    length)
{
  g_autoptr(GError) error = NULL;
  CfutFrame frame;
  GVariant *value;

  send_bytes (self, self->worker, call, length);
  next_frame (self->manager, &frame);
  g_assert_cmpuint (frame.header.length, ==, length);
  value = cfut_channel_take_variant (self->manager, &frame, G_VARIANT_TYPE_BYTESTRING, FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (is_bytes (value, length, call));

  return value;
}

static void
test_borrowed (void)
{
  Ends ends;
  GVariant *values[3];

  g_test_summary ("Where a worker is trusted bytes of a result stay where they are until nobody has them");

  ends_set_up (&ends);
  cfut_channel_set_borrows (ends.manager, TRUE);
  for (guint i = 0; i < 3; i++)
    values[i] = receive_borrowed (&ends, i + 1, LARGE);
  g_assert_true (g_variant_get_data (values[0]) == get_first (&ends));
  for (guint i = 0; i < 3; i++)
    g_assert_true (is_bytes (values[i], LARGE, i + 1));

  g_variant_unref (values[0]);
  values[0] = receive_borrowed (&ends, 7, LARGE);
  g_assert_true (g_variant_get_data (values[0]) == get_first (&ends));

  /* They may outlive the channel. */
  g_clear_pointer (&ends.manager, cfut_channel_free);
  g_assert_true (is_bytes (values[2], LARGE, 3));
  for (guint i = 0; i < 3; i++)
    g_variant_unref (values[i]);
  ends_tear_down (&ends);
}

static void
test_borrowed_and_checked (void)
{
  Ends ends;
  CfutFrame frame;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) value = NULL;

  g_test_summary ("What has to be checked is copied even from a worker that is trusted");

  ends_set_up (&ends);
  cfut_channel_set_borrows (ends.manager, TRUE);
  send_bytes (&ends, ends.worker, 1, LARGE);
  next_frame (ends.manager, &frame);
  g_assert_null (frame.body);
  value = cfut_channel_take_variant (ends.manager, &frame, G_VARIANT_TYPE ("ab"), FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_get_data (value) != get_first (&ends));
  memset (get_first (&ends), 7, LARGE);
  g_assert_true (g_variant_is_normal_form (value));

  /* The region is free. */
  g_clear_pointer (&value, g_variant_unref);
  value = receive_borrowed (&ends, 2, LARGE);
  g_assert_true (g_variant_get_data (value) == get_first (&ends));
  g_clear_pointer (&value, g_variant_unref);
  ends_tear_down (&ends);
}

static void
test_borrowed_by_half (void)
{
  Ends ends;
  g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

  g_test_summary ("However many results are kept, the next ones need no socket");

  ends_set_up (&ends);
  cfut_channel_set_borrows (ends.manager, TRUE);
  for (guint64 call = 1; call <= 50; call++)
    {
      const gsize length = call % 2 == 0 ? CFUT_ARENA_MIN_BODY : CFUT_ARENA_CAPACITY / 5;

      g_assert_cmpuint (send_bytes (&ends, ends.worker, call, length), ==,
                        CFUT_FRAME_HEADER_SIZE + CFUT_FRAME_PLACE_SIZE);
      {
        CfutFrame frame;

        next_frame (ends.manager, &frame);
        g_ptr_array_add (held, cfut_channel_take_variant (ends.manager, &frame, G_VARIANT_TYPE_BYTESTRING,
                                                          FALSE, NULL));
      }
    }
  for (guint i = 0; i < held->len; i++)
    g_assert_true (is_bytes (held->pdata[i],
                             (i + 1) % 2 == 0 ? CFUT_ARENA_MIN_BODY : CFUT_ARENA_CAPACITY / 5, i + 1));
  g_ptr_array_set_size (held, 0);
  ends_tear_down (&ends);
}

/* ---- Lies. */

typedef struct
{
  const char *name;
  guint64 offset;
  guint64 length;
  guint32 index;
  guint32 zero;
} Lie;

static const Lie lies[] = {
  { "beyond", CFUT_ARENA_CAPACITY, 100, 0, 0 },
  { "far-beyond", 0xfffff000, 100, 0, 0 },
  { "across-the-end", CFUT_ARENA_CAPACITY - 4096, 4097, 0, 0 },
  { "slack-across-the-end", CFUT_ARENA_CAPACITY - 4096, 4096 - CFUT_FRAME_SLACK + 1, 0, 0 },
  { "whole", 0, CFUT_ARENA_CAPACITY, 0, 0 },
  { "sum-wraps", 0xfffff000, 0x2000, 0, 0 },
  { "too-long", 4096, 0xffffffff, 0, 0 },
  { "empty", 0, 0, 0, 0 },
  { "between", 8, 100, 0, 0 },
  { "unaligned", 1, 100, 0, 0 },
  { "index", 0, 100, CFUT_REGIONS_MAX, 0 },
  { "far-index", 0, 100, 0xffffffff, 0 },
  { "zero", 0, 100, 0, 1 },
};

static void
test_lie (gconstpointer data)
{
  const Lie *lie = data;
  CfutArenaPlace place = {
    GUINT32_TO_LE (lie->offset), GUINT32_TO_LE (lie->length),
    GUINT32_TO_LE (lie->index), GUINT32_TO_LE (lie->zero)
  };
  Ends ends;

  g_test_summary ("A place that cannot be is refused, at either end, and for good");

  ends_set_up (&ends);
  for (guint i = 0; i < 2; i++)
    {
      CfutChannel *from = i == 0 ? ends.worker : ends.manager;
      CfutChannel *to = i == 0 ? ends.manager : ends.worker;
      CfutFrameHeader header = make_header (&ends, from, 1);
      CfutFrame frame;

      header.flags = CFUT_FRAME_FLAG_SHARED;
      cfut_channel_queue (from, &header, &place, sizeof place);
      send_bytes (&ends, from, 2, 10);
      g_assert_cmpint (cfut_channel_read_wait (to, G_MAXSSIZE), ==, CFUT_CHANNEL_OK);
      for (guint k = 0; k < 2; k++)
        {
          g_autoptr(GError) error = NULL;

          g_assert_cmpint (cfut_channel_next (to, &frame, &error), ==, CFUT_CHANNEL_FAILED);
          g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
          g_assert_nonnull (strstr (error->message, "which cannot be there"));
        }
    }
  g_assert_cmpuint (get_used (&ends), ==, 0);
  ends_tear_down (&ends);
}

static void
test_last_place (void)
{
  const gsize length = 4096 - CFUT_FRAME_SLACK;
  CfutArenaPlace place = {
    GUINT32_TO_LE (CFUT_ARENA_CAPACITY - 4096), GUINT32_TO_LE (length),
    GUINT32_TO_LE (CFUT_REGIONS_MAX - 1), 0
  };
  CfutFrameHeader header;
  g_autoptr(GVariant) value = NULL;
  Ends ends;

  g_test_summary ("The last place that can be is not refused");

  ends_set_up (&ends);
  header = make_header (&ends, ends.worker, 0);
  header.call = 1;
  header.flags = CFUT_FRAME_FLAG_SHARED;
  cfut_channel_queue (ends.worker, &header, &place, sizeof place);
  g_assert_cmpint (cfut_channel_flush (ends.worker), ==, CFUT_CHANNEL_OK);
  {
    CfutFrame frame;

    next_frame (ends.manager, &frame);
    g_assert_cmpuint (frame.header.length, ==, length);
  }
  ends_tear_down (&ends);
}

static void
test_without_arena (void)
{
  Ends ends;
  CfutFrame frame;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without shared memory nothing is there");

  ends_set_up (&ends);
  cfut_channel_set_arena (ends.manager, NULL);
  send_bytes (&ends, ends.worker, 1, LARGE);
  g_assert_cmpint (cfut_channel_read_wait (ends.manager, G_MAXSSIZE), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (cfut_channel_next (ends.manager, &frame, &error), ==, CFUT_CHANNEL_FAILED);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
  ends_tear_down (&ends);
}

static void
test_given_back_too_early (void)
{
  Ends ends;

  g_test_summary ("A worker that gives back what it was not given, all the time, reads its own nonsense");

  ends_set_up (&ends);
  for (guint64 call = 1; call <= 100; call++)
    {
      for (guint32 index = 0; index < CFUT_REGIONS_MAX; index++)
        cfut_arena_give_back (ends.worker_arena, index);
      g_assert_cmpuint (send_bytes (&ends, ends.manager, call, 2 * LARGE), ==,
                        CFUT_FRAME_HEADER_SIZE + CFUT_FRAME_PLACE_SIZE);
    }
  g_assert_cmpuint (get_used (&ends), <, 4 * LARGE);
  ends_tear_down (&ends);
}

/* ---- Memory. */

static void
test_trim (void)
{
  Ends ends;
  g_autoptr(GVariant) held = NULL;

  g_test_summary ("Memory that is not in use is given back, and what is in use is left");

  ends_set_up (&ends);
  g_assert_false (cfut_arena_has_surplus (ends.manager_arena));

  send_bytes (&ends, ends.manager, 1, LARGE);
  held = receive_bytes (ends.worker, 1, LARGE);
  transfer (&ends, ends.manager, ends.worker);
  transfer (&ends, ends.worker, ends.manager);
  g_assert_cmpuint (get_used (&ends), >, 16 * LARGE);
  g_assert_true (cfut_arena_has_surplus (ends.manager_arena));

  cfut_arena_trim (ends.manager_arena);
  g_assert_cmpuint (get_used (&ends), <, 2 * LARGE);
  g_assert_false (cfut_arena_has_surplus (ends.manager_arena));
  g_assert_true (is_bytes (held, LARGE, 1));

  g_clear_pointer (&held, g_variant_unref);
  g_assert_true (cfut_arena_has_surplus (ends.manager_arena));
  cfut_arena_trim (ends.manager_arena);
  g_assert_cmpuint (get_used (&ends), <, LARGE / 2);

  transfer (&ends, ends.manager, ends.worker);
  transfer (&ends, ends.worker, ends.manager);
  ends_tear_down (&ends);
}

static void
test_trim_borrowed (void)
{
  Ends ends;
  GVariant *kept, *above;

  g_test_summary ("What is borrowed survives when the rest is given back, and is given back when it is dropped");

  ends_set_up (&ends);
  cfut_channel_set_borrows (ends.manager, TRUE);
  kept = receive_borrowed (&ends, 1, 4 * LARGE);
  above = receive_borrowed (&ends, 2, 4 * LARGE);
  g_variant_unref (above);
  g_assert_true (cfut_arena_has_surplus (ends.manager_arena));
  cfut_arena_trim (ends.manager_arena);
  g_assert_false (cfut_arena_has_surplus (ends.manager_arena));
  g_assert_cmpuint (get_used (&ends), >=, 4 * LARGE);
  g_assert_cmpuint (get_used (&ends), <, 5 * LARGE);
  g_assert_true (is_bytes (kept, 4 * LARGE, 1));

  g_variant_unref (kept);
  g_assert_cmpuint (get_used (&ends), <, LARGE / 2);
  kept = receive_borrowed (&ends, 3, 4 * LARGE);
  g_variant_unref (kept);
  ends_tear_down (&ends);
}

static void
test_capacities (void)
{
  const gsize capacities[] = { 0, CFUT_ARENA_CAPACITY, CFUT_ARENA_LARGE_CAPACITY };

  g_test_summary ("A page has the arena behind it that it was made with, and both ends know how large it is");

  for (guint i = 0; i < G_N_ELEMENTS (capacities); i++)
    {
      CfutClaims *manager = cfut_claims_new (capacities[i], NULL);
      CfutClaims *worker = cfut_claims_new_take_fd (fcntl (cfut_claims_get_fd (manager), F_DUPFD_CLOEXEC, 3), NULL);
      CfutArena *out = cfut_claims_dup_arena (manager, CFUT_FRAME_FROM_WORKER);
      CfutArena *in = cfut_claims_dup_arena (worker, CFUT_FRAME_FROM_PARENT);

      g_assert_true ((out != NULL) == (capacities[i] > 0));
      g_assert_true ((in != NULL) == (capacities[i] > 0));
      if (out != NULL)
        {
          CfutArenaPlace place;
          guint8 *room;

          g_assert_null (cfut_arena_reserve (out, capacities[i], &place));
          room = cfut_arena_reserve (out, capacities[i] - CFUT_FRAME_SLACK, &place);
          g_assert_nonnull (room);
          room[capacities[i] / 2] = 42;
          g_assert_cmpuint (cfut_arena_find (in, &place, NULL)[capacities[i] / 2], ==, 42);
        }
      g_clear_pointer (&out, cfut_arena_unref);
      g_clear_pointer (&in, cfut_arena_unref);
      cfut_claims_free (manager);
      cfut_claims_free (worker);
    }
}

static void
test_small_files_only (void)
{
  TestCensus census;
  struct rlimit limit, small;
  CfutClaims *claims;

  g_test_summary ("Where files may not be as large there is a claims page, and no arena");

  test_census_take (&census);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  small = limit;
  small.rlim_cur = 1 << 20;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  claims = cfut_claims_new (CFUT_ARENA_CAPACITY, NULL);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_assert_nonnull (claims);
  g_assert_null (cfut_claims_dup_arena (claims, CFUT_FRAME_FROM_WORKER));
  cfut_claims_free (claims);
  test_census_check (&census);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/arena/transfer", test_transfer);
  g_test_add_func ("/arena/small", test_small);
  g_test_add_func ("/arena/vectors", test_vectors);
  g_test_add_func ("/arena/no-room", test_no_room);
  g_test_add_func ("/arena/not-taken", test_not_taken);
  g_test_add_func ("/arena/copied", test_copied);
  g_test_add_func ("/arena/borrowed", test_borrowed);
  g_test_add_func ("/arena/borrowed-and-checked", test_borrowed_and_checked);
  g_test_add_func ("/arena/borrowed-by-half", test_borrowed_by_half);
  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autofree char *path = g_strdup_printf ("/arena/lie/%s", lies[i].name);

      g_test_add_data_func (path, &lies[i], test_lie);
    }
  g_test_add_func ("/arena/last-place", test_last_place);
  g_test_add_func ("/arena/without-arena", test_without_arena);
  g_test_add_func ("/arena/given-back-too-early", test_given_back_too_early);
  g_test_add_func ("/arena/trim", test_trim);
  g_test_add_func ("/arena/trim-borrowed", test_trim_borrowed);
  g_test_add_func ("/arena/capacities", test_capacities);
  g_test_add_func ("/arena/small-files-only", test_small_files_only);

  return g_test_run ();
}
