/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call/cfut-function-private.h"
#include "wire/cfut-inbox-private.h"
#include "worker/cfut-server-private.h"

/*
 * Whatever bytes may come to a worker, on its channel.
 *
 * However they come in, the worker says the same: frames that its parent takes,
 * READY once, and for each call that it could claim one answer at most.
 *
 * A worker believes its parent that arguments are in order, so the functions here
 * only look at the size of theirs. Directories and limits stay as they are.
 *
 * Input: the seed of how the bytes are cut, how many KiB of zeros follow, and the
 * bytes. The calls 1 to 16, attempt 1, are on offer in slots 0 to 15; the fourth
 * was taken back.
 */

#define N_OFFERED 16

/* In place of the C library's. */
int
chdir (const char *path)
{
  return 0;
}

int
setrlimit (__rlimit_resource_t  resource,
           const struct rlimit *limits)
{
  return 0;
}

static GVariant *
measure (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  return g_variant_new_uint64 (g_variant_get_size (arguments));
}

static GVariant *
refuse (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  cfut_call_set_progress (call, 0.5, "half");
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No");
  return NULL;
}

static void
register_functions (void)
{
  static gsize registered;

  if (!g_once_init_enter (&registered))
    return;

  cfut_register_function ("a", G_VARIANT_TYPE ("(s)"), G_VARIANT_TYPE_UINT64, measure, NULL, NULL);
  cfut_register_function ("b", G_VARIANT_TYPE ("(xa{sv})"), G_VARIANT_TYPE_UINT64, measure, NULL, NULL);
  cfut_register_function ("c", G_VARIANT_TYPE ("()"), G_VARIANT_TYPE_UINT64, refuse, NULL, NULL);
  g_once_init_leave (&registered, 1);
}

/* ---- The parent's side. */

typedef struct
{
  CfutClaims *claims; /* (owned) */
  int fd;             /* (owned) */
  CfutInbox inbox;
  guint n_ready;
  guint n_answers[N_OFFERED];
  GByteArray *transcript; /* (owned) all that it heard, but for times */
} Parent;

static void
hear (Parent    *self,
      CfutFrame *frame)
{
  CfutFrameHeader header = frame->header;

  if (header.type == CFUT_FRAME_READY)
    g_assert_cmpuint (++self->n_ready, ==, 1);
  if (header.type == CFUT_FRAME_PROGRESS)
    return; /* these are merged, as the clock says */
  if (header.call != 0)
    {
      /* Another call and attempt may give the same generation. */
      g_assert_cmpuint (header.slot, <, N_OFFERED);
      g_assert_cmpuint (header.slot, !=, 3);
      g_assert_true (cfut_claims_is_claimed (self->claims, header.slot,
                                             cfut_claims_get_generation (header.call, header.attempt)));
      g_assert_cmpuint (++self->n_answers[header.slot], ==, 1);
    }

  header.time = 0;
  g_byte_array_append (self->transcript, (gpointer) &header, sizeof header);
  if (header.length > 0)
    g_byte_array_append (self->transcript, frame->body, header.length);
}

/* Takes what the worker has written. */
static void
listen_to_worker (Parent *self)
{
  while (TRUE)
    {
      g_autoptr(GError) error = NULL;
      CfutFrame frame;
      gsize space;
      guint8 *room = cfut_inbox_get_space (&self->inbox, &space);
      gssize n = recv (self->fd, room, space, MSG_DONTWAIT);

      if (n <= 0)
        return;

      cfut_inbox_add (&self->inbox, n);
      while (cfut_inbox_next (&self->inbox, &frame, &error) == CFUT_CHANNEL_OK)
        hear (self, &frame);
      g_assert_no_error (error);
    }
}

static void
parent_init (Parent *self,
             int     fd)
{
  memset (self, 0, sizeof *self);
  self->claims = cfut_claims_new (CFUT_ARENA_CAPACITY, NULL);
  g_assert_nonnull (self->claims);
  self->fd = fd;
  self->transcript = g_byte_array_new ();
  cfut_inbox_init (&self->inbox, CFUT_FRAME_FROM_WORKER);

  for (guint i = 0; i < N_OFFERED; i++)
    {
      guint32 slot;

      g_assert_true (cfut_claims_offer (self->claims, cfut_claims_get_generation (i + 1, 1), &slot));
      g_assert_cmpuint (slot, ==, i);
    }
  g_assert_true (cfut_claims_revoke (self->claims, 3, cfut_claims_get_generation (4, 1)));
}

static GByteArray *
parent_clear (Parent *self)
{
  close (self->fd);
  cfut_inbox_clear (&self->inbox);
  cfut_claims_free (self->claims);

  return self->transcript;
}

/* ---- The worker's side. */

static GByteArray *
serve (GByteArray *stream,
       guint8      seed)
{
  g_autoptr(GPtrArray) hosted = g_ptr_array_new ();
  g_autoptr(CfutServer) server = NULL;
  g_autoptr(CfutLine) line = NULL;
  g_autoptr(GError) error = NULL;
  CfutServeStatus status = CFUT_SERVE_CLOSED;
  FuzzChunks chunks;
  Parent parent;
  int channel[2], control[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control), ==, 0);
  parent_init (&parent, channel[0]);
  line = cfut_line_new_take_fds (channel[1], control[1], dup (cfut_claims_get_fd (parent.claims)), &error);
  g_assert_no_error (error);
  server = cfut_server_new (line, hosted);
  fuzz_chunks_init (&chunks, seed);

  /* The socket itself is at its end, so that no step waits. */
  shutdown (channel[0], SHUT_WR);
  for (gsize at = 0; at < stream->len && status == CFUT_SERVE_CLOSED;)
    {
      gsize n = fuzz_chunks_next (&chunks, stream->len - at);

      at += cfut_channel_feed (line->channel, stream->data + at, n);
      status = cfut_server_step (server, &error);
      g_assert_cmpint (status, !=, CFUT_SERVE_CALL);
      listen_to_worker (&parent);
    }

  g_assert_true ((status == CFUT_SERVE_FAILED) == (error != NULL));
  cfut_output_flush (&line->output);
  listen_to_worker (&parent);
  g_byte_array_append (parent.transcript, (gpointer) &status, sizeof status);
  if (error != NULL)
    g_byte_array_append (parent.transcript, (gpointer) error->message, strlen (error->message));
  close (control[0]);

  return parent_clear (&parent);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  FuzzInput input = { data, size };
  guint8 seed = fuzz_take_seed (&input);
  g_autoptr(GByteArray) stream = fuzz_take_stream (&input);
  g_autoptr(GByteArray) whole = NULL;
  g_autoptr(GByteArray) cut = NULL;

  register_functions ();

  whole = serve (stream, 0);
  cut = serve (stream, seed);
  g_assert_cmpmem (whole->data, whole->len, cut->data, cut->len);

  if (stream->len < 512)
    {
      g_autoptr(GByteArray) bytewise = serve (stream, 1);

      g_assert_cmpmem (whole->data, whole->len, bytewise->data, bytewise->len);
    }

  return 0;
}
