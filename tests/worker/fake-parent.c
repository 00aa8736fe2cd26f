/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fake-parent.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
get_this_program (void)
{
  static char *path;

  if (path == NULL)
    path = g_file_read_link ("/proc/self/exe", NULL);

  return path;
}

static void
make_socket_pair (CfutChannel **ours,
                  int          *theirs)
{
  g_autoptr(GError) error = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  *ours = cfut_channel_new_take_fd (fds[0], CFUT_FRAME_FROM_WORKER, &error);
  g_assert_no_error (error);
  *theirs = fds[1];
}

void
fake_parent_start (FakeParent        *self,
                   const char *const *argv,
                   const char        *environment,
                   GSubprocessFlags   flags)
{
  const char *default_argv[] = { get_this_program (), NULL };
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autofree char *default_environment = NULL;
  g_autoptr(GError) error = NULL;
  int channel_fd, control_fd;

  memset (self, 0, sizeof *self);
  test_census_take (&self->census);

  make_socket_pair (&self->channel, &channel_fd);
  make_socket_pair (&self->control, &control_fd);
  self->claims = cfut_claims_new (CFUT_ARENA_CAPACITY, &error);
  g_assert_no_error (error);

  launcher = g_subprocess_launcher_new (flags);
  g_subprocess_launcher_take_fd (launcher, channel_fd, CFUT_FD_CHANNEL);
  g_subprocess_launcher_take_fd (launcher, control_fd, CFUT_FD_CONTROL);
  g_subprocess_launcher_take_fd (launcher,
                                 fcntl (cfut_claims_get_fd (self->claims), F_DUPFD_CLOEXEC, 3),
                                 CFUT_FD_CLAIMS);

  default_environment = g_strdup_printf ("1:%d", getpid ());
  g_subprocess_launcher_setenv (launcher, "CFUT_WORKER",
                                environment != NULL ? environment : default_environment, TRUE);

  self->process = g_subprocess_launcher_spawnv (launcher, argv != NULL ? argv : default_argv, &error);
  g_assert_no_error (error);

}

void
fake_parent_send_setup (FakeParent *self,
                        GVariant   *setup)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_SETUP };
  g_autoptr(GVariant) body = NULL;

  body = g_variant_ref_sink (setup != NULL ? setup : g_variant_new ("a{sv}", NULL));
  g_assert_cmpstr (g_variant_get_type_string (body), ==, "a{sv}");
  cfut_channel_queue_variant (self->channel, &header, body);
  fake_parent_flush (self);
}

void
fake_parent_set_up (FakeParent *self,
                    GVariant   *setup)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutArena) arena = NULL;
  CfutFrame frame;

  fake_parent_send_setup (self, setup);

  fake_parent_next (self, &frame);
  g_assert_cmpint (frame.header.type, ==, CFUT_FRAME_READY);
  g_assert_cmpint (frame.header.flags, ==, 0);
  self->table = cfut_channel_take_variant (self->channel, &frame, G_VARIANT_TYPE ("a(sss)"), FALSE, &error);
  g_assert_no_error (error);

  arena = cfut_claims_dup_arena (self->claims, CFUT_FRAME_FROM_WORKER);
  g_assert_nonnull (arena);
  cfut_channel_set_arena (self->channel, arena);
}

void
fake_parent_begin (FakeParent *self)
{
  fake_parent_start (self, NULL, NULL, G_SUBPROCESS_FLAGS_NONE);
  fake_parent_set_up (self, NULL);
}

static void
clear (FakeParent *self)
{
  g_clear_pointer (&self->channel, cfut_channel_free);
  g_clear_pointer (&self->control, cfut_channel_free);
  g_clear_pointer (&self->claims, cfut_claims_free);
  g_clear_pointer (&self->table, g_variant_unref);
}

int
fake_parent_wait (FakeParent *self)
{
  int status;

  g_assert_true (g_subprocess_wait (self->process, NULL, NULL));
  status = g_subprocess_get_if_exited (self->process)
    ? g_subprocess_get_exit_status (self->process)
    : -1;

  clear (self);
  g_clear_object (&self->process);
  test_census_check (&self->census);

  return status;
}

void
fake_parent_end (FakeParent *self)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_SHUTDOWN };

  cfut_channel_queue (self->channel, &header, NULL, 0);
  fake_parent_flush (self);
  g_assert_cmpint (fake_parent_wait (self), ==, 0);
}

guint32
fake_parent_find (FakeParent *self,
                  const char *function)
{
  GVariantIter iter;
  const char *name;
  guint32 index = 0;

  g_variant_iter_init (&iter, self->table);
  for (; g_variant_iter_next (&iter, "(&sss)", &name, NULL, NULL); index++)
    if (g_str_equal (name, function))
      return index;

  g_error ("The worker has no function %s", function);
}

guint64
fake_parent_queue_full (FakeParent      *self,
                        CfutFrameHeader *header,
                        const char      *function,
                        GVariant        *arguments)
{
  g_autoptr(GVariant) body = g_variant_ref_sink (arguments);

  header->type = CFUT_FRAME_CALL;
  header->call = ++self->last_call;
  if (header->attempt == 0)
    header->attempt = 1;
  header->aux = function != NULL ? fake_parent_find (self, function) : 1000000;
  g_assert_true (cfut_claims_offer (self->claims,
                                    cfut_claims_get_generation (header->call, header->attempt),
                                    &header->slot));
  cfut_channel_queue_variant (self->channel, header, body);

  return header->call;
}

guint64
fake_parent_queue (FakeParent *self,
                   const char *function,
                   GVariant   *arguments,
                   guint32    *slot)
{
  CfutFrameHeader header = { .time = -1 };
  guint64 call = fake_parent_queue_full (self, &header, function, arguments);

  if (slot != NULL)
    *slot = header.slot;

  return call;
}

void
fake_parent_flush (FakeParent *self)
{
  while (cfut_channel_flush (self->channel) == CFUT_CHANNEL_BLOCKED)
    cfut_channel_write_wait (self->channel);
}

void
fake_parent_cancel (FakeParent *self,
                    guint64     call,
                    guint32     attempt)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_CANCEL, .call = call, .attempt = attempt };

  cfut_channel_queue (self->control, &header, NULL, 0);
  g_assert_cmpint (cfut_channel_flush (self->control), ==, CFUT_CHANNEL_OK);
}

void
fake_parent_next (FakeParent *self,
                  CfutFrame  *frame)
{
  g_autoptr(GError) error = NULL;
  CfutChannelStatus status;

  while ((status = cfut_channel_next (self->channel, frame, &error)) == CFUT_CHANNEL_BLOCKED)
    g_assert_cmpint (cfut_channel_read_wait (self->channel, G_MAXSSIZE), ==, CFUT_CHANNEL_OK);

  g_assert_no_error (error);
  g_assert_cmpint (status, ==, CFUT_CHANNEL_OK);
}

/* The next frame, which answers @call. */
static void
get_answer (FakeParent    *self,
            guint64        call,
            CfutFrameType  type,
            CfutFrame     *frame)
{
  fake_parent_next (self, frame);
  g_assert_cmpstr (cfut_frame_type_get_name (frame->header.type), ==, cfut_frame_type_get_name (type));
  g_assert_cmpuint (frame->header.call, ==, call);

  if (call == 0)
    return;

  g_assert_true (cfut_claims_is_claimed (self->claims, frame->header.slot,
                                         cfut_claims_get_generation (call, frame->header.attempt)));
  if (type != CFUT_FRAME_PROGRESS)
    cfut_claims_release (self->claims, frame->header.slot);
}

GVariant *
fake_parent_get_result (FakeParent *self,
                        guint64     call,
                        const char *type)
{
  g_autoptr(GError) error = NULL;
  GVariant *result;
  CfutFrame frame;

  get_answer (self, call, CFUT_FRAME_RESULT, &frame);
  result = cfut_channel_take_variant (self->channel, &frame, G_VARIANT_TYPE (type), FALSE, &error);
  g_assert_no_error (error);

  return result;
}

GError *
fake_parent_get_error (FakeParent *self,
                       guint64     call)
{
  g_autoptr(GError) error = NULL;
  GError *received;
  CfutFrame frame;

  get_answer (self, call, CFUT_FRAME_ERROR, &frame);
  received = cfut_frame_error_from_body (frame.body, frame.header.length, &error);
  g_assert_no_error (error);

  return received;
}

double
fake_parent_get_progress (FakeParent  *self,
                          guint64      call,
                          char       **message)
{
  g_autoptr(GVariant) body = NULL;
  g_autoptr(GError) error = NULL;
  double fraction;
  CfutFrame frame;

  get_answer (self, call, CFUT_FRAME_PROGRESS, &frame);
  body = cfut_channel_take_variant (self->channel, &frame, G_VARIANT_TYPE ("(ds)"), FALSE, &error);
  g_assert_no_error (error);
  g_variant_get (body, "(ds)", &fraction, message);

  return fraction;
}

char *
fake_parent_read_stderr (FakeParent *self)
{
  GInputStream *stream = g_subprocess_get_stderr_pipe (self->process);
  g_autoptr(GOutputStream) text = g_memory_output_stream_new_resizable ();
  g_autoptr(GError) error = NULL;

  g_output_stream_splice (text, stream, G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_write_all (text, "", 1, NULL, NULL, NULL);
  g_output_stream_close (text, NULL, NULL);

  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (text));
}

GVariant *
fake_parent_call (FakeParent *self,
                  const char *function,
                  GVariant   *arguments,
                  const char *result_type)
{
  guint64 call = fake_parent_queue (self, function, arguments, NULL);

  fake_parent_flush (self);

  return fake_parent_get_result (self, call, result_type);
}

char *
make_gate (void)
{
  g_autofree char *directory = g_dir_make_tmp ("cfut-XXXXXX", NULL);
  char *path = g_build_filename (directory, "gate", NULL);

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);

  return path;
}

void
open_gate (char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_unlink (path);
  g_rmdir (directory);
  g_free (path);
}
