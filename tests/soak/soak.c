/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "soak-functions.h"

/*
 * soak SECONDS [SVG]: a mixed load, for as long as it is asked for.
 *
 * 93 of 100 calls echo 0 bytes to 4 MiB, some of which are cancelled; 5 are lies,
 * 1 is poison, 1 hangs. A worker is killed at random every 1 to 500 ms. Once a
 * minute the executor is shut down, in one way or the other, and there is a new
 * one. Each second, or more often in a run of a few, it is seen what the process holds.
 * It fails if a call is lost, ends twice or ends as it should not, or if something grows.
 */
#define N_WORKERS         4
#define N_OUTSTANDING     64
#define MAX_ECHO          (4 * 1024 * 1024)
#define SHORT_US          (300 * 1000)
#define GRACE_US          (100 * 1000)
#define POISON_RETRIES    2
#define REBUILD_S         60
#define SAMPLE_MS         1000
#define MIN_SAMPLES       40 /* so that a worker more in one of them is nothing */
#define PATIENCE_US       (30 * G_USEC_PER_SEC)

typedef enum
{
  CALL_ECHO,
  CALL_LIE,
  CALL_POISON,
  CALL_HANG,
  N_CALLS,
} CallKind;

static const char * const functions[N_CALLS] = { "echo", "lie", "poison", "hang" };

typedef struct
{
  CfutExecutor *executor; /* (owned) */
  gboolean cancelling;    /* it was shut down, and calls with it */
  guint n_outstanding;
} Round;

typedef struct
{
  GMainLoop *loop;
  GRand *rand;
  GBytes *noise;          /* what is echoed is a part of it */
  Round *round;           /* (unowned) the one that gets calls */
  GQueue outstanding;     /* (element-type Call) oldest first */
  GArray *samples;        /* of Sample */
  gint64 began_at;
  gint64 end_at;
  gint64 looked_at;       /* when the main loop went round last */
  gint64 gap_us;
  guint n_rounds;         /* that have not ended yet */
  gboolean over;
  guint64 n_submitted;
  guint64 n_ended[N_CALLS][CFUT_FUTURE_STATE_CANCELLED + 1];
  guint64 n_wrong;
  guint64 n_kills;
} Soak;

typedef struct
{
  Soak *soak;
  Round *round;           /* (owned) */
  CallKind kind;
  GList *link;            /* in @outstanding */
  GBytes *bytes;          /* (owned) (nullable) what was sent */
  gint64 submitted_at;
  gboolean cancelled;
  guint n_ended;
} Call;

static void soak_submit (Soak *self);

/* ---- One call. */

static void
round_unref (Round *self)
{
  g_rc_box_release_full (self, NULL);
}

static void
call_free (gpointer data)
{
  Call *self = data;

  g_clear_pointer (&self->bytes, g_bytes_unref);
  round_unref (self->round);
  g_free (self);
}

/* Whether it ended in a way that it may. */
static gboolean
call_ended_well (Call       *self,
                 CfutFuture *future)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;

  switch (cfut_future_get_state (future))
    {
    case CFUT_FUTURE_STATE_DONE:
      if (self->kind == CALL_LIE)
        return TRUE; /* its worker dies of it */
      if (self->kind != CALL_ECHO)
        return FALSE;
      bytes = cfut_future_dup_bytes (future);
      return bytes != NULL && g_bytes_equal (bytes, self->bytes);

    case CFUT_FUTURE_STATE_CANCELLED:
      return self->cancelled || self->round->cancelling;

    case CFUT_FUTURE_STATE_FAILED:
      error = cfut_future_dup_error (future);
      if (self->kind == CALL_ECHO)
        return FALSE;
      return g_error_matches (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED) ||
             g_error_matches (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL) ||
             g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

    case CFUT_FUTURE_STATE_PENDING:
    case CFUT_FUTURE_STATE_RUNNING:
    default:
      return FALSE;
    }
}

static void
call_ended_cb (CfutFuture *future,
               gpointer    user_data)
{
  Call *self = user_data;
  Soak *soak = self->soak;
  CfutFutureState state = cfut_future_get_state (future);

  if (++self->n_ended > 1 || !call_ended_well (self, future))
    {
      g_autoptr(GError) error = cfut_future_dup_error (future);

      printf ("A call of %s ended in state %d: %s\n", functions[self->kind], state,
              error != NULL ? error->message : "not with what it should");
      soak->n_wrong++;
    }

  soak->n_ended[self->kind][state]++;
  self->round->n_outstanding--;
  g_queue_delete_link (&soak->outstanding, self->link);
  /* The next round has its own. */
  if (self->round == soak->round)
    soak_submit (soak);
}

static CallKind
soak_choose_kind (Soak *self)
{
  int n = g_rand_int_range (self->rand, 0, 100);

  return n < 93 ? CALL_ECHO : n < 98 ? CALL_LIE : n < 99 ? CALL_POISON : CALL_HANG;
}

/* As many sizes of each magnitude. */
static gsize
soak_choose_size (Soak *self)
{
  return pow (2, g_rand_double_range (self->rand, 0, log2 (MAX_ECHO))) - 1;
}

static GVariant *
call_make_arguments (Call *self)
{
  gsize size;

  if (self->kind == CALL_LIE)
    return g_variant_new_uint32 (g_rand_int_range (self->soak->rand, 0, SOAK_N_LIES));
  if (self->kind != CALL_ECHO)
    return NULL;

  size = soak_choose_size (self->soak);
  self->bytes = g_bytes_new_from_bytes (self->soak->noise,
                                        g_rand_int_range (self->soak->rand, 0, MAX_ECHO - size + 1), size);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, self->bytes, TRUE);
}

static CfutSubmitOptions *
call_make_options (Call *self)
{
  CfutSubmitOptions *options = cfut_submit_options_new ();

  /* What is killed by accident is tried again; what kills is not, for long. */
  cfut_submit_options_set_retries (options, self->kind == CALL_POISON ? POISON_RETRIES
                                          : self->kind == CALL_LIE ? 0 : G_MAXUINT);
  if (self->kind == CALL_HANG || self->kind == CALL_LIE)
    cfut_submit_options_set_timeout (options, SHORT_US);

  return options;
}

static void
soak_submit (Soak *self)
{
  g_autoptr(CfutSubmitOptions) options = NULL;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;
  Call *call;

  if (self->over)
    return;

  call = g_new0 (Call, 1);
  call->soak = self;
  call->round = g_rc_box_acquire (self->round);
  call->kind = soak_choose_kind (self);
  call->submitted_at = g_get_monotonic_time ();
  options = call_make_options (call);
  future = cfut_executor_submit_full (self->round->executor, functions[call->kind],
                                      call_make_arguments (call), options, &error);
  if (future == NULL)
    {
      printf ("A call of %s was refused: %s\n", functions[call->kind], error->message);
      self->n_wrong++;
      call_free (call);
      return;
    }

  self->n_submitted++;
  self->round->n_outstanding++;
  g_queue_push_tail (&self->outstanding, call);
  call->link = self->outstanding.tail;
  cfut_future_add_done_callback (future, call_ended_cb, call, call_free);
  if (call->kind == CALL_ECHO && g_rand_int_range (self->rand, 0, 30) == 0)
    {
      call->cancelled = TRUE;
      cfut_future_cancel (future);
    }
}

/* ---- Executors come and go. */

static void
soak_begin_round (Soak *self)
{
  Round *round = g_rc_box_new0 (Round);

  round->executor = cfut_process_executor_new (N_WORKERS);
  cfut_executor_set_max_pending_bytes (round->executor, (guint64) N_OUTSTANDING * 2 * MAX_ECHO);
  cfut_process_executor_set_grace (CFUT_PROCESS_EXECUTOR (round->executor), GRACE_US);
  self->round = round;
  self->n_rounds++;
  for (guint i = 0; i < N_OUTSTANDING; i++)
    soak_submit (self);
}

static void
shut_down_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  Soak *self = user_data;
  g_autoptr(GError) error = NULL;

  if (!cfut_executor_shutdown_finish (CFUT_EXECUTOR (object), result, &error))
    {
      printf ("A shutdown failed: %s\n", error->message);
      self->n_wrong++;
    }

  self->n_rounds--;
  if (self->over && self->n_rounds == 0)
    g_main_loop_quit (self->loop);
}

static void
soak_end_round (Soak *self)
{
  Round *round = g_steal_pointer (&self->round);
  CfutShutdownFlags flags = CFUT_SHUTDOWN_WAIT;

  round->cancelling = g_rand_boolean (self->rand);
  if (round->cancelling)
    flags |= CFUT_SHUTDOWN_CANCEL;
  cfut_executor_shutdown_async (round->executor, flags, PATIENCE_US, NULL, shut_down_cb, self);
  g_clear_object (&round->executor);
  round_unref (round);
}

/* ---- What goes on beside. */

static gboolean
rebuild_cb (gpointer user_data)
{
  Soak *self = user_data;

  if (self->over)
    return G_SOURCE_REMOVE;

  soak_end_round (self);
  soak_begin_round (self);

  return G_SOURCE_CONTINUE;
}

static gboolean
kill_cb (gpointer user_data)
{
  Soak *self = user_data;
  g_autofree int *pids = NULL;
  gsize n_pids = 0;

  if (self->over)
    return G_SOURCE_REMOVE;

  pids = cfut_process_executor_dup_worker_pids (CFUT_PROCESS_EXECUTOR (self->round->executor), &n_pids);
  if (n_pids > 0 && kill (pids[g_rand_int_range (self->rand, 0, n_pids)], SIGKILL) == 0)
    self->n_kills++;
  g_timeout_add (g_rand_int_range (self->rand, 1, 501), kill_cb, self);

  return G_SOURCE_REMOVE;
}

static gboolean
look_cb (gpointer user_data)
{
  Soak *self = user_data;
  gint64 now = g_get_monotonic_time ();

  self->gap_us = MAX (self->gap_us, now - self->looked_at - 1000);
  self->looked_at = now;

  return G_SOURCE_CONTINUE;
}

static gboolean
sample_cb (gpointer user_data)
{
  Soak *self = user_data;
  gint64 now = g_get_monotonic_time ();
  Call *oldest = g_queue_peek_head (&self->outstanding);
  g_autoptr(CfutStats) stats = cfut_executor_get_stats (self->round->executor);
  Sample sample = { .seconds = (now - self->began_at) / (double) G_USEC_PER_SEC };

  sample_take_process (&sample);
  sample.values[SAMPLE_BYTES] = cfut_stats_get_pending_bytes (stats) / 1024.0;
  sample.values[SAMPLE_OLDEST] = oldest != NULL ? (now - oldest->submitted_at) / 1000.0 : 0;
  sample.values[SAMPLE_GAP] = self->gap_us / 1000.0;
  self->gap_us = 0;
  g_array_append_val (self->samples, sample);
  if (self->samples->len % 10 == 0)
    sample_print (&sample);

  if (oldest != NULL && now - oldest->submitted_at > PATIENCE_US)
    {
      printf ("A call of %s has not ended for %.0f s\n", functions[oldest->kind],
              (now - oldest->submitted_at) / (double) G_USEC_PER_SEC);
      self->n_wrong++;
      self->end_at = now;
    }
  if (now < self->end_at)
    return G_SOURCE_CONTINUE;

  self->over = TRUE;
  soak_end_round (self);

  return G_SOURCE_REMOVE;
}

/* ---- All of it. */

static void
soak_print (Soak *self)
{
  printf ("%" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT " kills from outside\n",
          self->n_submitted, self->n_kills);
  for (guint i = 0; i < N_CALLS; i++)
    printf ("%-8s done %8" G_GUINT64_FORMAT ", failed %6" G_GUINT64_FORMAT ", cancelled %6" G_GUINT64_FORMAT "\n",
            functions[i], self->n_ended[i][CFUT_FUTURE_STATE_DONE],
            self->n_ended[i][CFUT_FUTURE_STATE_FAILED], self->n_ended[i][CFUT_FUTURE_STATE_CANCELLED]);
}

/* What is left when all is over has been lost. */
static guint
soak_count_lost (Soak *self)
{
  Sample end = { 0 };

  sample_take_process (&end);
  if (self->outstanding.length > 0)
    printf ("%u calls have never ended\n", self->outstanding.length);
  if (end.values[SAMPLE_CHILDREN] > 0)
    printf ("%.0f children are left\n", end.values[SAMPLE_CHILDREN]);

  return self->outstanding.length + end.values[SAMPLE_CHILDREN];
}

static GBytes *
make_noise (GRand *rand)
{
  guint32 *words = g_new (guint32, MAX_ECHO / sizeof (guint32));

  for (gsize i = 0; i < MAX_ECHO / sizeof (guint32); i++)
    words[i] = g_rand_int (rand);

  return g_bytes_new_take (words, MAX_ECHO);
}

int
main (int    argc,
      char **argv)
{
  Soak soak = { .outstanding = G_QUEUE_INIT };
  g_autoptr(GError) error = NULL;
  gboolean good;

  soak_register_functions ();
  cfut_init (&argc, &argv);
  if (argc < 2 || argc > 3 || atoi (argv[1]) <= 0)
    {
      g_printerr ("Usage: %s SECONDS [SVG]\n", argv[0]);
      return 2;
    }

  soak.loop = g_main_loop_new (NULL, FALSE);
  soak.rand = g_rand_new ();
  soak.noise = make_noise (soak.rand);
  soak.samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  soak.began_at = soak.looked_at = g_get_monotonic_time ();
  soak.end_at = soak.began_at + atoi (argv[1]) * G_USEC_PER_SEC;
  soak_begin_round (&soak);
  g_timeout_add (1, look_cb, &soak);
  g_timeout_add (1, kill_cb, &soak);
  g_timeout_add (MIN (SAMPLE_MS, atoi (argv[1]) * 1000 / MIN_SAMPLES), sample_cb, &soak);
  g_timeout_add_seconds (REBUILD_S, rebuild_cb, &soak);
  g_main_loop_run (soak.loop);

  /* What is on its way to callbacks still. */
  while (g_main_context_iteration (NULL, FALSE))
    continue;

  soak_print (&soak);
  good = soak_count_lost (&soak) == 0 && soak.n_wrong == 0;
  good = samples_are_flat (soak.samples) && good;
  if (argc == 3 && !samples_draw (soak.samples, argv[2], &error))
    g_error ("%s", error->message);

  printf ("%s\n", good ? "Nothing was lost, and nothing has grown" : "FAILED");

  g_array_unref (soak.samples);
  g_bytes_unref (soak.noise);
  g_rand_free (soak.rand);
  g_main_loop_unref (soak.loop);

  return good ? 0 : 1;
}
