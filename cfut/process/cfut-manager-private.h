/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-pool-private.h"
#include "policy/cfut-ending-private.h"
#include "policy/cfut-limits-private.h"
#include "policy/cfut-spin-private.h"
#include "policy/cfut-start-policy-private.h"
#include "process/cfut-process-private.h"
#include "process/cfut-worker-setup-private.h"

G_BEGIN_DECLS

/*
 * CfutManager: the carrier of a process executor; a thread with a main context
 * that owns the worker processes.
 *
 * It spawns, reads, writes, reaps and keeps time; it runs no user code, and it
 * never blocks but to sleep in its own context. Submitters put jobs in the
 * pool's queue and wake it; it hands them to workers.
 *
 * While it sleeps another thread may take its turn, for a call that is the only one
 * under way: it hands the call to a worker, and waits for the answer. Whatever runs
 * in the manager thread here runs with the turn, and what belongs to that thread
 * belongs to whoever has the turn; but only the thread itself starts workers, and
 * serves its context. See cfut-manager-drive.c.
 *
 * Who completes a future, exactly once: see CfutPool. The manager ends a job
 * when its answer has come or when its worker has died. A canceller, or the
 * clock, ends a job that the worker has not started, by revoking its claim under
 * the pool's lock: the manager then finds a revoked entry and drops it.
 *
 * What if the worker dies at each step?
 *   before READY             no call is with it; the start policy decides
 *   call sent, not claimed   the call goes back to the head of the queue
 *   call claimed             it had started: it is retried if that was allowed,
 *                            else it fails with WORKER_DIED
 *   answer noted or written  the answer counts: at a death the socket is read
 *                            to its end, and then the journal, before anything
 *                            is decided
 *   while it is leaving      nothing is lost; that is how it should end
 *
 * The pidfd decides that a worker is dead, since an end of file may be missing
 * (a grandchild holds the socket) or come early (the worker closed it). GLib
 * reaps; a worker counts as gone only after that, so that no zombie is left
 * when an executor has ended. The manager does it where GLib does not: a dead
 * process that is traced is its tracer's first.
 *
 * A process may not die though it was killed: it sleeps in the kernel, or it is
 * not ours to kill. It is abandoned after a while: what it has not started is
 * revoked, all its calls are decided as at a death, and its place is free. GLib
 * reaps it whenever it dies.
 */

/* What the user has set; a copy is taken for each use. */
typedef struct
{
  char **argv;                     /* (nullable) */
  char **modules;                  /* (nullable) */
  char *initializer;               /* (nullable) */
  GVariant *initializer_arguments; /* (nullable) */
  CfutWorkerSetup *setup;          /* (nullable) */
  CfutLimits limits;               /* of each worker */
  guint64 max_result;              /* bytes; 0: as much as the sandbox allows */
  guint64 max_held;                /* the same */
  guint min_workers;
  gint64 idle_timeout_us;          /* negative: for ever */
  gint64 grace_us;                 /* negative: for ever */
  CfutCrashPolicy crash_policy;
  CfutSandbox sandbox;
  char **launcher;                 /* (nullable) */
} CfutManagerConfig;

struct _CfutManager
{
  /* Set at construction, never changed; read from any thread. */
  CfutPool *pool; /* (unowned) it owns us */
  GSource *attend; /* (owned) wakes the manager */
  void (*look_around) (CfutManager *self); /* at everything, at once */
  char **envp;
  CfutBudget *budget; /* (owned) of all workers, those that are not confined too */

  /* Atomic: made with the first call, under the pool's lock; never changed then. */
  GMainContext *context; /* (owned) (nullable) */

  /* Made together with the context. */
  int turn_fd; /* (owned) wakes a driver that sleeps */

  /* Set before the first call, for tests; read from the manager thread. */
  gint64 start_us;
  gint64 leave_us;
  gint64 frame_us;
  gint64 abandon_us;
  gint64 claim_us;

  int poked; /* atomic: look again before you sleep */

  GCond started_cond; /* with the pool's lock held: a worker is there, or none will be */

  GMutex turn;     /* the first of all locks; the manager's but while it sleeps */
  int turn_wanted; /* atomic: the manager waits for it */

  /* All below: protected by the pool's lock. */
  CfutManagerConfig config;
  gboolean running;      /* there is a thread */
  gboolean awake;        /* it will look at the queue before it sleeps */
  gboolean hungry;       /* it could do something with another job */
  gboolean kill;         /* end all workers at once */
  gboolean abandoned;    /* what a dead worker had is not run again */
  int signal;            /* send this to all workers; 0: nothing */
  guint n_warm;          /* workers that prestart has asked for */
  GQueue stops;          /* (element-type CfutJob) (owned) to be asked to stop */
  GQueue warm_tasks;     /* (element-type GTask) (owned) waiting for n_warm */
  GQueue questions;      /* (owned) what functions there are in workers */
  GHashTable *functions; /* (owned) (nullable) of the worker that came last */
  gint64 gone_cpu_time_ns;

  /* Changed by the manager thread with the pool's lock held; so it may read
   * without, and others with the lock. */
  GPtrArray *processes; /* (element-type CfutProcess) */

  /* Manager thread only, or who has its turn. */
  CfutSpin drive_spin;
  GMainLoop *loop;
  gint64 due; /* when to look around next, though nobody rings; or G_MAXINT64 */
  CfutSpin spin;
  CfutStartPolicy policy;
  guint next_id;
  guint64 next_call;
  guint n_replacements; /* to be started for workers that are recycled */
  guint n_gone;         /* segments that workers have been told of */
  gboolean idle;        /* the segments were told */
};

#define CFUT_PROCESS_IDLE_TIMEOUT_US (60 * G_USEC_PER_SEC)
#define CFUT_PROCESS_GRACE_US        (1 * G_USEC_PER_SEC)
/* How long a worker may take to be ready, unless it has an initializer, and to
 * leave. */
#define CFUT_PROCESS_START_US        (10 * G_USEC_PER_SEC)
#define CFUT_PROCESS_LEAVE_US        (5 * G_USEC_PER_SEC)
/* How long a worker may take to start the call that is its next. */
#define CFUT_PROCESS_CLAIM_US        (10 * G_USEC_PER_SEC)
/* How long one that was killed may take to be dead, and a dead one to be reaped. */
#define CFUT_PROCESS_ABANDON_US      (5 * G_USEC_PER_SEC)
/* How many bytes a result of a worker that is not trusted may have, unless the user
 * says so. */
#define CFUT_PROCESS_MAX_RESULT      (G_GUINT64_CONSTANT (64) << 20)
/* The same of all results that the program has not dropped. */
#define CFUT_PROCESS_MAX_HELD        (G_GUINT64_CONSTANT (1) << 30)
/* How long a frame may be on its way. */
#define CFUT_PROCESS_FRAME_US        (30 * G_USEC_PER_SEC)
/* When to look again whether this program's stderr takes something, or whether a
 * worker has seen that calls were taken back. */
#define CFUT_PROCESS_RETRY_US        (20 * 1000)
extern const CfutCarrierClass cfut_manager_carrier_class;

/*
 * The files of the manager stand on each other in this order, and call nobody above
 * them. What they carry out is decided in the room policy. Where it does not say
 * otherwise they run in the manager thread, and take the pool's lock.
 */

/* cfut-manager-worker.c: what is done to workers. */
/* Has the manager, if there is one, look at everything again.
 * Runs in: any thread. Locks: none of ours, any may be held. */
void         cfut_manager_ring            (CfutManager  *self);
/* Workers in this phase. Locks: caller holds the pool's, or runs in the manager
 * thread. */
guint        cfut_manager_count           (CfutManager      *self,
                                           CfutProcessPhase  phase);
/* Workers in this phase that have calls. The same. */
guint        cfut_manager_count_busy      (CfutManager      *self,
                                           CfutProcessPhase  phase);
/* Whether it was not forgotten: @process may be freed. */
gboolean     cfut_manager_has             (CfutManager  *self,
                                           CfutProcess  *process);
/* How far the end has come. Locks: caller holds the pool's. */
CfutEndingStep cfut_manager_get_ending_locked (CfutManager *self);
void         cfut_manager_show            (CfutManager  *self,
                                           CfutProcess  *process);
void         cfut_process_set_phase       (CfutProcess      *self,
                                           CfutProcessPhase  phase);
/* Nothing that it says counts any more. */
void         cfut_process_stop_listening  (CfutProcess  *self);
/* Kills it, and gives it only so long to be dead. */
void         cfut_manager_kill            (CfutManager  *self,
                                           CfutProcess  *process);
/* Kills it; its calls are decided when it is dead. Takes @reason, which is NULL
 * if the worker has done nothing wrong. */
void         cfut_manager_condemn         (CfutManager  *self,
                                           CfutProcess  *process,
                                           GError       *reason);
void         cfut_manager_let_go          (CfutManager  *self,
                                           CfutProcess  *process,
                                           gint64        now);
/* Takes it out of the world: frees @process. */
void         cfut_manager_forget          (CfutManager  *self,
                                           CfutProcess  *process);
/* No worker can be had any more: takes @error. */
void         cfut_manager_break           (CfutManager  *self,
                                           GError       *error);
/* One came to nothing: takes @error. */
void         cfut_manager_failed_start    (CfutManager  *self,
                                           CfutStartFailure failure,
                                           GError       *error);

/* cfut-manager-describe.c: what functions workers have. */
/* A worker is ready, and has said what functions it has. */
void         cfut_manager_learn_functions (CfutManager  *self,
                                           CfutProcess  *process);
/* Runs in: any thread. */
void         cfut_manager_serve_questions (CfutManager  *self);
/* The types of @function. If @waiting is not NULL the answer waits for a worker,
 * for which the caller has to see. Runs in: any thread. */
CfutFuture  *cfut_manager_ask             (CfutManager  *self,
                                           const char   *function,
                                           gpointer     *waiting);
/* There will be none. Runs in: any thread. */
void         cfut_manager_take_back_question (CfutManager  *self,
                                              gpointer      waiting,
                                              const GError *reason);

/* cfut-manager-assign.c: the queue to the workers. */
void         cfut_manager_assign          (CfutManager  *self,
                                           gint64        now);
/* Takes back what a stalled worker has not started, but not the call that is its next. */
void         cfut_manager_unstall         (CfutManager  *self,
                                           CfutProcess  *process);
/* Takes back all that it has not started. */
void         cfut_manager_empty           (CfutManager  *self,
                                           CfutProcess  *process);
/* Whether some worker could be sent the first queued job. */
gboolean     cfut_manager_has_room_locked (CfutManager  *self);
/* Whether something could be done about another job, if one came. */
gboolean     cfut_manager_is_hungry_locked (CfutManager *self);

/* cfut-manager-answers.c: what they answer. */
void         cfut_manager_read_process    (CfutManager  *self,
                                           CfutProcess  *process);
/* What a dead worker had to say still. */
void         cfut_manager_read_journal    (CfutManager  *self,
                                           CfutProcess  *process);
/* Drops calls that were taken back from the front of the window. */
void         cfut_manager_drop_revoked    (CfutManager  *self,
                                           CfutProcess  *process,
                                           gint64        now);

/* cfut-manager-death.c: what becomes of a dead worker's calls. */
void         cfut_manager_process_died    (CfutManager  *self,
                                           CfutProcess  *process);

/* cfut-manager-end.c: how it comes to that. */
/* It is dead; what it has said is read, and if its status is known its calls are
 * decided. */
void         cfut_manager_check_death     (CfutManager  *self,
                                           CfutProcess  *process);
/* The same, and its status is what GLib says, if nobody knows better. */
void         cfut_manager_bury            (CfutManager  *self,
                                           CfutProcess  *process);
/* Reaps it if that can be, and forgets it. */
void         cfut_manager_reap            (CfutManager  *self,
                                           CfutProcess  *process,
                                           gint64        now);
/* It was killed and does not die: its calls are decided, and it is forgotten. */
void         cfut_manager_abandon         (CfutManager  *self,
                                           CfutProcess  *process);

/* cfut-manager-events.c: what workers do. */
void         cfut_manager_watch_process   (CfutManager  *self,
                                           CfutProcess  *process);
/* Looks at the stderr of a worker again that had stalled. */
void         cfut_manager_retry_stderr    (CfutManager  *self,
                                           CfutProcess  *process);

/* cfut-manager-start.c: starting them. */
/* How many workers ought to be started now. */
guint        cfut_manager_count_missing_locked (CfutManager *self,
                                           gint64        now);
void         cfut_manager_start_workers   (CfutManager  *self,
                                           gint64        now);

/* cfut-manager-time.c: what is due. */
gint64       cfut_manager_check_times     (CfutManager  *self,
                                           gint64        now);
/* When that will be something, which is @now at the earliest. */
gint64       cfut_manager_get_due         (CfutManager  *self,
                                           gint64        now);

/* cfut-manager-poll.c: how it waits. */
/* Whether there is something new; if not, the manager may sleep, and whoever has
 * something new has to wake it. */
gboolean     cfut_manager_must_go_on      (CfutManager  *self);
/* Runs in: manager thread. Locks: takes the turn, or gives it back. */
void         cfut_manager_take_turn       (CfutManager  *self);
void         cfut_manager_give_turn       (CfutManager  *self);
/* FALSE if somebody has the turn, or the manager waits for it.
 * Runs in: any thread. Locks: tries to take the turn. */
gboolean     cfut_manager_try_turn        (CfutManager  *self);
/* To be called before the loop runs, and after. */
void         cfut_manager_enter_loop      (CfutManager  *self);
void         cfut_manager_leave_loop      (CfutManager  *self);

/* cfut-manager-drive.c: what other threads do in its stead. */
/* Hands @job, which was queued, to a worker; FALSE if that is for the manager.
 * Runs in: any thread. Locks: tries to take the turn. */
gboolean     cfut_manager_send            (CfutManager  *self,
                                           CfutJob      *job);
/* Waits for the answer to @job, until @deadline (monotonic µs; -1 for never), for
 * as long as nobody else needs the manager.
 * Runs in: any thread. Locks: tries to take the turn. */
void         cfut_manager_drive           (CfutPool     *pool,
                                           CfutJob      *job,
                                           gint64        deadline);

/* cfut-manager.c: the thread and its loop. */
CfutManager *cfut_manager_new             (CfutPool     *pool);
/* Wakes the manager to look again; starts its thread if need be.
 * Runs in: any thread. */
gboolean     cfut_manager_poke            (CfutManager  *self,
                                           GError      **error);

G_END_DECLS
