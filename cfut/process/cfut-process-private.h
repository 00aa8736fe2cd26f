/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-job-private.h"
#include "executor/cfut-worker-info-private.h"
#include "policy/cfut-tenure-private.h"
#include "policy/cfut-window-private.h"
#include "process/cfut-spawn-private.h"
#include "process/cfut-stderr-tap-private.h"

G_BEGIN_DECLS

/*
 * CfutProcess: one worker process, as its manager sees it.
 *
 * It belongs to the manager thread. Other threads only follow job->carrier_data
 * to an entry, under the pool's lock, to take a call back; and read the few
 * fields that say so for statistics.
 */
typedef struct _CfutManager CfutManager;
typedef struct _CfutProcess CfutProcess;
typedef struct _CfutEntry   CfutEntry;

/* A call that is on its way to the worker, or runs there. In the process' list
 * in the order of sending. */
struct _CfutEntry
{
  /* Set at construction, never changed; read from any thread. */
  CfutProcess *process;
  CfutJob *job; /* (owned) */
  guint64 call;
  guint32 attempt;
  guint32 slot;
  guint32 generation;

  /* Manager thread only. */
  CfutEntry *prev;
  CfutEntry *next;
  GVariant *arguments; /* (owned) (nullable) until they are sent, unless the job's are small */
  gint64 due;          /* when its time is over, as the worker is told */
  gint64 timeout;      /* from its start on, as well; -1: none, or in @due */
  gint64 kill_at;      /* when its grace is over; -1: it was not asked to stop */
  gint64 sent_at;
  gsize progress_bytes; /* of frames of progress */
  gboolean accused;    /* a frame about it broke the protocol: it counts as started */

  /* Protected by the pool's lock: somebody took the call back. */
  gboolean revoked;
};

/* A call that was answered, until the answers of one batch are settled. */
typedef struct
{
  CfutEntry *entry;
  CfutOutcome outcome;
  gint64 duration_ns;
  gboolean won;
} CfutAnswer;

/* What a worker says of a function in READY. */
typedef struct
{
  guint32 index;
  GVariantType *parameter_type;
  GVariantType *result_type;
  gboolean is_any; /* it takes the calls of all names; see CFUT_ANY_FUNCTION */
} CfutRemoteFunction;

struct _CfutProcess
{
  /* Set at construction, never changed; read from any thread. */
  CfutManager *manager; /* (unowned) */
  guint id;
  int pid;
  gboolean trusted;     /* to leave alone what it has sent, and with what is others' */
  gboolean launched;    /* it is a launcher, and the worker is a child of it */
  CfutClaims *claims;   /* (owned) */
  CfutArena *arena;     /* (owned) (nullable) only for the manager thread */
  GHashTable *segments; /* (owned) of guint64: those that it was sent; manager thread only */
  gsize segment_bytes;  /* of these, as long as it lives */
  clockid_t cpu_clock;
  gboolean has_cpu_clock;

  /* All below: manager thread only, unless it says otherwise. */
  CfutProcessPhase phase; /* changed with the pool's lock held */
  GSubprocess *subprocess; /* (owned) */
  GCancellable *wait;      /* (owned) ends the wait for GLib to reap it */
  GSource *source;         /* (owned) watches the three descriptors */
  gpointer channel_tag;
  GIOCondition channel_condition; /* what it is watched for */
  int watch_fd;            /* (owned) what stands for it in @source; -1: itself */
  gpointer pidfd_tag;      /* (nullable) */
  gpointer stderr_tag;     /* (nullable) */
  int pidfd;
  int control_fd;
  CfutChannel *channel;    /* (owned) */
  gboolean channel_ended;
  gboolean drained;        /* the last read found nothing more */
  CfutStderrTap tap;
  gint64 tap_retry_at; /* when to look whether it goes on; -1: it has not stalled */

  CfutEntry *head;
  CfutEntry *tail;
  CfutEntry *expected; /* the first one that was not answered */
  CfutEntry *unsent;   /* (nullable) the first one that was not sent */
  CfutEntry *spare;    /* (owned) (nullable) for the next ones, linked by @next */
  guint n_live;      /* entries that were not revoked, as far as is known */
  guint n_stopping;  /* of these, those that were asked to stop */
  gsize live_bytes;
  CfutWindow window;
  GArray *answers;   /* of CfutAnswer, while a batch is read */

  gboolean ready;    /* READY has come, */
  gboolean greeted;  /* and the manager has taken notice */
  GError *refusal;   /* (owned) (nullable) why it cannot serve, until the manager does */
  GHashTable *functions; /* name -> CfutRemoteFunction; complete when it is ready */
  const char *found_name;           /* (unowned) (nullable) of a CfutFunction: what was looked for last */
  const CfutRemoteFunction *found;  /* (unowned) (nullable) and what it is */
  const CfutFunction *accepted;     /* (unowned) (nullable) that has the same types there */
  gboolean no_claims;
  gint64 slots_retry_at;  /* when to look whether a slot is free; -1: some are */

  gint64 started_at;    /* all times are monotonic µs */
  gint64 active_at;     /* when it last answered, or got a call while idle */
  gint64 taken_at;      /* when it took some of what could not be sent at once; -1: never */
  guint64 started_call; /* the first call, if it was seen to have started; else another */
  gint64 unstalled_at;  /* the time of activity after which calls were taken back; -1: none */
  gint64 frame_since;   /* since when a frame is incomplete; -1: none is */
  guint64 n_frames;     /* that were complete */
  gint64 read_at;       /* the last time that something was */
  gint64 leave_by;      /* when a leaving one is killed; -1: not yet */
  gint64 lost_at;       /* when it closed its channel; -1: it has not */
  gint64 abandon_at;    /* when it is given up, as it was killed; -1: it was not */
  gint64 reap_at;       /* when to try again to reap it; -1: that is up to GLib */
  guint64 n_assigned;
  guint64 n_done;
  gint64 busy_time_ns;

  gboolean expected_death; /* we wanted it to go */
  gboolean blamed;         /* a call is to blame for its death */
  gboolean timed_out;      /* it was killed for not becoming ready */
  gboolean status_known;
  gboolean status_lost;    /* perhaps: it is 0 for want of a better one */
  gboolean dead;           /* its pidfd says so; set with the pool's lock held */
  gboolean died;           /* its calls were decided; the same */
  gboolean mistaken;       /* GLib took it for dead, and does not reap it */
  gboolean abandoned;      /* it was killed and does not die: it counts as dead */
  int status;
  GError *condemned;       /* (owned) (nullable) why it was killed */

  gint64 cpu_time_ns;      /* last seen; protected by the pool's lock */
  CfutWorkerInfo *info;    /* (owned) (nullable) */
};

/* Takes what was spawned. */
CfutProcess *cfut_process_new             (CfutManager     *manager,
                                           guint            id,
                                           CfutSpawned     *spawned,
                                           gint64           now);
/* It has no entries any more. */
void         cfut_process_free            (CfutProcess     *self);

const CfutRemoteFunction *
             cfut_process_find_function   (CfutProcess     *self,
                                           const char      *name);
/* The same for a table of a process; the function of any name for others. */
const CfutRemoteFunction *
             cfut_remote_function_find    (GHashTable      *functions,
                                           const char      *name);
/* Whether it runs calls of @name in their wrapping. */
gboolean     cfut_remote_function_wraps   (const CfutRemoteFunction *self,
                                           const char      *name);

/* The first call that was not taken back. */
CfutEntry   *cfut_process_peek_locked     (CfutProcess     *self);
CfutEntry   *cfut_process_add_entry       (CfutProcess     *self,
                                           CfutJob         *job,
                                           guint64          call,
                                           guint32          slot,
                                           gint64           now);
/* Takes it out of the list; the caller frees it without the lock. */
void         cfut_process_remove_entry    (CfutProcess     *self,
                                           CfutEntry       *entry);
/* The same for one that was taken back: it does not count as one of the
 * worker's calls. */
void         cfut_process_return_entry    (CfutProcess     *self,
                                           CfutEntry       *entry);
void         cfut_entry_free              (CfutEntry       *entry);
/* The same for @entry (nullable) and those that follow it by @next. */
void         cfut_entry_free_all          (CfutEntry       *entry);

/* Sending; each only queues, but for CANCEL. */
void         cfut_process_send_setup      (CfutProcess     *self,
                                           GVariant        *body);
void         cfut_process_send_call       (CfutProcess     *self,
                                           CfutEntry       *entry);
void         cfut_process_send_shutdown   (CfutProcess     *self);
void         cfut_process_send_cancel     (CfutProcess     *self,
                                           CfutEntry       *entry);
void         cfut_process_flush           (CfutProcess     *self);

/* cfut-process-watch.c: the channel in the process' source. */
void         cfut_process_add_channel     (CfutProcess     *self);
void         cfut_process_watch_channel   (CfutProcess     *self,
                                           GIOCondition     condition);
void         cfut_process_close_watch     (CfutProcess     *self);

/* cfut-process-lender.c: what is lent to it and by it. */
/* It can read shared memory. If it is trusted its results are not copied when they need
 * no check, and it is lent what can be. */
void         cfut_process_start_lending   (CfutProcess     *self);
/* Tells it of segments that are gone. FALSE if it could not be told of some. */
gboolean     cfut_process_forget_segments (CfutProcess     *self);

/* Reads what is there, at most one budget; answers go to @answers. FALSE with
 * @error if the worker broke the protocol. */
gboolean     cfut_process_read            (CfutProcess     *self,
                                           GError         **error);

/* What a dead worker had noted in its journal and could not write any more, as
 * if it had been read. */
gboolean     cfut_process_read_journal    (CfutProcess     *self,
                                           GError         **error);

/* By SIGKILL, with what it has started, if it leads a process group. */
void         cfut_process_kill            (CfutProcess     *self);
/* Without pidfds GLib takes a child for dead that says that we trace it, and stops. It is
 * alive, nobody has reaped it, and nobody will but we. */
gboolean     cfut_process_is_mistaken     (CfutProcess     *self);
void         cfut_process_kill_mistaken   (CfutProcess     *self);
/* Whether or not its pidfd or GLib has told yet. */
gboolean     cfut_process_is_dead         (CfutProcess     *self);
/* It is not dead yet, but runs no code any more. */
gboolean     cfut_process_is_exiting      (CfutProcess     *self);
/* GLib has reaped it, or should have. */
void         cfut_process_note_status     (CfutProcess     *self);
/* Looks whether the status is known already; leaves the reaping to GLib. */
gboolean     cfut_process_peek_status     (CfutProcess     *self);
/* Reaps it if GLib has not. FALSE: it cannot be reaped yet. */
gboolean     cfut_process_reap            (CfutProcess     *self);
gint64       cfut_process_sample_cpu_locked (CfutProcess   *self);
guint64      cfut_process_get_rss         (CfutProcess     *self);

/* "Worker 123 was killed by signal 11 (Segmentation fault)", and so on;
 * @label: what it was running (nullable). With its last words. */
char        *cfut_process_describe_death  (CfutProcess     *self,
                                           const char      *label);

G_END_DECLS
