/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call/cfut-program-private.h"
#include "fake-parent.h"

/* What a worker is as a process: what it has inherited, when it ends, and what it
 * does with a parent that talks nonsense. */

static void
test_descriptors (void)
{
  FakeParent parent;
  g_autoptr(GVariant) fds = NULL;
  GVariantIter iter;
  const char *target;
  guint32 fd;
  guint seen = 0;
  int inherited;

  g_test_summary ("A worker has the standard descriptors, its own three and a timer, and nothing else");

  /* Without close-on-exec, as in a program that does not know better. */
  inherited = open ("/dev/zero", O_RDONLY);
  g_assert_cmpint (dup2 (inherited, 100), ==, 100);

  /* Without GSubprocess closing it all: what posix_spawn() gives. */
  fake_parent_start (&parent, NULL, NULL, G_SUBPROCESS_FLAGS_INHERIT_FDS);
  fake_parent_set_up (&parent, NULL);
  fds = fake_parent_call (&parent, "list-fds", g_variant_new ("()"), "a{us}");

  g_variant_iter_init (&iter, fds);
  while (g_variant_iter_next (&iter, "{u&s}", &fd, &target))
    {
      g_test_message ("%u is %s", fd, target);
      g_assert_cmpuint (fd, <=, 6);
      seen |= 1 << fd;

      if (fd == 0)
        g_assert_cmpstr (target, ==, "/dev/null");
      if (fd == CFUT_FD_CHANNEL || fd == CFUT_FD_CONTROL)
        g_assert_true (g_str_has_prefix (target, "socket:"));
      if (fd == CFUT_FD_CLAIMS)
        g_assert_true (g_str_has_prefix (target, "/memfd:cfut-claims"));
      if (fd == 6)
        g_assert_cmpstr (target, ==, "anon_inode:[timerfd]");
    }
  g_assert_cmpuint (seen, ==, 0x7f);

  close (inherited);
  close (100);
  fake_parent_end (&parent);
}

static void
test_closed_standard_descriptors (void)
{
  g_autofree char *command = g_strdup_printf ("exec '%s' <&- >&- 2>&-", get_this_program ());
  const char *argv[] = { "sh", "-c", command, NULL };
  FakeParent parent;
  g_autoptr(GVariant) fds = NULL;
  GVariantIter iter;
  const char *target;
  guint32 fd;
  guint n_null = 0;

  g_test_summary ("Standard descriptors that the parent does not have are /dev/null");

  fake_parent_start (&parent, argv, NULL, G_SUBPROCESS_FLAGS_NONE);
  fake_parent_set_up (&parent, NULL);
  fds = fake_parent_call (&parent, "list-fds", g_variant_new ("()"), "a{us}");

  g_variant_iter_init (&iter, fds);
  while (g_variant_iter_next (&iter, "{u&s}", &fd, &target))
    n_null += fd <= 2 && g_str_equal (target, "/dev/null");
  g_assert_cmpuint (n_null, ==, 3);

  fake_parent_end (&parent);
}

/* The mask of signals after @key in the text of /proc/self/status. */
static guint64
find_mask (const char *status,
           const char *key)
{
  const char *line = strstr (status, key);

  g_assert_nonnull (line);
  return g_ascii_strtoull (line + strlen (key), NULL, 16);
}

static void
test_signals (void)
{
  FakeParent parent;
  g_autoptr(GVariant) status = NULL;
  sigset_t all, before;
  const int numbers[] = { SIGHUP, SIGPIPE, SIGUSR1, SIGRTMIN + 3 };

  g_test_summary ("A worker blocks no signal and ignores two, whatever its parent does");

  sigfillset (&all);
  sigdelset (&all, SIGCHLD);
  pthread_sigmask (SIG_BLOCK, &all, &before);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    signal (numbers[i], SIG_IGN);

  fake_parent_begin (&parent);

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    signal (numbers[i], numbers[i] == SIGPIPE ? SIG_IGN : SIG_DFL);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  status = fake_parent_call (&parent, "read-status", g_variant_new ("()"), "s");
  g_assert_cmpuint (find_mask (g_variant_get_string (status, NULL), "SigBlk:"), ==, 0);
  g_assert_cmpuint (find_mask (g_variant_get_string (status, NULL), "SigIgn:"), ==,
                    1 << (SIGINT - 1) | 1 << (SIGPIPE - 1));

  g_variant_unref (fake_parent_call (&parent, "raise-signal", g_variant_new ("(u)", SIGINT), "()"));

  fake_parent_end (&parent);
}

static void
test_limits (void)
{
  FakeParent parent;
  g_autoptr(GVariant) status = NULL;
  g_autoptr(GVariant) core = NULL;
  g_autofree char *marker = g_strdup_printf ("1:%d:limits", getpid ());
  struct rlimit before, wide;
  guint64 soft, hard;

  g_test_summary ("A worker that is told so gets no new privileges, leaves the group, and dumps no core");

  g_assert_cmpint (getrlimit (RLIMIT_CORE, &before), ==, 0);
  wide = (struct rlimit) { before.rlim_max, before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_CORE, &wide), ==, 0);
  fake_parent_start (&parent, NULL, marker, G_SUBPROCESS_FLAGS_NONE);
  fake_parent_set_up (&parent, NULL);
  g_assert_cmpint (setrlimit (RLIMIT_CORE, &before), ==, 0);

  status = fake_parent_call (&parent, "read-status", g_variant_new ("()"), "s");
  g_assert_nonnull (strstr (g_variant_get_string (status, NULL), "NoNewPrivs:\t1\n"));
  g_assert_cmpint (getpgid (atoi (g_subprocess_get_identifier (parent.process))), !=, getpgrp ());

  /* The hard limit stays, so that the user can have it back. */
  core = fake_parent_call (&parent, "get-rlimit", g_variant_new ("(u)", RLIMIT_CORE), "(tt)");
  g_variant_get (core, "(tt)", &soft, &hard);
  g_assert_cmpuint (soft, ==, 0);
  g_assert_cmpuint (hard, ==, before.rlim_max);

  fake_parent_end (&parent);
}

static void
test_environment (void)
{
  FakeParent parent;
  g_autoptr(GVariant) value = NULL;

  g_test_summary ("What a worker starts does not take itself for a worker");

  fake_parent_begin (&parent);
  value = fake_parent_call (&parent, "get-environment", g_variant_new ("(s)", "CFUT_WORKER"), "s");
  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, "(unset)");
  fake_parent_end (&parent);
}

static void
test_standard_streams (void)
{
  FakeParent parent;
  g_autoptr(GVariant) n_read = NULL;
  char text[16] = { 0, };
  g_autofree char *on_stderr = NULL;

  g_test_summary ("Prints are there when the result is, not on the channel; stdin is at its end");

  fake_parent_start (&parent, NULL, NULL, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE |
                     G_SUBPROCESS_FLAGS_STDIN_PIPE);
  fake_parent_set_up (&parent, NULL);

  g_variant_unref (fake_parent_call (&parent, "print", g_variant_new ("(s)", "no newline"), "()"));
  g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (parent.process),
                                        text, sizeof text, NULL, NULL), ==, strlen ("no newline"));
  g_assert_cmpstr (text, ==, "no newline");

  n_read = fake_parent_call (&parent, "read-stdin", g_variant_new ("()"), "x");
  g_assert_cmpint (g_variant_get_int64 (n_read), ==, 0);

  {
    CfutFrameHeader header = { .type = CFUT_FRAME_SHUTDOWN };

    cfut_channel_queue (parent.channel, &header, NULL, 0);
    fake_parent_flush (&parent);
  }
  on_stderr = fake_parent_read_stderr (&parent);
  g_assert_cmpstr (on_stderr, ==, "no newline");
  g_assert_cmpint (fake_parent_wait (&parent), ==, 0);
}

static void
test_sockets_closed_when_idle (void)
{
  FakeParent parent;

  g_test_summary ("An idle worker ends when its sockets are closed");

  fake_parent_begin (&parent);
  g_clear_pointer (&parent.channel, cfut_channel_free);
  g_clear_pointer (&parent.control, cfut_channel_free);
  g_assert_cmpint (fake_parent_wait (&parent), ==, 0);
}

static void
test_channel_closed (void)
{
  FakeParent parent;

  g_test_summary ("An idle worker ends when only its channel is closed");

  fake_parent_begin (&parent);
  g_clear_pointer (&parent.channel, cfut_channel_free);
  g_assert_cmpint (fake_parent_wait (&parent), ==, 0);
}

static void
test_sockets_closed_when_busy (void)
{
  FakeParent parent;
  guint64 call;

  g_test_summary ("A worker in an endless loop ends when the control socket is closed");

  fake_parent_begin (&parent);
  call = fake_parent_queue (&parent, "spin", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, NULL);

  g_clear_pointer (&parent.control, cfut_channel_free);
  g_assert_cmpint (fake_parent_wait (&parent), ==, 0);
}

static void
test_closed_while_writing (void)
{
  FakeParent parent;
  const gsize length = CFUT_ARENA_CAPACITY + (8 << 20); /* for the socket */
  g_autofree guint8 *data = g_malloc0 (length);
  GVariant *bytes;
  CfutFrame frame;

  g_test_summary ("A worker that cannot write its result ends when nobody will read it");

  fake_parent_begin (&parent);
  bytes = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, length, 1);
  fake_parent_queue (&parent, "echo", g_variant_new_tuple (&bytes, 1), NULL);
  fake_parent_flush (&parent);

  /* The result has begun to come. */
  g_assert_cmpint (cfut_channel_read_wait (parent.channel, 1000), ==, CFUT_CHANNEL_OK);
  g_assert_cmpint (cfut_channel_next (parent.channel, &frame, NULL), ==, CFUT_CHANNEL_BLOCKED);
  g_clear_pointer (&parent.channel, cfut_channel_free);
  g_assert_cmpint (fake_parent_wait (&parent), ==, 0);
}

/* A process in the middle: starts a worker whose sockets lead elsewhere, says the
 * worker's pid, and waits. */
static int
run_middle (void)
{
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *environment = g_strdup_printf ("1:%d", getpid ());

  for (int fd = CFUT_FD_CHANNEL; fd <= CFUT_FD_CLAIMS; fd++)
    g_subprocess_launcher_take_fd (launcher, fd, fd);
  g_subprocess_launcher_setenv (launcher, "CFUT_WORKER", environment, TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, get_this_program (), NULL);
  g_assert_no_error (error);

  printf ("%s\n", g_subprocess_get_identifier (process));
  fflush (stdout);
  pause ();
  return 0;
}

static void
test_parent_killed (void)
{
  const char *argv[] = { get_this_program (), "--middle", NULL };
  FakeParent parent;
  char text[16] = { 0, };
  int pidfd;
  struct pollfd fd = { .events = POLLIN };
  guint64 call;

  g_test_summary ("A busy worker dies with its parent even if another process holds the sockets open");

  fake_parent_start (&parent, argv, "not for the one in the middle", G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (parent.process),
                                        text, sizeof text - 1, NULL, NULL), >, 0);
  pidfd = syscall (SYS_pidfd_open, atoi (text), 0);

  fake_parent_set_up (&parent, NULL);
  call = fake_parent_queue (&parent, "spin", g_variant_new ("()"), NULL);
  fake_parent_flush (&parent);
  fake_parent_get_progress (&parent, call, NULL);

  g_subprocess_send_signal (parent.process, SIGKILL);

  if (pidfd < 0)
    {
      g_test_skip ("There are no pidfds here");
    }
  else
    {
      fd.fd = pidfd;
      g_assert_cmpint (poll (&fd, 1, -1), ==, 1);
      close (pidfd);
    }

  g_assert_cmpint (fake_parent_wait (&parent), ==, -1);
}

/* Starts a worker and has it end by itself. */
static void
assert_ends (const char *const *argv,
             const char        *environment,
             int                status,
             const char        *text)
{
  FakeParent parent;
  g_autofree char *message = NULL;

  fake_parent_start (&parent, argv, environment, G_SUBPROCESS_FLAGS_STDERR_PIPE);
  message = fake_parent_read_stderr (&parent);
  if (text != NULL)
    g_assert_nonnull (strstr (message, text));
  else
    g_assert_cmpstr (message, ==, "");
  g_assert_cmpint (fake_parent_wait (&parent), ==, status);
}

static void
test_wrong_environment (void)
{
  g_test_summary ("A marker that no executor sets ends the process with a word why");

  assert_ends (NULL, "", 1, "CFUT_WORKER");
  assert_ends (NULL, "1", 1, "CFUT_WORKER");
  assert_ends (NULL, "1:2:3", 1, "CFUT_WORKER");
  assert_ends (NULL, "1:2:limits:3", 1, "CFUT_WORKER");
  assert_ends (NULL, "2:1", 1, "version \"2\"");
  assert_ends (NULL, "1:x", 1, "\"x\"");
  assert_ends (NULL, "1:-1", 1, "\"-1\"");
}

static void
test_wrong_parent (void)
{
  g_test_summary ("A worker whose parent is gone before it began ends without a word");

  assert_ends (NULL, "1:1", 1, NULL);
}

static void
test_wrong_descriptors (void)
{
  const char *no_fds[] = { "sh", "-c", NULL, NULL };
  const char *program = get_this_program ();
  g_autofree char *none = g_strdup_printf ("exec '%s' 4>&-", program);
  g_autofree char *no_channel = g_strdup_printf ("exec '%s' 3</dev/null", program);
  g_autofree char *no_control = g_strdup_printf ("exec '%s' 4</dev/null", program);
  g_autofree char *no_claims = g_strdup_printf ("exec '%s' 5</dev/null", program);

  g_test_summary ("Descriptors that are missing or of the wrong kind end the process with a word why");

  no_fds[2] = none;
  assert_ends (no_fds, NULL, 1, "4 is not open");
  no_fds[2] = no_channel;
  assert_ends (no_fds, NULL, 1, "Failed to reach the process that started this worker");
  no_fds[2] = no_control;
  assert_ends (no_fds, NULL, 1, "Failed to reach the process that started this worker");
  no_fds[2] = no_claims;
  assert_ends (no_fds, NULL, 1, "not a page of claims");
}

/* What a parent that has lost its mind sends. */
typedef struct
{
  const char *what;
  gboolean on_control;
  gboolean after_setup;
  CfutFrameHeader header;
  const char *text;
} Nonsense;

static void
test_nonsense (void)
{
  const Nonsense nonsense[] = {
    { "call before setup", FALSE, FALSE, { CFUT_FRAME_CALL, .call = 1, .attempt = 1 }, "before SETUP" },
    { "setup twice", FALSE, TRUE, { CFUT_FRAME_SETUP }, "twice" },
    { "cancel on the channel", FALSE, TRUE, { CFUT_FRAME_CANCEL, .call = 1, .attempt = 1 }, "on the channel" },
    { "what only a worker says", FALSE, TRUE, { CFUT_FRAME_READY }, "wrong end" },
    { "garbage", FALSE, TRUE, { 77 }, "unknown type" },
    { "a huge length", FALSE, TRUE, { CFUT_FRAME_SHUTDOWN, .length = 1 }, "length" },
    { "garbage on the control socket", TRUE, TRUE, { 77 }, "unknown type" },
  };

  g_test_summary ("A parent that breaks the protocol has its worker end with a word why");

  for (guint i = 0; i < G_N_ELEMENTS (nonsense); i++)
    {
      FakeParent parent;
      guint8 bytes[CFUT_FRAME_HEADER_SIZE];
      g_autofree char *message = NULL;

      fake_parent_start (&parent, NULL, NULL, G_SUBPROCESS_FLAGS_STDERR_PIPE);
      if (nonsense[i].after_setup)
        fake_parent_set_up (&parent, NULL);

      g_test_message ("%s", nonsense[i].what);
      cfut_frame_encode (&nonsense[i].header, bytes);
      g_assert_cmpint (send (cfut_channel_peek_fd (nonsense[i].on_control ? parent.control : parent.channel),
                             bytes, sizeof bytes, MSG_NOSIGNAL), ==, sizeof bytes);

      message = fake_parent_read_stderr (&parent);
      g_assert_nonnull (strstr (message, "cfut worker: "));
      g_assert_nonnull (strstr (message, nonsense[i].text));
      g_assert_cmpint (fake_parent_wait (&parent), ==, 1);
    }
}

static void
test_harmless_nonsense (void)
{
  FakeParent parent;
  CfutFrameHeader header = { .type = CFUT_FRAME_SHUTDOWN };

  g_test_summary ("On the control socket only cancels are heard");

  fake_parent_begin (&parent);
  cfut_channel_queue (parent.control, &header, NULL, 0);
  cfut_channel_flush (parent.control);
  for (guint i = 1; i < 100; i++)
    fake_parent_cancel (&parent, 1000 + i, 1);

  g_variant_unref (fake_parent_call (&parent, "nothing", g_variant_new ("()"), "()"));
  fake_parent_end (&parent);
}

static void
test_random_nonsense (void)
{
  g_test_summary ("Random bytes end a worker, by itself");

  for (guint i = 0; i < 30; i++)
    {
      FakeParent parent;
      guint8 bytes[200];
      int status;

      fake_parent_start (&parent, NULL, NULL, G_SUBPROCESS_FLAGS_STDERR_SILENCE);
      fake_parent_send_setup (&parent, NULL);
      for (guint j = 0; j < sizeof bytes; j++)
        bytes[j] = g_test_rand_int_range (0, 256);
      bytes[0] = 0;

      send (cfut_channel_peek_fd (parent.channel), bytes, sizeof bytes, MSG_NOSIGNAL);
      status = fake_parent_wait (&parent);
      g_assert_cmpint (status, ==, 1);
    }
}

static void
test_in_the_parent (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutWorker) worker = NULL;

  g_test_summary ("In a process that is no worker, cfut_init() returns and a worker cannot be made");

  g_assert_true (cfut_init_was_called ());
  g_assert_nonnull (strstr (cfut_init_get_program (), "test-worker-process"));
  g_assert_false (cfut_worker_is_requested ());

  g_assert_null (cfut_worker_new (&error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
  g_clear_error (&error);

  worker = g_object_new (CFUT_TYPE_WORKER, NULL);
  g_assert_false (cfut_worker_run (worker, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
  cfut_worker_fail (worker, error);

  cfut_init (NULL, NULL);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 2 && g_str_equal (argv[1], "--middle"))
    return run_middle ();

  register_functions ();
  cfut_init (&argc, &argv);

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-process/descriptors", test_descriptors);
  g_test_add_func ("/worker-process/closed-standard-descriptors", test_closed_standard_descriptors);
  g_test_add_func ("/worker-process/signals", test_signals);
  g_test_add_func ("/worker-process/limits", test_limits);
  g_test_add_func ("/worker-process/environment", test_environment);
  g_test_add_func ("/worker-process/standard-streams", test_standard_streams);
  g_test_add_func ("/worker-process/sockets-closed-when-idle", test_sockets_closed_when_idle);
  g_test_add_func ("/worker-process/channel-closed", test_channel_closed);
  g_test_add_func ("/worker-process/sockets-closed-when-busy", test_sockets_closed_when_busy);
  g_test_add_func ("/worker-process/closed-while-writing", test_closed_while_writing);
  g_test_add_func ("/worker-process/parent-killed", test_parent_killed);
  g_test_add_func ("/worker-process/wrong-environment", test_wrong_environment);
  g_test_add_func ("/worker-process/wrong-parent", test_wrong_parent);
  g_test_add_func ("/worker-process/wrong-descriptors", test_wrong_descriptors);
  g_test_add_func ("/worker-process/nonsense", test_nonsense);
  g_test_add_func ("/worker-process/harmless-nonsense", test_harmless_nonsense);
  g_test_add_func ("/worker-process/random-nonsense", test_random_nonsense);
  g_test_add_func ("/worker-process/in-the-parent", test_in_the_parent);

  return g_test_run ();
}
