/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>
#include <sys/socket.h>

#include <cfut/cfut.h>

#include "test-support.h"
#include "wire/cfut-channel-private.h"
#include "wire/cfut-journal-private.h"

/* A worker's end and a manager's end of a channel, and the worker's journal. */
typedef struct
{
  CfutChannel *worker;
  CfutChannel *manager;
  CfutJournal *journal;
  TestCensus census;
} Ends;

static void
ends_set_up (Ends *self)
{
  int fds[2];

  test_census_take (&self->census);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  self->worker = cfut_channel_new_take_fd (fds[0], CFUT_FRAME_FROM_PARENT, NULL);
  self->manager = cfut_channel_new_take_fd (fds[1], CFUT_FRAME_FROM_WORKER, NULL);
  self->journal = g_new0 (CfutJournal, 1);
  cfut_channel_set_journal (self->worker, self->journal);
}

static void
ends_tear_down (Ends *self)
{
  g_clear_pointer (&self->worker, cfut_channel_free);
  cfut_channel_free (self->manager);
  g_free (self->journal);
  test_census_check (&self->census);
}

static void
queue (Ends    *self,
       guint64  call,
       gsize    length)
{
  g_autofree guint8 *body = g_malloc0 (length + 1);
  CfutFrameHeader header = { .type = CFUT_FRAME_RESULT, .call = call, .attempt = 1 };

  memset (body, (int) call, length);
  cfut_channel_queue (self->worker, &header, body, length);
}

/* Takes the frames that are there; each must be whole and be the next. */
static guint64
take (Ends    *self,
      guint64  last)
{
  CfutFrame frame;

  while (cfut_channel_next (self->manager, &frame, NULL) == CFUT_CHANNEL_OK)
    {
      g_assert_cmpuint (frame.header.call, ==, last + 1);
      for (guint32 i = 0; i < frame.header.length; i++)
        g_assert_cmpuint (frame.body[i], ==, (guint8) frame.header.call);
      last++;
    }

  return last;
}

static guint64
read_all (Ends    *self,
          guint64  last)
{
  while (cfut_channel_read (self->manager, 1000) == CFUT_CHANNEL_OK)
    last = take (self, last);

  return last;
}

/* What a manager does when the worker is dead. */
static guint64
read_rest (Ends    *self,
           guint64  last)
{
  g_autoptr(GBytes) rest = NULL;
  const guint8 *data;
  gsize size = 0;

  rest = cfut_journal_dup_rest (self->journal, cfut_channel_get_n_read (self->manager));
  if (rest == NULL)
    return last;

  data = g_bytes_get_data (rest, &size);
  while (size > 0)
    {
      gsize n_bytes = cfut_channel_feed (self->manager, data, size);

      data += n_bytes;
      size -= n_bytes;
      last = take (self, last);
    }

  return last;
}

static void
test_unwritten (void)
{
  Ends ends;

  g_test_summary ("What was queued and never written is read from the journal");

  ends_set_up (&ends);
  queue (&ends, 1, 3);
  queue (&ends, 2, 0);
  queue (&ends, 3, 1000);

  g_assert_cmpuint (read_all (&ends, 0), ==, 0);
  g_assert_cmpuint (read_rest (&ends, 0), ==, 3);
  ends_tear_down (&ends);
}

static void
test_written (void)
{
  Ends ends;

  g_test_summary ("What was written is read once, however much of it the manager has read");

  ends_set_up (&ends);
  queue (&ends, 1, 3);
  queue (&ends, 2, 17);
  g_assert_cmpint (cfut_channel_flush (ends.worker), ==, CFUT_CHANNEL_OK);
  queue (&ends, 3, 5);

  g_assert_cmpuint (read_all (&ends, 0), ==, 2);
  g_assert_cmpuint (read_rest (&ends, 2), ==, 3);
  ends_tear_down (&ends);
}

static void
test_partly_written (void)
{
  Ends ends;
  guint64 n_queued = 0, last;
  int size = 4096;

  g_test_summary ("A batch that was written in part goes on where the socket ends, within a frame");

  ends_set_up (&ends);
  setsockopt (cfut_channel_peek_fd (ends.worker), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  while (n_queued < 50)
    queue (&ends, ++n_queued, 777);
  g_assert_cmpint (cfut_channel_flush (ends.worker), ==, CFUT_CHANNEL_BLOCKED);
  g_assert_true (cfut_channel_is_noted (ends.worker));

  last = read_all (&ends, 0);
  g_assert_cmpuint (last, <, n_queued);
  g_assert_cmpuint (read_rest (&ends, last), ==, n_queued);
  ends_tear_down (&ends);
}

static void
test_too_large (void)
{
  Ends ends;

  g_test_summary ("A frame that does not fit is not noted, nor any behind it, until all is written");

  ends_set_up (&ends);
  queue (&ends, 1, 8);
  queue (&ends, 2, CFUT_JOURNAL_SIZE);
  g_assert_false (cfut_channel_is_noted (ends.worker));
  queue (&ends, 3, 8);
  g_assert_cmpuint (read_rest (&ends, 0), ==, 1);
  ends_tear_down (&ends);

  ends_set_up (&ends);
  queue (&ends, 1, CFUT_JOURNAL_SIZE);
  while (cfut_channel_flush (ends.worker) == CFUT_CHANNEL_BLOCKED)
    read_all (&ends, 0);
  g_assert_true (cfut_channel_is_noted (ends.worker));
  queue (&ends, 2, 8);
  g_assert_cmpuint (read_rest (&ends, read_all (&ends, 0)), ==, 2);
  ends_tear_down (&ends);
}

static void
test_lies (void)
{
  g_autofree CfutJournal *journal = g_new0 (CfutJournal, 1);
  const guint64 marks[] = { G_MAXUINT64, 0xffffff, G_GUINT64_CONSTANT (1) << 24, (G_GUINT64_CONSTANT (1) << 60) | 5 };

  g_test_summary ("Whatever the mark says, no more is read than the journal has");

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      for (guint64 n_received = 0; n_received < 3; n_received++)
        {
          g_autoptr(GBytes) rest = NULL;

          journal->mark = marks[i];
          rest = cfut_journal_dup_rest (journal, n_received);
          g_assert_true (rest == NULL || g_bytes_get_size (rest) <= CFUT_JOURNAL_SIZE);
        }
    }
}

static void
test_trap (void)
{
  g_autofree CfutJournal *journal = g_new0 (CfutJournal, 1);

  g_test_summary ("A system call is noted by its number, which is never a negative one for the reader");

  g_assert_cmpint (cfut_journal_get_trap (journal), ==, -1);
  cfut_journal_note_trap (journal, 0);
  g_assert_cmpint (cfut_journal_get_trap (journal), ==, 0);
  cfut_journal_note_trap (journal, 41);
  g_assert_cmpint (cfut_journal_get_trap (journal), ==, 41);
  cfut_journal_note_trap (journal, -1);
  g_assert_cmpint (cfut_journal_get_trap (journal), ==, G_MAXUINT32);
  journal->trap = G_MAXUINT64;
  g_assert_cmpint (cfut_journal_get_trap (journal), ==, G_MAXINT64 - 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/journal/unwritten", test_unwritten);
  g_test_add_func ("/journal/written", test_written);
  g_test_add_func ("/journal/partly-written", test_partly_written);
  g_test_add_func ("/journal/too-large", test_too_large);
  g_test_add_func ("/journal/lies", test_lies);
  g_test_add_func ("/journal/trap", test_trap);

  return g_test_run ();
}
