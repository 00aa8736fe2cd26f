/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cfut-error.h"
#include "test-support.h"
#include "wire/cfut-channel-private.h"

/* A socket pair with a channel for each end; @buffer_size: of SO_SNDBUF, or 0. */
typedef struct
{
  TestCensus census;
  CfutChannel *parent;
  CfutChannel *worker;
} Pair;

static void
make_pair (int fds[2],
           int buffer_size)
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);

  for (guint i = 0; i < 2 && buffer_size > 0; i++)
    g_assert_cmpint (setsockopt (fds[i], SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof buffer_size), ==, 0);
}

static void
pair_set_up (Pair *self,
             int   buffer_size)
{
  g_autoptr(GError) error = NULL;
  int fds[2];

  test_census_take (&self->census);
  make_pair (fds, buffer_size);

  self->parent = cfut_channel_new_take_fd (fds[0], CFUT_FRAME_FROM_WORKER, &error);
  g_assert_no_error (error);
  self->worker = cfut_channel_new_take_fd (fds[1], CFUT_FRAME_FROM_PARENT, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cfut_channel_peek_fd (self->parent), ==, fds[0]);
}

static void
pair_tear_down (Pair *self)
{
  g_clear_pointer (&self->parent, cfut_channel_free);
  g_clear_pointer (&self->worker, cfut_channel_free);
  test_census_check (&self->census);
}

static void
fill_body (guint8  *body,
           gsize    length,
           guint64  call)
{
  guint32 x = call * 2654435761u + length;

  for (gsize i = 0; i < length; i++)
    {
      x = x * 1664525 + 1013904223;
      body[i] = x >> 24;
    }
}

static void
queue_call (CfutChannel *channel,
            guint64      call,
            gsize        length,
            gboolean     as_variant)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_CALL, .call = call, .attempt = 1, .time = -1 };
  g_autofree guint8 *body = g_malloc (length + 1);
  g_autoptr(GVariant) value = NULL;

  fill_body (body, length, call);

  if (as_variant)
    {
      value = g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, body, length, 1));
      cfut_channel_queue_variant (channel, &header, value);
    }
  else
    {
      cfut_channel_queue (channel, &header, body, length);
    }

  g_assert_cmpuint (header.length, ==, length);
}

static void
assert_call (CfutChannel     *channel,
             const CfutFrame *frame,
             guint64          call,
             gsize            length)
{
  static const guint8 zeros[CFUT_FRAME_SLACK];
  g_autofree guint8 *expected = g_malloc (length + 1);
  g_autoptr(GVariant) value = NULL;
  g_autoptr(GError) error = NULL;

  fill_body (expected, length, call);

  g_assert_cmpuint (frame->header.call, ==, call);
  g_assert_cmpmem (frame->body, frame->header.length, expected, length);
  g_assert_cmpmem (frame->body + length, CFUT_FRAME_SLACK, zeros, CFUT_FRAME_SLACK);
  g_assert_cmpuint ((gsize) frame->body % 8, ==, 0);

  value = cfut_channel_take_variant (channel, frame, G_VARIANT_TYPE_BYTESTRING, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_variant_get_data (value), g_variant_get_size (value), expected, length);
}

typedef struct
{
  CfutChannel *channel;
  const gsize *lengths;
  guint n_lengths;
  guint n_blocked;
} Sender;

static gpointer
send_thread (gpointer data)
{
  Sender *self = data;

  for (guint i = 0; i < self->n_lengths; i++)
    {
      queue_call (self->channel, i + 1, self->lengths[i], i % 2 == 0);

      if (i % 3 == 0)
        cfut_channel_flush (self->channel);
    }

  while (cfut_channel_flush (self->channel) == CFUT_CHANNEL_BLOCKED)
    {
      self->n_blocked++;
      cfut_channel_write_wait (self->channel);
    }
  g_assert_cmpuint (cfut_channel_get_queued (self->channel), ==, 0);

  return NULL;
}

static const gsize many_lengths[] = {
  1, 0, 2, 7, 8, 9, 100, 0, 4096, 16383, 16384, 16385, 1, 65535, 65536, 65537, 3,
  100000, 8 << 20, 5, (8 << 20) + 3, 1, 1, 1, 1000000, 0,
};

static void
transfer (int   buffer_size,
          gsize budget)
{
  Pair pair;
  Sender sender = { .lengths = many_lengths, .n_lengths = G_N_ELEMENTS (many_lengths) };
  GThread *thread;
  guint n_received = 0;

  pair_set_up (&pair, buffer_size);
  sender.channel = pair.parent;
  thread = g_thread_new ("sender", send_thread, &sender);

  while (n_received < sender.n_lengths)
    {
      g_autoptr(GError) error = NULL;
      CfutFrame frame;

      g_assert_cmpint (cfut_channel_read_wait (pair.worker, budget), ==, CFUT_CHANNEL_OK);

      while (cfut_channel_next (pair.worker, &frame, &error) == CFUT_CHANNEL_OK)
        {
          assert_call (pair.worker, &frame, n_received + 1, many_lengths[n_received]);
          n_received++;
        }
      g_assert_no_error (error);
    }

  g_thread_join (thread);
  g_assert_cmpuint (sender.n_blocked, >, 0);
  g_assert_false (cfut_channel_is_mid_frame (pair.worker));
  g_assert_cmpint (cfut_channel_read (pair.worker, 1), ==, CFUT_CHANNEL_BLOCKED);

  pair_tear_down (&pair);
}

static void
test_transfer (void)
{
  g_test_summary ("Bodies of nothing to 8 MiB arrive as they were sent");

  transfer (0, G_MAXSIZE);
}

static void
test_transfer_in_small_pieces (void)
{
  g_test_summary ("They do through the smallest buffer that the kernel allows, read in odd pieces");

  transfer (1, 12345);
}

static void
test_many_small (void)
{
  Pair pair;
  gsize lengths[20000];
  Sender sender = { .lengths = lengths, .n_lengths = G_N_ELEMENTS (lengths) };
  GThread *thread;
  guint n_received = 0, n_reads = 0;

  g_test_summary ("Many small frames arrive in few reads");

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    lengths[i] = i % 16;

  pair_set_up (&pair, 0);
  sender.channel = pair.parent;
  thread = g_thread_new ("sender", send_thread, &sender);

  while (n_received < sender.n_lengths)
    {
      CfutFrame frame;

      g_assert_cmpint (cfut_channel_read_wait (pair.worker, G_MAXSIZE), ==, CFUT_CHANNEL_OK);
      n_reads++;
      while (cfut_channel_next (pair.worker, &frame, NULL) == CFUT_CHANNEL_OK)
        {
          assert_call (pair.worker, &frame, n_received + 1, lengths[n_received]);
          n_received++;
        }
    }

  g_thread_join (thread);
  g_assert_cmpuint (n_reads, <, n_received);
  pair_tear_down (&pair);
}

static void
test_one_write_a_batch (void)
{
  Pair pair;
  CfutFrame frame;

  g_test_summary ("What was queued is not written before the flush, and then at once");

  pair_set_up (&pair, 0);

  g_assert_cmpint (cfut_channel_flush (pair.parent), ==, CFUT_CHANNEL_OK);
  for (guint64 call = 1; call <= 100; call++)
    queue_call (pair.parent, call, call, FALSE);
  g_assert_cmpuint (cfut_channel_get_queued (pair.parent), >=, 100 * CFUT_FRAME_HEADER_SIZE);
  g_assert_cmpint (cfut_channel_read (pair.worker, G_MAXSIZE), ==, CFUT_CHANNEL_BLOCKED);

  g_assert_cmpint (cfut_channel_flush (pair.parent), ==, CFUT_CHANNEL_OK);
  g_assert_cmpuint (cfut_channel_get_queued (pair.parent), ==, 0);

  g_assert_cmpint (cfut_channel_read (pair.worker, G_MAXSIZE), ==, CFUT_CHANNEL_OK);
  for (guint64 call = 1; call <= 100; call++)
    {
      g_assert_cmpint (cfut_channel_next (pair.worker, &frame, NULL), ==, CFUT_CHANNEL_OK);
      assert_call (pair.worker, &frame, call, call);
    }
  g_assert_cmpint (cfut_channel_next (pair.worker, &frame, NULL), ==, CFUT_CHANNEL_BLOCKED);

  pair_tear_down (&pair);
}

static void
test_both_ways (void)
{
  Pair pair;
  CfutFrameHeader header = { .type = CFUT_FRAME_RESULT, .call = 1, .attempt = 1, .time = 5 };
  CfutFrame frame;

  g_test_summary ("Each end refuses what only it may send");

  pair_set_up (&pair, 0);

  cfut_channel_queue (pair.worker, &header, "x", 1);
  g_assert_cmpint (cfut_channel_flush (pair.worker), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (cfut_channel_read (pair.parent, G_MAXSIZE), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (cfut_channel_next (pair.parent, &frame, NULL), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (frame.header.time, ==, 5);

  cfut_channel_queue (pair.parent, &header, "x", 1);
  g_assert_cmpint (cfut_channel_flush (pair.parent), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (cfut_channel_read (pair.worker, G_MAXSIZE), ==, CFUT_CHANNEL_OK);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_cmpint (cfut_channel_next (pair.worker, &frame, &error), ==, CFUT_CHANNEL_FAILED);
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
    }

  pair_tear_down (&pair);
}

static void
test_end_of_file (void)
{
  Pair pair;
  CfutFrame frame;

  g_test_summary ("What was sent before the end is read first; a torn frame is seen as such");

  pair_set_up (&pair, 0);
  queue_call (pair.parent, 1, 10, FALSE);
  cfut_channel_flush (pair.parent);
  /* The next header, but not its body. */
  {
    CfutFrameHeader header = { .type = CFUT_FRAME_CALL, .length = 1, .call = 2, .attempt = 1 };
    guint8 bytes[CFUT_FRAME_HEADER_SIZE];

    cfut_frame_encode (&header, bytes);
    g_assert_cmpint (send (cfut_channel_peek_fd (pair.parent), bytes, sizeof bytes, 0), ==, sizeof bytes);
  }
  g_clear_pointer (&pair.parent, cfut_channel_free);

  g_assert_cmpint (cfut_channel_read_wait (pair.worker, G_MAXSIZE), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (cfut_channel_next (pair.worker, &frame, NULL), ==, CFUT_CHANNEL_OK);
  assert_call (pair.worker, &frame, 1, 10);
  g_assert_cmpint (cfut_channel_next (pair.worker, &frame, NULL), ==, CFUT_CHANNEL_BLOCKED);
  g_assert_true (cfut_channel_is_mid_frame (pair.worker));

  g_assert_cmpint (cfut_channel_read (pair.worker, G_MAXSIZE), ==, CFUT_CHANNEL_CLOSED);
  g_assert_cmpint (cfut_channel_read_wait (pair.worker, G_MAXSIZE), ==, CFUT_CHANNEL_CLOSED);
  g_assert_true (cfut_channel_is_mid_frame (pair.worker));

  pair_tear_down (&pair);
}

static void
test_peer_gone (void)
{
  Pair pair;

  g_test_summary ("Writing to a peer that is gone says closed, and no signal comes");

  pair_set_up (&pair, 0);
  g_clear_pointer (&pair.worker, cfut_channel_free);

  queue_call (pair.parent, 1, 1 << 20, TRUE);
  g_assert_cmpint (cfut_channel_flush (pair.parent), ==, CFUT_CHANNEL_CLOSED);
  g_assert_cmpuint (cfut_channel_get_queued (pair.parent), ==, 0);

  /* Nothing is kept for one who is gone. */
  {
    CfutFrameHeader header = { .type = CFUT_FRAME_SHUTDOWN };
    g_autoptr(GVariant) body = g_variant_ref_sink (g_variant_new ("()"));

    cfut_channel_queue (pair.parent, &header, NULL, 0);
    cfut_channel_queue_variant (pair.parent, &header, body);
  }
  g_assert_cmpuint (cfut_channel_get_queued (pair.parent), ==, 0);
  g_assert_cmpint (cfut_channel_flush (pair.parent), ==, CFUT_CHANNEL_CLOSED);

  pair_tear_down (&pair);
}

static void
test_peer_gone_with_unread (void)
{
  Pair pair;
  CfutFrame frame;

  g_test_summary ("A peer that goes without reading all still had its own words heard");

  pair_set_up (&pair, 0);
  queue_call (pair.parent, 7, 100, FALSE);
  cfut_channel_flush (pair.parent);
  {
    CfutFrameHeader header = { .type = CFUT_FRAME_READY };

    cfut_channel_queue (pair.worker, &header, NULL, 0);
    cfut_channel_flush (pair.worker);
  }
  g_clear_pointer (&pair.worker, cfut_channel_free);

  g_assert_cmpint (cfut_channel_read (pair.parent, G_MAXSIZE), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (cfut_channel_next (pair.parent, &frame, NULL), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (frame.header.type, ==, CFUT_FRAME_READY);
  g_assert_cmpint (cfut_channel_read (pair.parent, G_MAXSIZE), ==, CFUT_CHANNEL_CLOSED);

  pair_tear_down (&pair);
}

static void
test_unfinished_is_dropped (void)
{
  Pair pair;

  g_test_summary ("A channel that is freed with frames queued frees them");

  pair_set_up (&pair, 1);
  for (guint i = 0; i < 10; i++)
    queue_call (pair.parent, i + 1, 100000, TRUE);
  g_assert_cmpint (cfut_channel_flush (pair.parent), ==, CFUT_CHANNEL_BLOCKED);
  g_assert_cmpuint (cfut_channel_get_queued (pair.parent), >, 0);

  pair_tear_down (&pair);
}

static void
test_not_a_socket (void)
{
  TestCensus census;
  g_autoptr(GError) error = NULL;
  int fds[2];

  g_test_summary ("A descriptor that is not a stream socket is refused, and closed");

  test_census_take (&census);

  g_assert_null (cfut_channel_new_take_fd (open ("/dev/null", O_RDWR | O_CLOEXEC),
                                           CFUT_FRAME_FROM_PARENT, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  g_assert_null (cfut_channel_new_take_fd (fds[0], CFUT_FRAME_FROM_PARENT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  close (fds[1]);

  test_census_check (&census);
}

static void
test_descriptors_are_dropped (void)
{
  Pair pair;
  TestCensus census;
  char control[CMSG_SPACE (sizeof (int) * 8)] = { 0, };
  CfutFrameHeader header = { .type = CFUT_FRAME_SHUTDOWN };
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];
  struct iovec vector = { bytes, sizeof bytes };
  struct msghdr message = {
    .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
  };
  struct cmsghdr *cmsg = CMSG_FIRSTHDR (&message);
  CfutFrame frame;

  g_test_summary ("Descriptors that a peer sends along are not kept");

  pair_set_up (&pair, 0);
  cfut_frame_encode (&header, bytes);
  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN (sizeof (int) * 8);
  for (guint i = 0; i < 8; i++)
    {
      int fd = STDERR_FILENO;

      memcpy (CMSG_DATA (cmsg) + i * sizeof fd, &fd, sizeof fd);
    }

  test_census_take (&census);
  for (guint i = 0; i < 20; i++)
    {
      g_assert_cmpint (sendmsg (cfut_channel_peek_fd (pair.parent), &message, 0), ==, sizeof bytes);
      g_assert_cmpint (cfut_channel_read_wait (pair.worker, G_MAXSIZE), ==, CFUT_CHANNEL_OK);
      g_assert_cmpint (cfut_channel_next (pair.worker, &frame, NULL), ==, CFUT_CHANNEL_OK);
    }
  test_census_check (&census);

  pair_tear_down (&pair);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel/transfer", test_transfer);
  g_test_add_func ("/channel/transfer-in-small-pieces", test_transfer_in_small_pieces);
  g_test_add_func ("/channel/many-small", test_many_small);
  g_test_add_func ("/channel/one-write-a-batch", test_one_write_a_batch);
  g_test_add_func ("/channel/both-ways", test_both_ways);
  g_test_add_func ("/channel/end-of-file", test_end_of_file);
  g_test_add_func ("/channel/peer-gone", test_peer_gone);
  g_test_add_func ("/channel/peer-gone-with-unread", test_peer_gone_with_unread);
  g_test_add_func ("/channel/unfinished-is-dropped", test_unfinished_is_dropped);
  g_test_add_func ("/channel/not-a-socket", test_not_a_socket);
  g_test_add_func ("/channel/descriptors-are-dropped", test_descriptors_are_dropped);

  return g_test_run ();
}
