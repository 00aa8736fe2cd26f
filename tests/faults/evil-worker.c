/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "evil.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/*
 * evil-worker MODE: a worker that computes squares as it should, and does
 * something that it should not when it is asked for its pid, or, in some modes,
 * before that. A call of "lie" names the mode itself, and a number for it; its
 * result is declared an int, or what mode "type:TYPE" says. Mode "list" prints
 * the names of lies.
 */

/* In the order of the table. */
enum
{
  FUNCTION_LIE,
  FUNCTION_PID,
  FUNCTION_SQUARE,
};

void
evil_flush (Evil *self)
{
  while (cfut_channel_flush (self->channel) == CFUT_CHANNEL_BLOCKED)
    cfut_channel_write_wait (self->channel);
}

void
evil_send (Evil            *self,
           CfutFrameHeader *header,
           gconstpointer    body,
           gsize            length)
{
  cfut_channel_queue (self->channel, header, body, length);
  evil_flush (self);
}

void
evil_send_raw (Evil          *self,
               gconstpointer  data,
               gsize          size)
{
  const guint8 *p = data;

  evil_flush (self);
  while (size > 0)
    {
      gssize n = write (cfut_channel_peek_fd (self->channel), p, size);

      if (n > 0)
        {
          p += n;
          size -= n;
        }
      else
        cfut_channel_write_wait (self->channel);
    }
}

void
evil_send_ready (Evil *self)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_READY };
  const char *bad = g_str_equal (self->mode, "bad-types") ? "a" : "i";
  g_autofree char *containers = g_strnfill (128, 'm');
  g_autofree char *deep = g_strconcat (containers, "v", NULL);
  const char *type = g_str_has_prefix (self->mode, "type:") ? self->mode + strlen ("type:") : "i";
  g_autoptr(GVariant) table = NULL;

  /* GLib takes it for a type, and aborts when somebody looks into a value. */
  if (g_str_equal (self->mode, "deep-type"))
    type = deep;
  table = g_variant_ref_sink (g_variant_new_parsed ("[('lie', '(su)', %s), ('pid', '()', %s), ('square', '(x)', 'x')]", type, bad));
  if (g_str_equal (self->mode, "sips"))
    header.flags = CFUT_FRAME_FLAG_NO_ARENA;
  if (g_str_equal (self->mode, "no-claims"))
    header.flags = CFUT_FRAME_FLAG_NO_CLAIMS;
  evil_send (self, &header, g_variant_get_data (table), g_variant_get_size (table));
}

void
evil_send_pid (Evil            *self,
               CfutFrameHeader *answer)
{
  gint32 pid = getpid ();

  evil_send (self, answer, &pid, sizeof pid);
}

static CfutFrameHeader
make_answer (const CfutFrame *frame)
{
  return (CfutFrameHeader) {
    .type = CFUT_FRAME_RESULT,
    .flags = frame->header.flags,
    .slot = frame->header.slot,
    .call = frame->header.call,
    .attempt = frame->header.attempt,
  };
}

/* FALSE if the call was taken back. */
static gboolean
claim (Evil            *self,
       const CfutFrame *frame)
{
  if (g_str_equal (self->mode, "no-claims"))
    return TRUE;

  return cfut_claims_claim (self->claims, frame->header.slot,
                            cfut_claims_get_generation (frame->header.call, frame->header.attempt));
}

static void
answer_square (Evil            *self,
               const CfutFrame *frame)
{
  CfutFrameHeader answer = make_answer (frame);
  gint64 x;

  if (!claim (self, frame))
    return;

  memcpy (&x, frame->body, sizeof x);
  x *= x;
  evil_send (self, &answer, &x, sizeof x);
}

static const EvilMode * const tables[] = {
  evil_frame_modes, evil_body_modes, evil_memory_modes, evil_process_modes,
};

/* What is behind a space only makes it long. */
static EvilAct
find_act (const char *mode)
{
  gsize length = strcspn (mode, " ");

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const EvilMode *m = tables[i]; m->name != NULL; m++)
      if (strncmp (m->name, mode, length) == 0 && m->name[length] == '\0')
        return m->act;

  return NULL;
}

static void
misbehave (Evil            *self,
           const CfutFrame *frame,
           const char      *mode,
           guint            number)
{
  CfutFrameHeader answer = make_answer (frame);
  EvilAct act = find_act (mode);

  if (!g_str_equal (mode, "unclaimed") && !claim (self, frame))
    return;

  /* Modes of what comes before have none. */
  if (act != NULL)
    act (self, frame, &answer, number);
  else
    evil_send_pid (self, &answer);
}

static void
lie (Evil            *self,
     const CfutFrame *frame)
{
  g_autoptr(GVariant) arguments = NULL;
  const char *mode;
  guint32 number;

  arguments = cfut_frame_body_to_variant (G_VARIANT_TYPE ("(su)"), frame->body,
                                          frame->header.length, TRUE, NULL);
  g_variant_get (arguments, "(&su)", &mode, &number);
  g_assert_nonnull (find_act (mode));
  misbehave (self, frame, mode, number);
}

static void
serve (Evil            *self,
       const CfutFrame *frame)
{
  switch (frame->header.type)
    {
    case CFUT_FRAME_SETUP:
      if (g_str_equal (self->mode, "early-result"))
        {
          CfutFrameHeader result = { .type = CFUT_FRAME_RESULT, .call = 1, .attempt = 1 };

          evil_send (self, &result, "1234", 4);
        }
      else if (!g_str_equal (self->mode, "never-ready"))
        {
          /* A little of what it may take. */
          if (g_str_equal (self->mode, "late-ready"))
            g_usleep (30 * 1000);
          evil_send_ready (self);
          while (g_str_equal (self->mode, "never-takes"))
            pause ();
        }
      break;

    case CFUT_FRAME_CALL:
      if (frame->header.aux == FUNCTION_LIE)
        lie (self, frame);
      else if (frame->header.aux == FUNCTION_PID)
        misbehave (self, frame, self->mode, 0);
      else
        answer_square (self, frame);
      break;

    case CFUT_FRAME_SHUTDOWN:
      if (!g_str_equal (self->mode, "stay"))
        _exit (EXIT_SUCCESS);
      break;

    case CFUT_FRAME_READY:
    case CFUT_FRAME_RESULT:
    case CFUT_FRAME_ERROR:
    case CFUT_FRAME_PROGRESS:
    case CFUT_FRAME_CANCEL:
    default:
      break;
    }
}

/* How much is read at once. */
static gsize
get_budget (Evil *self)
{
  if (!g_str_equal (self->mode, "sips"))
    return 65536;

  /* So that what it is sent takes it a while. */
  g_usleep (20 * 1000);

  return 16384;
}

static void
list_modes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const EvilMode *m = tables[i]; m->name != NULL; m++)
      printf ("%s\n", m->name);
}

int
main (int    argc,
      char **argv)
{
  Evil self = { 0 };
  CfutFrame frame;

  g_assert_cmpint (argc, ==, 2);
  if (g_str_equal (argv[1], "list"))
    {
      list_modes ();
      return EXIT_SUCCESS;
    }

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  self.mode = argv[1];
  self.channel = cfut_channel_new_take_fd (CFUT_FD_CHANNEL, CFUT_FRAME_FROM_PARENT, NULL);
  self.claims = cfut_claims_new_take_fd (CFUT_FD_CLAIMS, NULL);

  while (cfut_channel_read_wait (self.channel, get_budget (&self)) == CFUT_CHANNEL_OK)
    while (cfut_channel_next (self.channel, &frame, NULL) == CFUT_CHANNEL_OK)
      serve (&self, &frame);

  /* Let go by its parent, or condemned: it has nothing more to say. */
  return EXIT_SUCCESS;
}
