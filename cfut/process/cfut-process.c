/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "process/cfut-any-function-private.h"
#include "process/cfut-sandbox-private.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Of a process that exits, in its flags: see the kernel's sched.h. */
#define PF_EXITING 0x4

static void
remote_function_free (gpointer data)
{
  CfutRemoteFunction *self = data;

  g_variant_type_free (self->parameter_type);
  g_variant_type_free (self->result_type);
  g_free (self);
}

CfutProcess *
cfut_process_new (CfutManager *manager,
                  guint        id,
                  CfutSpawned *spawned,
                  gint64       now)
{
  CfutProcess *self = g_new0 (CfutProcess, 1);

  self->manager = manager;
  self->id = id;
  self->pid = spawned->pid;
  self->subprocess = g_steal_pointer (&spawned->subprocess);
  self->wait = g_cancellable_new ();
  self->channel = g_steal_pointer (&spawned->channel);
  self->claims = g_steal_pointer (&spawned->claims);
  self->arena = cfut_claims_dup_arena (self->claims, CFUT_FRAME_FROM_WORKER);
  self->segments = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->pidfd = g_steal_fd (&spawned->pidfd);
  self->control_fd = g_steal_fd (&spawned->control_fd);
  self->watch_fd = -1;
  cfut_stderr_tap_init (&self->tap, g_steal_fd (&spawned->stderr_fd));
  self->has_cpu_clock = self->pid > 0 && clock_getcpuclockid (self->pid, &self->cpu_clock) == 0;
  self->functions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, remote_function_free);
  self->answers = g_array_new (FALSE, FALSE, sizeof (CfutAnswer));
  cfut_window_init (&self->window);
  self->started_at = self->active_at = now;
  self->frame_since = -1;
  self->leave_by = self->lost_at = self->abandon_at = self->reap_at = -1;
  self->unstalled_at = -1;
  self->taken_at = -1;
  self->tap_retry_at = -1;
  self->slots_retry_at = -1;

  return self;
}

void
cfut_process_free (CfutProcess *self)
{
  CfutEntry *spare;

  g_assert (self->head == NULL);
  g_assert (self->answers->len == 0);

  while ((spare = self->spare) != NULL)
    {
      self->spare = spare->next;
      g_free (spare);
    }

  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_source_unref (self->source);
    }
  cfut_stderr_tap_clear (&self->tap);
  cfut_channel_free (self->channel);
  g_hash_table_unref (self->segments);
  if (self->arena != NULL)
    cfut_arena_end_calls (self->arena);
  g_clear_pointer (&self->arena, cfut_arena_unref);
  cfut_claims_free (self->claims);
  if (self->pidfd >= 0)
    close (self->pidfd);
  close (self->control_fd);
  cfut_process_close_watch (self);
  g_hash_table_unref (self->functions);
  g_array_unref (self->answers);
  g_clear_error (&self->condemned);
  g_clear_error (&self->refusal);
  g_clear_object (&self->info);
  g_object_unref (self->subprocess);
  g_object_unref (self->wait);
  g_free (self);
}

const CfutRemoteFunction *
cfut_process_find_function (CfutProcess *self,
                            const char  *name)
{
  /* Most calls are of the same function, and no name ever goes away. */
  if (name != self->found_name)
    {
      self->found = cfut_remote_function_find (self->functions, name);
      self->found_name = name;
    }

  return self->found;
}

/* A name may have a label behind it, after a space: "python thumbnail" is the
 * function "python", and is called by its whole name where people read it. */
static const CfutRemoteFunction *
cfut_remote_function_find_labelled (GHashTable *functions,
                                    const char *name)
{
  const char *end = strchr (name, ' ');
  char unlabelled[64];

  if (end == NULL || (gsize) (end - name) >= sizeof unlabelled)
    return NULL;

  memcpy (unlabelled, name, end - name);
  unlabelled[end - name] = '\0';

  return g_hash_table_lookup (functions, unlabelled);
}

const CfutRemoteFunction *
cfut_remote_function_find (GHashTable *functions,
                           const char *name)
{
  const CfutRemoteFunction *self = g_hash_table_lookup (functions, name);

  if (self == NULL)
    self = cfut_remote_function_find_labelled (functions, name);
  if (self != NULL)
    return self;

  self = g_hash_table_lookup (functions, CFUT_ANY_FUNCTION);

  return self != NULL && self->is_any ? self : NULL;
}

gboolean
cfut_remote_function_wraps (const CfutRemoteFunction *self,
                            const char               *name)
{
  return self->is_any && !g_str_equal (name, CFUT_ANY_FUNCTION);
}

/* ---- Entries. */

CfutEntry *
cfut_process_peek_locked (CfutProcess *self)
{
  CfutEntry *entry = self->head;

  while (entry != NULL && entry->revoked)
    entry = entry->next;

  return entry;
}

CfutEntry *
cfut_process_add_entry (CfutProcess *self,
                        CfutJob     *job,
                        guint64      call,
                        guint32      slot,
                        gint64       now)
{
  CfutEntry *entry = self->spare;

  if (entry != NULL)
    self->spare = entry->next;
  else
    entry = g_new (CfutEntry, 1);

  *entry = (CfutEntry) {
    .process = self,
    .job = job,
    .call = call,
    .attempt = cfut_job_get_attempt (job),
    .slot = slot,
    .generation = cfut_claims_get_generation (call, cfut_job_get_attempt (job)),
    .prev = self->tail,
    .arguments = cfut_job_has_small (job) ? NULL : g_variant_ref (job->arguments),
    .due = cfut_job_get_due (job),
    .timeout = cfut_job_get_timeout (job),
    .kill_at = -1,
    .sent_at = now,
  };

  if (self->tail != NULL)
    self->tail->next = entry;
  else
    self->head = entry;
  self->tail = entry;
  if (self->expected == NULL)
    self->expected = entry;
  if (self->unsent == NULL)
    self->unsent = entry;
  self->n_live++;
  self->live_bytes += cfut_job_get_size (job);

  return entry;
}

void
cfut_process_remove_entry (CfutProcess *self,
                           CfutEntry   *entry)
{
  if (entry->prev != NULL)
    entry->prev->next = entry->next;
  else
    self->head = entry->next;
  if (entry->next != NULL)
    entry->next->prev = entry->prev;
  else
    self->tail = entry->prev;
  if (self->expected == entry)
    self->expected = entry->next;
  g_assert (self->unsent == NULL);

  self->n_live--;
  self->n_stopping -= entry->kill_at >= 0;
  self->live_bytes -= cfut_job_get_size (entry->job);
}

void
cfut_process_return_entry (CfutProcess *self,
                           CfutEntry   *entry)
{
  cfut_process_remove_entry (self, entry);
  self->n_assigned -= MAX (cfut_job_get_n_items (entry->job), 1);
}

void
cfut_entry_free (CfutEntry *entry)
{
  if (entry->process->arena != NULL)
    cfut_arena_end_call (entry->process->arena, entry->call);
  g_clear_pointer (&entry->arguments, g_variant_unref);
  g_clear_pointer (&entry->job, cfut_job_unref);
  entry->next = entry->process->spare;
  entry->process->spare = entry;
}

void
cfut_entry_free_all (CfutEntry *entry)
{
  while (entry != NULL)
    {
      CfutEntry *next = entry->next;

      cfut_entry_free (entry);
      entry = next;
    }
}

/* ---- The end. */

/* The group has the number of the process, which is nobody else's until somebody
 * reaps it. That may be while we look; but not so that the number is used again
 * by then. */
static void
cfut_process_kill_group (CfutProcess *self)
{
  if (self->pid > 0 && !cfut_process_is_dead (self) && getpgid (self->pid) == self->pid)
    kill (-self->pid, SIGKILL);
}

void
cfut_process_kill (CfutProcess *self)
{
  CFUT_DEBUG (WORKERS, "killing worker %d", self->pid);

  cfut_process_kill_group (self);
  g_subprocess_force_exit (self->subprocess);
}

gboolean
cfut_process_is_mistaken (CfutProcess *self)
{
  return WIFSTOPPED (g_subprocess_get_status (self->subprocess));
}

void
cfut_process_kill_mistaken (CfutProcess *self)
{
  CFUT_DEBUG (WORKERS, "killing worker %d, which is stopped", self->pid);

  self->mistaken = TRUE;
  cfut_process_kill_group (self);
  kill (self->pid, SIGKILL);
}

/* waitid() that is not interrupted: it looks like one that finds no such child. A
 * child that says that we trace it is told of when it stops, too, though nobody asks;
 * that is no end. */
static int
look_at_child (idtype_t   type,
               id_t       id,
               siginfo_t *info,
               int        flags)
{
  int result;

  do
    result = waitid (type, id, info, flags | WNOHANG);
  while (result != 0 && errno == EINTR);

  if (result == 0 && info->si_code != CLD_EXITED && info->si_code != CLD_KILLED &&
      info->si_code != CLD_DUMPED)
    info->si_pid = 0;

  return result;
}

gboolean
cfut_process_is_dead (CfutProcess *self)
{
  GPollFD poll_fd = { self->pidfd, G_IO_IN, 0 };
  siginfo_t info = { 0 };

  if (self->pidfd >= 0)
    return g_poll (&poll_fd, 1, 0) == 1;

  /* It fails for one that was reaped already. */
  return look_at_child (P_PID, self->pid, &info, WEXITED | WNOWAIT) != 0 || info.si_pid != 0;
}

/* The kernel says so of the first thread. When the channel is at its end since the
 * process is, that one has come so far: the last thread has closed it. */
gboolean
cfut_process_is_exiting (CfutProcess *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", self->pid);
  g_autofree char *contents = NULL;
  const char *end;
  guint flags;

  if (!g_file_get_contents (path, &contents, NULL, NULL))
    return FALSE;

  /* The name in brackets may be anything; then: state, five numbers, flags. */
  end = strrchr (contents, ')');

  return end != NULL && sscanf (end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
         (flags & PF_EXITING) != 0;
}

static void
cfut_process_take_status (CfutProcess     *self,
                          const siginfo_t *info)
{
  self->status = info->si_code == CLD_EXITED ? W_EXITCODE (info->si_status, 0)
                                             : W_EXITCODE (0, info->si_status);
  self->status_known = TRUE;
}

gboolean
cfut_process_peek_status (CfutProcess *self)
{
  siginfo_t info = { 0 };

  if (self->status_known)
    return TRUE;

  if (self->pidfd < 0 ||
      look_at_child (P_PIDFD, self->pidfd, &info, WEXITED | WNOWAIT) != 0 ||
      info.si_pid == 0)
    return FALSE;

  cfut_process_take_status (self, &info);

  return TRUE;
}

/* A dead process that is traced is its tracer's first, and GLib does not look again.
 * Without a pidfd GLib waits for a signal, which comes when it is ours. */
gboolean
cfut_process_reap (CfutProcess *self)
{
  siginfo_t info = { 0 };
  int result;

  if (self->pidfd < 0 && !self->mistaken)
    return TRUE;

  result = self->pidfd >= 0 ? look_at_child (P_PIDFD, self->pidfd, &info, WEXITED)
                            : look_at_child (P_PID, self->pid, &info, WEXITED);
  if (result != 0)
    return TRUE;

  if (info.si_pid == 0)
    return FALSE;

  if (!self->status_known)
    cfut_process_take_status (self, &info);

  return TRUE;
}

/* GLib may be faster to reap it than we are to look. If something else in this
 * program was faster than both, GLib makes of that a zero. */
void
cfut_process_note_status (CfutProcess *self)
{
  if (self->status_known)
    return;

  self->status = g_subprocess_get_status (self->subprocess);
  self->status_known = TRUE;
  self->status_lost = self->status == 0;
}

gint64
cfut_process_sample_cpu_locked (CfutProcess *self)
{
  struct timespec used;

  if (self->has_cpu_clock && !self->died && clock_gettime (self->cpu_clock, &used) == 0)
    self->cpu_time_ns = used.tv_sec * G_GINT64_CONSTANT (1000000000) + used.tv_nsec;

  return self->cpu_time_ns;
}

guint64
cfut_process_get_rss (CfutProcess *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", self->pid);
  g_autofree char *contents = NULL;
  guint64 size, resident;

  if (!g_file_get_contents (path, &contents, NULL, NULL) ||
      sscanf (contents, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &size, &resident) != 2)
    return 0;

  return resident * sysconf (_SC_PAGESIZE);
}

char *
cfut_process_describe_death (CfutProcess *self,
                             const char  *label)
{
  g_autofree char *tail = cfut_stderr_tap_dup_tail (&self->tap);
  g_autofree char *trap = NULL;
  GString *text = g_string_new (NULL);

  /* One that was reaped before its spawn had returned has no number. */
  if (self->pid > 0)
    g_string_append_printf (text, "Worker %d ", self->pid);
  else
    g_string_append (text, "A worker ");

  if (self->abandoned)
    g_string_append (text, "could not be killed, and was abandoned");
  else if (self->condemned != NULL)
    g_string_append (text, "was killed");
  else if (WIFSIGNALED (self->status))
    g_string_append_printf (text, "was killed by signal %d (%s)",
                            WTERMSIG (self->status), g_strsignal (WTERMSIG (self->status)));
  else
    g_string_append_printf (text, "exited with status %d%s", WEXITSTATUS (self->status),
                            self->status_lost ? " (unless other code of this program took its status)" : "");

  /* As shells do, launchers tell of a signal by a status. */
  if (self->condemned == NULL && !self->abandoned && self->launched && WIFEXITED (self->status) &&
      WEXITSTATUS (self->status) > 128 && WEXITSTATUS (self->status) < 128 + NSIG)
    g_string_append_printf (text, ", which is how a launcher tells of signal %d (%s),",
                            WEXITSTATUS (self->status) - 128,
                            g_strsignal (WEXITSTATUS (self->status) - 128));

  if (self->condemned == NULL && WIFSIGNALED (self->status) && WTERMSIG (self->status) == SIGSYS)
    trap = cfut_sandbox_describe_trap (cfut_journal_get_trap (cfut_claims_get_journal (self->claims)));
  if (trap != NULL)
    g_string_append_printf (text, " calling %s", trap);

  if (!self->ready)
    g_string_append (text, " before it was ready");
  if (label != NULL)
    g_string_append_printf (text, " while running \"%s\"", label);
  if (self->condemned != NULL)
    g_string_append_printf (text, ": %s", self->condemned->message);
  if (tail != NULL)
    g_string_append_printf (text, "; its last words were:\n%s", tail);

  return g_string_free (text, FALSE);
}
