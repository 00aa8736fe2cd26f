/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-executor.h"
#include "executor/cfut-intake-private.h"
#include "executor/cfut-job-private.h"
#include "executor/cfut-queue-private.h"
#include "executor/cfut-stats-private.h"

G_BEGIN_DECLS

/*
 * CfutPool: the engine of an executor.
 *
 * The CfutExecutor that users hold is a face; the pool behind it has the queue,
 * the bounds, the counters and the deadlines, and lives on until the last call
 * has ended and the last worker has left, whoever dropped the face and from
 * whichever thread. What runs the calls is its carrier: threads, processes, or
 * the submitting thread itself.
 *
 * Who completes a future? Whoever wins cfut_state_claim(): the carrier with an
 * outcome, a canceller, or the clock with a time-out. All claims of a job that
 * is queued are made under the pool's lock, together with taking it out of the
 * queue. The winner counts the outcome, leaves the lock, and publishes.
 *
 * Lock order: the pool's, then a state's, or a list's and its delivery's.
 * Nothing is called out while it is held, except the two CfutCarrierClass
 * functions that say so.
 */

/* The bounds of a queue, unless the user says otherwise. */
#define CFUT_DEFAULT_MAX_PENDING       4096
#define CFUT_DEFAULT_MAX_PENDING_BYTES (64 * 1024 * 1024)

typedef struct _CfutCarrierClass CfutCarrierClass;
typedef struct _CfutEndWaiter    CfutEndWaiter;

/* Who is to see to a job that was queued. */
typedef enum
{
  CFUT_WAKE_NOBODY, /* somebody who is awake will */
  CFUT_WAKE_IDLE,   /* an idle worker, or the manager */
  CFUT_WAKE_NEW,    /* a worker that is to be started */
} CfutWake;

struct _CfutCarrierClass
{
  /* A job was queued. Decides, without calling out, whether somebody has to be
   * woken or started; if not CFUT_WAKE_NOBODY, wake() follows without the lock.
   * Runs in: any thread. Locks: caller holds the pool's. */
  CfutWake (*queued_locked)    (CfutPool    *pool);

  /* Follows, for @job. FALSE with @error if no worker is there and none can be
   * started. Runs in: any thread. Locks: none. */
  gboolean (*wake)             (CfutPool    *pool,
                                CfutJob     *job,
                                CfutWake     wake,
                                GError     **error);

  /* TRUE if @job, which the carrier has, had not started and never will: the
   * caller ends it. Must not call out. May be NULL.
   * Runs in: any thread. Locks: caller holds the pool's. */
  gboolean (*take_back_locked) (CfutPool    *pool,
                                CfutJob     *job);

  /* @job, which runs, was asked to stop. Runs in: any thread. Locks: none. */
  void     (*stop)             (CfutPool    *pool,
                                CfutJob     *job);

  /* The calling thread waits for @job until @deadline (monotonic µs; -1 for never),
   * and may meanwhile do what has to be done for it. May be NULL, and may return
   * at any time. Runs in: any thread. Locks: none. */
  void     (*drive)            (CfutPool    *pool,
                                CfutJob     *job,
                                gint64       deadline);

  /* A job times out at @due, which may be before all others.
   * Runs in: any thread. Locks: none. */
  void     (*set_alarm)        (CfutPool    *pool,
                                gint64       due);

  /* No more calls will come: leave when the queue is empty; with @kill, end
   * what runs by force where that is possible. Runs in: any thread. Locks: none. */
  void     (*close)            (CfutPool    *pool,
                                gboolean     kill);

  /* Who is still there though everything was to end by force: a clause for an
   * error, or NULL. May be NULL: nobody can be. Runs in: any thread. Locks: none. */
  char    *(*describe_left)    (CfutPool    *pool);

  /* The types, as an (ss), of a function that only workers have. Only for those
   * that take such functions. Runs in: any thread. Locks: none. */
  CfutFuture *(*describe)      (CfutPool    *pool,
                                const char  *function);

  /* Adds n_workers, n_idle and cpu_time.
   * Runs in: any thread. Locks: none. */
  void     (*add_stats)        (CfutPool    *pool,
                                CfutStats   *stats);

  /* pool->workers was made: add those that are there. May be NULL.
   * Runs in: any thread. Locks: none. */
  void     (*list_workers)     (CfutPool    *pool);

  /* Runs in: the thread that drops the pool's last reference. */
  void     (*free)             (gpointer     carrier);
};

typedef enum
{
  CFUT_POOL_OPEN,
  CFUT_POOL_CLOSED, /* shut down; what was submitted may still run */
  CFUT_POOL_BROKEN, /* cannot run anything any more */
} CfutPoolPhase;

struct _CfutPool
{
  gatomicrefcount ref_count;

  char gap_before_intake[CFUT_CACHE_LINE];
  CfutIntake intake; /* as it says itself */
  char gap_behind_intake[CFUT_CACHE_LINE];

  /* Set before the first submit, never changed; read from any thread. */
  const CfutCarrierClass *carrier_class; /* (nullable) */
  gpointer carrier;                      /* (owned) */
  gboolean takes_foreign;                /* functions that only workers have */
  guint small_from;                      /* as below says */
  gsize max_arguments;                   /* bytes that those of one call may take */
  GWeakRef executor;
  CfutKinds kinds;                       /* with a lock of its own */
  guint n_lock_tries;                    /* see cfut_pool_lock() */

  int keeps_small; /* atomic; written, seldom, with @lock */

  char gap[CFUT_CACHE_LINE];

  GMutex lock;
  GCond room_cond;  /* a blocked submit may look again */
  GCond ended_cond; /* the pool has ended */
  GCond clock_cond; /* the first deadline has changed */

  /* All below: protected by @lock. */
  char *name;
  guint max_workers;
  guint max_pending;
  guint64 max_pending_bytes;
  CfutOverflow overflow;

  CfutPoolPhase phase;
  GError *broken; /* (owned) (nullable) why it is broken */

  CfutQueue queue;
  CfutFlight *under_way;     /* (owned) of those taken or running */
  CfutFlight *spare_flights; /* (owned) linked by next, to be used again */
  guint n_taken;       /* taken, not started */
  gsize taken_bytes;
  guint n_running;
  guint n_workers;     /* alive, in whatever way the carrier has them */

  guint n_blocked;          /* threads that wait for room */
  GQueue room_waiters;      /* (element-type CfutRoomWaiter) */
  guint n_end_blocked;      /* threads that wait for the end */
  GQueue end_waiters;       /* (element-type CfutEndWaiter) */

  gint64 last_queued_at;    /* when a call came to the queue, monotonic µs */
  GTree *deadlines;         /* (nullable) jobs by due time */
  gboolean clock_runs;      /* there is a clock thread */
  gint64 clock_until;       /* when it looks again by itself */

  guint64 n_submitted;
  guint64 n_finished;
  guint64 n_failed;
  guint64 n_cancelled;
  guint64 n_retried;
  guint64 n_deaths;
  guint64 n_kills;
  gint64 queue_wait;   /* µs */
  gint64 busy_time_ns;

  struct _CfutLiveList *calls;   /* (owned) (nullable) made when asked for */
  struct _CfutLiveList *workers; /* (owned) (nullable) */
};

/* Life. */
CfutPool    *cfut_pool_new            (CfutExecutor            *executor);
CfutPool    *cfut_pool_ref            (CfutPool                *self);
void         cfut_pool_unref          (CfutPool                *self);
void         cfut_pool_set_carrier    (CfutPool                *self,
                                       const CfutCarrierClass  *klass,
                                       gpointer                 carrier);
CfutPool    *cfut_executor_get_pool   (CfutExecutor            *executor);
/* Before the first submit: from how many calls that wait on the arguments of those
 * that come, if they are small, are kept as such and not as a GVariant, which takes
 * more memory, but is what a function in this process wants. Else they never are. */
void         cfut_pool_set_small_from (CfutPool                *self,
                                       guint                    n_calls);
/* To be called where the queue has become longer, or shorter. */
static inline void
cfut_pool_note_length_locked (CfutPool *self)
{
  gboolean keeps_small = self->queue.length >= self->small_from;

  if (self->keeps_small != keeps_small)
    g_atomic_int_set (&self->keeps_small, keeps_small);
}

/* Takes the lock, which is held for moments only: tries a few times, if there are
 * several CPUs, before it sleeps. For what is done once a call and more. */
void         cfut_pool_lock           (CfutPool                *self);

/* Submitting. Consumes nothing: the queue takes its own reference. */
typedef enum
{
  CFUT_ROOM_POLICY, /* as the overflow policy says */
  CFUT_ROOM_TRY,    /* never wait */
} CfutRoom;

gboolean     cfut_pool_submit         (CfutPool                *self,
                                       CfutJob                 *job,
                                       CfutRoom                 room,
                                       GError                 **error);
/* The error with which a pool that is not open refuses a call. */
GError      *cfut_pool_refusal_locked (CfutPool                *self);
gboolean     cfut_pool_has_room_locked (CfutPool               *self,
                                       CfutJob                 *job);
void         cfut_pool_enqueue_locked (CfutPool                *self,
                                       CfutJob                 *job);
/* Moves to the queue what has come in without the lock: first thing to do for who
 * looks at the queue, or at a job's place (cfut-pool-intake.c). */
void         cfut_pool_collect_locked (CfutPool                *self);
/* For carriers: whoever submits need not wake anybody, from now on or no longer.
 * While it stays open this is to be called again, as it gives out the room. */
void         cfut_pool_open_intake_locked (CfutPool            *self);
void         cfut_pool_shut_intake_locked (CfutPool            *self);
/* TRUE: @job, which has options of no kind, is submitted.
 * Runs in: any thread. Locks: none. */
gboolean     cfut_pool_submit_plain   (CfutPool                *self,
                                       CfutJob                 *job);
/* Whether anybody is there whom cfut_pool_tell() might have to tell. */
gboolean     cfut_pool_has_listeners_locked (CfutPool          *self);
/* Tells those who wait for room, or for the end, if it has come. */
void         cfut_pool_tell           (CfutPool                *self);

/* For carriers. A job that is taken comes with a reference. */
CfutJob     *cfut_pool_take_locked    (CfutPool                *self);
/* The same for a certain job that is queued. */
void         cfut_pool_take_job_locked (CfutPool               *self,
                                       CfutJob                 *job);
/* taken -> running. FALSE: it ended meanwhile; drop it. */
gboolean     cfut_pool_start_locked   (CfutPool                *self,
                                       CfutJob                 *job,
                                       gint64                   now);
/* The same, without telling those who listen to the future: that is left to the
 * caller, by cfut_state_tell_phase(), for after the lock. */
gboolean     cfut_pool_start_quietly_locked (CfutPool          *self,
                                       CfutJob                 *job,
                                       gint64                   now);
/* taken or running -> the head (or with @at_back the end) of the queue. */
void         cfut_pool_put_back_locked (CfutPool               *self,
                                       CfutJob                 *job,
                                       gboolean                 at_back);
/* Ends the job in its place and counts what came of it. TRUE: the caller has
 * won the claim and must, after leaving the lock, hand *outcome (which may have
 * been overruled) to cfut_pool_settle(), and drop the job's reference. FALSE:
 * somebody else has resolved the future; *outcome was not used. */
gboolean     cfut_pool_end_locked     (CfutPool                *self,
                                       CfutJob                 *job,
                                       CfutOutcome             *outcome,
                                       gint64                   run_time_ns);
/* Counts an outcome that was claimed by other means. */
void         cfut_pool_count_locked   (CfutPool                *self,
                                       CfutJob                 *job,
                                       CfutOutcome             *outcome);
/* What is left to do of an ended job without the lock: publishes if @won, and
 * frees what the job does not need any more. */
void         cfut_pool_settle         (CfutPool                *self,
                                       CfutJob                 *job,
                                       gboolean                 won,
                                       CfutOutcome             *outcome);
/* The two together, for those who do not hold the lock. */
void         cfut_pool_finish         (CfutPool                *self,
                                       CfutJob                 *job,
                                       CfutOutcome             *outcome,
                                       gint64                   run_time_ns);
/* Nothing can run any more: fails every queued call. Takes @error. */
void         cfut_pool_break          (CfutPool                *self,
                                       GError                  *error);
GPtrArray   *cfut_pool_take_all_locked (CfutPool               *self);

/* Adds a call's future to the list of calls, if there is one. */
void         cfut_pool_list_call      (CfutPool                *self,
                                       CfutFuture              *future);
/* Drops that list with the face of the executor: its futures keep the pool. */
void         cfut_pool_forget_calls   (CfutPool                *self);

/* Cancelling and time-outs (cfut-pool-cancel.c, cfut-pool-clock.c). */
gboolean     cfut_pool_cancel_job     (CfutPool                *self,
                                       CfutJob                 *job);
/* TRUE: @job had not started, and is cancelled. */
gboolean     cfut_pool_withdraw_job   (CfutPool                *self,
                                       CfutJob                 *job);
/* TRUE if @job waits in the queue, or could be taken back: the caller ends it. */
gboolean     cfut_pool_reclaim_locked (CfutPool                *self,
                                       CfutJob                 *job);
/* The generic stop() of carriers that run jobs in this process. */
void         cfut_pool_stop_call      (CfutPool                *self,
                                       CfutJob                 *job);
/* From before a job looks for room until it has ended. FALSE: its cancellable
 * is cancelled already. */
gboolean     cfut_job_watch_cancellable (CfutJob               *self);
void         cfut_job_unwatch_cancellable (CfutJob             *self);
void         cfut_pool_set_due_locked (CfutPool                *self,
                                       CfutJob                 *job,
                                       gint64                   due);
/* The first deadline, or G_MAXINT64. */
gint64       cfut_pool_first_due_locked (CfutPool              *self);
/* Times out what is due. Runs in: the thread that keeps the pool's clock. */
void         cfut_pool_expire         (CfutPool                *self,
                                       gint64                   now);
GError      *cfut_job_timed_out_error (CfutJob                 *self);
/* set_alarm() for carriers without a loop of their own: a thread that lives
 * while there are deadlines. */
void         cfut_pool_clock_set_alarm (CfutPool               *self,
                                       gint64                   due);

/* Shutting down (cfut-pool-shutdown.c). */
gboolean     cfut_pool_shutdown       (CfutPool                *self,
                                       CfutShutdownFlags        flags,
                                       gint64                   timeout_us,
                                       GError                 **error);
/* Closes, and cancels what has not started; leaves what runs to the carrier. */
void         cfut_pool_shutdown_now   (CfutPool                *self);
/* The last stage of a shutdown that ran out of time: ends all by force. The number of
 * calls that were left. */
guint        cfut_pool_give_up        (CfutPool                *self);
/* How long that may take (µs), so that what does not end is known: as good as always it
 * is over in a millisecond. */
gint64       cfut_pool_get_force_time (CfutPool                *self);
/* After that: names what is still there. */
void         cfut_pool_set_timed_out  (CfutPool                *self,
                                       gint64                   timeout_us,
                                       guint                    n_left,
                                       GError                 **error);
gboolean     cfut_pool_has_ended_locked (CfutPool              *self);
/* If it has ended, wakes the threads that wait for it and gives the others. */
GQueue       cfut_pool_collect_end_waiters_locked (CfutPool    *self);

/* Asynchronous submit and shutdown: told once, without the lock. */
struct _CfutRoomWaiter
{
  CfutJob *job; /* (owned) (nullable) for who only wants to know of room */
  /* @error: NULL if the job was queued, or has ended before that; without one,
   * if there is room. */
  void (*notify) (CfutRoomWaiter *waiter,
                  const GError   *error);

  /* Private to cfut-pool-room.c. */
  GList link;
  CfutWake wake;
  gint64 due;
};

struct _CfutEndWaiter
{
  void (*notify) (CfutEndWaiter *waiter);
};

/* FALSE: the job was queued at once, or has ended, or @error is set. One that
 * waits until its deadline is over ends with that.
 * Runs in: any thread. Locks: takes the pool's. */
gboolean     cfut_pool_await_room     (CfutPool                *self,
                                       CfutRoomWaiter          *waiter,
                                       GError                 **error);
/* The same for a waiter without a job. FALSE: there is room now, or @error is set. */
gboolean     cfut_pool_watch_room     (CfutPool                *self,
                                       CfutRoomWaiter          *waiter,
                                       GError                 **error);
/* TRUE: @waiter will not be told, and the job not be submitted. */
gboolean     cfut_pool_forget_room    (CfutPool                *self,
                                       CfutRoomWaiter          *waiter);
/* Fails a job that could not be queued, for those who have nothing but its
 * state to tell by. Runs in: any thread. Locks: takes the pool's. */
void         cfut_pool_fail_refused   (CfutPool                *self,
                                       CfutJob                 *job,
                                       const GError            *refusal);
/* The two steps of a cancel: (nullable), and then without the lock. */
CfutRoomWaiter *cfut_pool_take_waiter_locked (CfutPool         *self,
                                       CfutJob                 *job);
void         cfut_pool_end_waiter     (CfutPool                *self,
                                       CfutRoomWaiter          *waiter);
gboolean     cfut_pool_await_end      (CfutPool                *self,
                                       CfutEndWaiter           *waiter);
gboolean     cfut_pool_forget_end     (CfutPool                *self,
                                       CfutEndWaiter           *waiter);

/* A thread knows which jobs it is running, so that waits can help and waits for
 * oneself are found (cfut-pool-help.c). */
gboolean     cfut_pool_is_mine        (CfutPool                *self);
/* Of whichever pool; NULL if this thread runs none. */
CfutCall    *cfut_pool_get_current_call (void);
/* Runs @job in this thread, if it is queued. */
gboolean     cfut_pool_run_queued     (CfutPool                *self,
                                       CfutJob                 *job);
gboolean     cfut_pool_help           (CfutPool                *self,
                                       CfutJob                 *job,
                                       GError                 **error);
/* Runs the first queued job of the thread's own pool; FALSE if there is none. */
gboolean     cfut_pool_help_any       (CfutPool                *self);
/* cfut_job_run(), noting that this thread runs @job; @now is when it ended, in
 * monotonic µs. Returns: the time it took in ns, without that of calls it
 * helped. */
gint64       cfut_pool_run            (CfutPool                *self,
                                       CfutJob                 *job,
                                       CfutOutcome             *outcome,
                                       CfutCall               **call,
                                       gint64                  *now);
/* The same for a job that runs already, and finishes it. */
void         cfut_pool_run_and_finish (CfutPool                *self,
                                       CfutJob                 *job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutPool, cfut_pool_unref)

G_END_DECLS
