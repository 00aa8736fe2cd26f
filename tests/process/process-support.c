/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process-support.h"

/* Far too long for any machine. */
#define DEADLINE_US (120 * G_USEC_PER_SEC)

/* The leak check stops all threads of a worker that exits, by ptrace(). One that
 * is killed just then is its tracer's first, and can be reaped only after that. What
 * workers leak the tests of the room worker tell. */
static void
check_no_leaks_of_workers (void)
{
  const char *options = g_getenv ("ASAN_OPTIONS");
  g_autofree char *more = NULL;

  if (options == NULL)
    return;

  more = g_strconcat (options, ":detect_leaks=0", NULL);
  g_setenv ("ASAN_OPTIONS", more, TRUE);
}

void
process_test_init (int    *argc,
                   char ***argv)
{
  process_register_functions ();
  cfut_init (argc, argv);
  check_no_leaks_of_workers ();
  g_test_init (argc, argv, NULL);
}

char *
process_build_path (const char *name)
{
  return g_test_build_filename (G_TEST_BUILT, name, NULL);
}

/* ---- The executor. */

void
process_test_begin (ProcessTest *self,
                    guint        max_workers)
{
  test_census_take (&self->census);
  self->executor = cfut_process_executor_new (max_workers);
}

void
process_test_begin_argv (ProcessTest *self,
                         guint        max_workers,
                         const char  *first,
                         ...)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  va_list arguments;

  va_start (arguments, first);
  for (const char *word = first; word != NULL; word = va_arg (arguments, const char *))
    g_ptr_array_add (argv, (char *) word);
  va_end (arguments);
  g_ptr_array_add (argv, NULL);

  process_test_begin (self, max_workers);
  cfut_process_executor_set_argv (PROCESS_EXECUTOR (self), (const char * const *) argv->pdata);
}

void
process_test_check (ProcessTest *self)
{
  test_census_check (&self->census);
}

void
process_test_end_calls (ProcessTest *self)
{
  g_autoptr(GError) error = NULL;
  gboolean ended;

  ended = cfut_executor_shutdown (self->executor, CFUT_SHUTDOWN_WAIT, DEADLINE_US, &error);
  g_assert_no_error (error);
  g_assert_true (ended);
  g_assert_finalize_object (self->executor);
}

void
process_test_end (ProcessTest *self)
{
  process_test_end_calls (self);
  process_test_check (self);
}

/* ---- Calls. */

CfutFuture *
process_submit_va (ProcessTest       *self,
                   CfutSubmitOptions *options,
                   const char        *function,
                   const char        *format,
                   va_list           *arguments)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  future = cfut_executor_submit_full (self->executor, function,
                                      g_variant_new_va (format, NULL, arguments),
                                      options, &error);
  g_assert_no_error (error);

  return future;
}

CfutFuture *
process_submit (ProcessTest *self,
                const char  *function,
                const char  *format,
                ...)
{
  CfutFuture *future;
  va_list arguments;

  va_start (arguments, format);
  future = process_submit_va (self, NULL, function, format, &arguments);
  va_end (arguments);

  return future;
}

CfutFuture *
process_submit_full (ProcessTest       *self,
                     CfutSubmitOptions *options,
                     const char        *function,
                     const char        *format,
                     ...)
{
  CfutFuture *future;
  va_list arguments;

  va_start (arguments, format);
  future = process_submit_va (self, options, function, format, &arguments);
  va_end (arguments);

  return future;
}

GVariant *
process_result (CfutFuture *future)
{
  g_autoptr(GError) error = NULL;
  GVariant *result = cfut_future_dup_result (future, DEADLINE_US, &error);

  g_assert_no_error (error);
  g_assert_nonnull (result);

  return result;
}

GVariant *
process_call (ProcessTest *self,
              const char  *function,
              const char  *format,
              ...)
{
  g_autoptr(CfutFuture) future = NULL;
  va_list arguments;

  va_start (arguments, format);
  future = process_submit_va (self, NULL, function, format, &arguments);
  va_end (arguments);

  return process_result (future);
}

GError *
process_error (CfutFuture *future)
{
  g_autoptr(GError) error = NULL;
  GError *outcome;

  cfut_future_wait (future, DEADLINE_US, &error);
  g_assert_no_error (error);
  outcome = cfut_future_dup_error (future);
  g_assert_nonnull (outcome);

  return outcome;
}

int
process_int (CfutFuture *future)
{
  g_autoptr(GVariant) result = process_result (future);

  return g_variant_get_int32 (result);
}

void
process_expect_done (CfutFuture *future)
{
  g_variant_unref (process_result (future));
  g_object_unref (future);
}

void
process_forget (CfutFuture *future)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) outcome = NULL;

  cfut_future_wait (future, DEADLINE_US, &error);
  g_assert_no_error (error);
  outcome = cfut_future_dup_error (future);
  g_object_unref (future);
}

void
process_expect_int (CfutFuture *future,
                    int         expected)
{
  g_assert_cmpint (process_int (future), ==, expected);
  g_object_unref (future);
}

void
process_expect_cancelled (CfutFuture *future)
{
  g_autoptr(GError) error = process_error (future);

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_CANCELLED);
  g_object_unref (future);
}

void
process_expect_error (CfutFuture *future,
                      GQuark      domain,
                      int         code,
                      const char *text)
{
  g_autoptr(GError) error = process_error (future);

  g_test_message ("Error: %s", error->message);
  g_assert_error (error, domain, code);
  if (strstr (error->message, text) == NULL)
    g_error ("\"%s\" is not in \"%s\"", text, error->message);
  g_object_unref (future);
}

/* ---- Workers. */

int
process_get_pid (ProcessTest *self)
{
  g_autoptr(CfutFuture) future = process_submit (self, "pid", "()");

  return process_int (future);
}

gsize
process_count_workers (ProcessTest *self)
{
  g_autofree int *pids = NULL;
  gsize n_pids;

  pids = cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (self), &n_pids);

  return n_pids;
}

void
process_await (TestCondition condition,
               gpointer      user_data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();

  test_iterate_until (context, condition, user_data);
}

typedef struct
{
  ProcessTest *test;
  gsize n_workers;
} WorkerCount;

static gboolean
count_is_reached (gpointer user_data)
{
  WorkerCount *count = user_data;

  return process_count_workers (count->test) == count->n_workers;
}

void
process_await_workers (ProcessTest *self,
                       gsize        n_workers)
{
  WorkerCount count = { self, n_workers };

  process_await (count_is_reached, &count);
}

typedef struct
{
  gint done;
  gboolean ready;
  GError *error;
} Prestart;

static void
prestart_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Prestart *prestart = user_data;

  prestart->ready = cfut_process_executor_prestart_finish (CFUT_PROCESS_EXECUTOR (object), result,
                                                           &prestart->error);
  g_atomic_int_set (&prestart->done, TRUE);
}

void
process_prestart (ProcessTest *self)
{
  Prestart prestart = { FALSE, FALSE, NULL };

  cfut_process_executor_prestart_async (PROCESS_EXECUTOR (self), NULL, prestart_cb, &prestart);
  test_iterate_until_set (NULL, &prestart.done);
  g_assert_no_error (prestart.error);
  g_assert_true (prestart.ready);
}

gboolean
process_exists (int pid)
{
  return kill (pid, 0) == 0;
}

char
process_get_run_state (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *stat = NULL;
  const char *after_name;

  if (!g_file_get_contents (path, &stat, NULL, NULL))
    return 0;

  after_name = strrchr (stat, ')');

  return after_name != NULL && strlen (after_name) > 2 ? after_name[2] : 0;
}

static gboolean
is_gone (gpointer user_data)
{
  char state = process_get_run_state (GPOINTER_TO_INT (user_data));

  return state == 0 || state == 'Z' || state == 'X';
}

void
process_await_exit (int pid)
{
  process_await (is_gone, GINT_TO_POINTER (pid));
}

typedef struct
{
  int pid;
  char state;
} RunState;

static gboolean
run_state_is (gpointer user_data)
{
  RunState *wanted = user_data;

  return process_get_run_state (wanted->pid) == wanted->state;
}

void
process_await_run_state (int  pid,
                         char state)
{
  RunState wanted = { pid, state };

  process_await (run_state_is, &wanted);
}

/* ---- Gates. */

void
gate_init (Gate *self)
{
  g_autoptr(GError) error = NULL;

  g_unix_open_pipe (self->notes, FD_CLOEXEC, &error);
  g_assert_no_error (error);
  g_unix_open_pipe (self->passes, FD_CLOEXEC, &error);
  g_assert_no_error (error);
}

void
gate_open (Gate *self)
{
  if (self->passes[1] < 0)
    return;

  /* Whoever reads now, or later, finds the end. */
  close (self->passes[1]);
  self->passes[1] = -1;
}

void
gate_clear (Gate *self)
{
  gate_open (self);
  close (self->passes[0]);
  close (self->notes[0]);
  close (self->notes[1]);
}

GVariant *
gate_arguments (Gate *self,
                int   id)
{
  return g_variant_new ("(iii)", id, self->notes[1], self->passes[0]);
}

CfutFuture *
gate_submit_full (Gate              *self,
                  ProcessTest       *test,
                  CfutSubmitOptions *options,
                  const char        *function,
                  int                id)
{
  return process_submit_full (test, options, function, "@(iii)", gate_arguments (self, id));
}

CfutFuture *
gate_submit (Gate        *self,
             ProcessTest *test,
             const char  *function,
             int          id)
{
  return gate_submit_full (self, test, NULL, function, id);
}

static gboolean
can_read (int fd,
          int timeout_ms)
{
  struct pollfd poll_fd = { fd, POLLIN, 0 };
  int n_ready;

  do
    n_ready = poll (&poll_fd, 1, timeout_ms);
  while (n_ready < 0 && errno == EINTR);

  return n_ready == 1;
}

gboolean
gate_has_next (Gate *self)
{
  return can_read (self->notes[0], 0);
}

GateRecord
gate_next (Gate *self)
{
  GateRecord record;

  if (!can_read (self->notes[0], DEADLINE_US / 1000))
    g_error ("No call came to the gate");

  /* Short writes to a pipe are whole. */
  g_assert_cmpint (read (self->notes[0], &record, sizeof record), ==, sizeof record);

  return record;
}

void
gate_let_through (Gate  *self,
                  guint  n_calls)
{
  for (guint i = 0; i < n_calls; i++)
    g_assert_cmpint (write (self->passes[1], "", 1), ==, 1);
}

/* The parent's pipe, opened anew. */
static int
open_parents_fd (int fd,
                 int flags)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd/%d", (int) getppid (), fd);

  return open (path, flags | O_CLOEXEC);
}

void
gate_end_open (GateEnd  *self,
               GVariant *arguments)
{
  int notes, passes;

  g_variant_get (arguments, "(iii)", &self->id, &notes, &passes);
  self->notes = open_parents_fd (notes, O_WRONLY);
  self->passes = open_parents_fd (passes, O_RDONLY);
}

void
gate_end_note (GateEnd  *self,
               CfutCall *call)
{
  GateRecord record = { self->id, getpid (), (int) cfut_call_get_attempt (call) };

  if (self->notes >= 0)
    g_assert_cmpint (write (self->notes, &record, sizeof record), ==, sizeof record);
}

void
gate_end_pass (GateEnd *self)
{
  char pass;

  while (self->passes >= 0 && read (self->passes, &pass, 1) < 0 && errno == EINTR)
    continue;
}

void
gate_end_close (GateEnd *self)
{
  if (self->notes >= 0)
    close (self->notes);
  if (self->passes >= 0)
    close (self->passes);
}

gboolean
process_is_shared (GVariant *value)
{
  g_autofree char *maps = NULL;
  g_auto(GStrv) lines = NULL;
  guint64 at = GPOINTER_TO_SIZE (g_variant_get_data (value));

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  lines = g_strsplit (maps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      guint64 begin, end;

      if (strstr (lines[i], "cfut-claims") != NULL &&
          sscanf (lines[i], "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x", &begin, &end) == 2 &&
          at >= begin && at < end)
        return TRUE;
    }

  return FALSE;
}

gsize
process_get_shared (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  struct dirent *entry;
  gsize size = 0;

  while ((entry = readdir (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", entry->d_name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);
      struct stat status;

      if (target != NULL && strstr (target, "cfut-claims") != NULL && stat (path, &status) == 0)
        size += (gsize) status.st_blocks * 512;
    }
  closedir (dir);

  return size;
}
