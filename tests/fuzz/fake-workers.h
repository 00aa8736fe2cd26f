/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "process/cfut-manager-private.h"

G_BEGIN_DECLS

/*
 * A manager in a world that is made up: the real one, with real channels and claims
 * pages, but in this thread, with a clock that stands still until it is moved, and
 * with workers that do only what they are told. So whatever can happen happens in
 * an order that can be chosen, and again in the same order.
 *
 * What spawns, kills, reaps and tells the time is replaced at link time, by the
 * functions of fake-system.c. There is one world at a time.
 *
 * It watches as it goes: that each future is told once and keeps its outcome, that
 * no call is run again that may not be, that no call fails by a death that it had
 * no part in, and that the manager's books agree. fake_world_free() ends the world,
 * and checks that this comes to an end.
 */
typedef struct _FakeWorld  FakeWorld;
typedef struct _FakeWorker FakeWorker;

/* A call that was submitted. */
typedef struct
{
  FakeWorld *world;   /* (unowned) */
  CfutJob *job;       /* (owned) */
  CfutFuture *future; /* (owned) */
  CfutWaiter waiter;
  guint id;           /* from 1 */
  guint retries;
  guint n_started;    /* by workers, each time */
  guint n_told;
  gboolean cancelled; /* somebody was told that it will be */
  gboolean answered;  /* a worker has noted its answer */
  gboolean touched;   /* by a worker that lies: that one's word counts for nothing */
} FakeCall;

/* A call as a worker has got it. */
typedef struct
{
  CfutFrameHeader header;
  FakeCall *call; /* (unowned) */
  gboolean claimed;
} FakeReceived;

struct _FakeWorker
{
  FakeWorld *world;     /* (unowned) */
  GObject *subprocess;  /* (owned) one that was never started */
  GAsyncReadyCallback waited_cb;
  gpointer waited_data;
  CfutProcess *process; /* (unowned) (nullable) until it is reaped */

  CfutChannel *channel; /* (owned) (nullable) its end; NULL once it has closed it */
  CfutClaims *claims;   /* (owned) its end */
  int control_fd;       /* (owned) */
  int stderr_fd;        /* (owned) */
  int death_fd;         /* (owned) readable when it is dead, as a pidfd */

  gboolean set_up;      /* it has got SETUP */
  gboolean said_ready;
  gboolean told_to_end;
  gboolean lied;
  gboolean killed;
  gboolean abandoned;   /* it was killed, and did not die in time */
  gboolean dead;
  gboolean status_seen; /* whether waitid() finds its status */
  int status;           /* as of wait() */
  GQueue received;      /* (element-type FakeReceived) (owned) not answered */
};

struct _FakeWorld
{
  CfutPool *pool;       /* (owned) */
  CfutManager *manager; /* (unowned) the pool's */
  gint64 now;
  guint n_failures;     /* of the next attempts to spawn */
  GPtrArray *workers;   /* (element-type FakeWorker) (owned) all that there ever were */
  GPtrArray *calls;     /* (element-type FakeCall) (owned) */
};

/* What a worker that lies puts into an answer that is not its own: no future may
 * ever have it. */
#define FAKE_LIE G_GINT64_CONSTANT (-666)

/* Far from any time of the real clock, by which the manager is never due then. */
#define FAKE_FIRST_MOMENT (G_GINT64_CONSTANT (1) << 52)

/* The one there is. (nullable) */
FakeWorld  *fake_world_get         (void);
FakeWorld  *fake_world_new         (guint        max_workers);
/* Ends the world: cancels what is left, lets all time pass that it takes. */
void        fake_world_free        (FakeWorld   *self);
/* Lets the manager do what there is to do, and checks its books. */
void        fake_world_run         (FakeWorld   *self);
void        fake_world_advance     (FakeWorld   *self,
                                    gint64       span_us);

/* Submits a call; @options may be NULL. @n_items: of a chunk, or 0. */
void        fake_world_submit      (FakeWorld         *self,
                                    CfutSubmitOptions *options,
                                    guint              n_items);
void        fake_world_cancel      (FakeWorld   *self,
                                    FakeCall    *call);

void        fake_worker_free       (FakeWorker  *self);
/* What workers do. Each does nothing if a worker could not do it now. */
void        fake_worker_ready      (FakeWorker  *self);
/* Its initializer has failed. */
void        fake_worker_refuse     (FakeWorker  *self);
/* Reads, and claims the first call that was not taken back; the others are
 * dropped. TRUE if one is claimed. */
gboolean    fake_worker_start      (FakeWorker  *self);
/* Answers the call that runs, with @error or else its result. It is only noted
 * until the worker flushes. */
void        fake_worker_answer     (FakeWorker  *self,
                                    gboolean     error);
void        fake_worker_progress   (FakeWorker  *self);
void        fake_worker_flush      (FakeWorker  *self);
void        fake_worker_hang_up    (FakeWorker  *self);
/* @status: as of wait(). */
void        fake_worker_die        (FakeWorker  *self,
                                    int          status,
                                    gboolean     status_seen);
void        fake_worker_reap       (FakeWorker  *self);
/* Writes what is not in order. */
void        fake_worker_write      (FakeWorker   *self,
                                    const guint8 *data,
                                    gsize         size);
/* Changes the word of a call that it has: 0 free, 1 offered, 2 claimed, 3 revoked. */
void        fake_worker_forge_word (FakeWorker  *self,
                                    guint        phase);

/* The call that it runs, or has got first. (nullable) */
FakeReceived *fake_worker_peek     (FakeWorker  *self);

G_END_DECLS
