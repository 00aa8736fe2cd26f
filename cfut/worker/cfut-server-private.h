/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "call/cfut-chunk-private.h"
#include "policy/cfut-spin-private.h"
#include "worker/cfut-line-private.h"

G_BEGIN_DECLS

/*
 * CfutServer: runs the calls that come through a line, in the thread that steps
 * it.
 *
 * Functions of two kinds are served. Those of the registry are run within a step.
 * Those that are hosted have no code here: their calls come out of the step, one
 * at a time, for the host to run and to answer before the next step.
 *
 * It belongs to the worker's main thread.
 */
typedef struct
{
  /* Set at construction, never changed; read from any thread. */
  CfutLine *line;                 /* (owned) */
  GPtrArray *hosted;              /* (element-type CfutFunction) (owned) */

  const CfutFunction **functions; /* (owned) (nullable) until READY; by their index */
  guint n_functions;
  gint64 now;                     /* monotonic ns */
  int signum;                     /* for a host's call that is cancelled; 0: none */
  gboolean filter;                /* functions are to run behind a filter */
  guint64 max_result;             /* bytes of a result */
  guint n_cpus;                   /* that the parent and its workers have; 0: not known */
  guint n_calls;                  /* since the last wait */
  CfutSpin spin;
  GError *refused;                /* (owned) (nullable) why this cannot serve */

  /* The call that it is at. The fields that progress needs do not change while
   * there is one, but for @item and @n_running, which are atomic. */
  CfutCall *call;                 /* (owned) (nullable): none */
  CfutCall *spare;                /* (owned) (nullable) of one that has ended, for the next */
  const CfutFunction *function;
  CfutFrameHeader header;         /* of its CALL, or of SETUP for the initializer */
  CfutChunk chunk;                /* if the header says so */
  guint n_items;                  /* of a chunk; else 1 */
  guint item;                     /* that runs, or the first of those that do */
  guint n_running;
  gboolean asked;                 /* the host is to answer */
} CfutServer;

/* What a step came to. */
typedef enum
{
  CFUT_SERVE_CALL,     /* server->call is for the host to answer */
  CFUT_SERVE_SHUTDOWN, /* the worker was told to end */
  CFUT_SERVE_CLOSED,   /* the parent is gone, or has no use for it any more */
  CFUT_SERVE_FAILED,   /* @error says why; the parent was told if it can be */
} CfutServeStatus;

/* Shares @hosted, which is complete at the first step. */
CfutServer      *cfut_server_new          (CfutLine         *line,
                                           GPtrArray        *hosted);
void             cfut_server_free         (CfutServer       *self);

/* Runs calls until there is one for the host, or the end. */
CfutServeStatus  cfut_server_step         (CfutServer       *self,
                                           GError          **error);

/* Tells the parent that this worker cannot serve. */
void             cfut_server_refuse       (CfutServer       *self,
                                           const GError     *reason);
/* The initializer is done, or there is none: confines itself, and READY. */
void             cfut_server_get_ready    (CfutServer       *self);

/* cfut-server-call.c: one call. */
gint64           cfut_server_get_time_ns  (void);
/* Begins the call of @frame: runs it, or TRUE if that is for the host to do. */
gboolean         cfut_server_begin_call   (CfutServer       *self,
                                           const CfutFrame  *frame);
/* The same for the initializer. Consumes nothing. */
gboolean         cfut_server_begin_initializer (CfutServer  *self,
                                           const CfutFrame  *frame,
                                           const char       *name,
                                           GVariant         *arguments);
/* Goes on with what was begun: TRUE if the host is to run the next item. */
gboolean         cfut_server_resume_call  (CfutServer       *self);

/* The host's answer; the server must have asked. Consumes @result, which is sunk
 * and of the declared type, or is told the @error. */
void             cfut_server_answer       (CfutServer       *self,
                                           GVariant         *result,
                                           const GError     *error);
/* Whether the next can be used: not for items of a chunk, the initializer, or
 * what is too large. */
gboolean         cfut_server_can_answer_vectors (CfutServer          *self,
                                                 const GOutputVector *vectors,
                                                 gsize                n_vectors);
/* The same with a result that is bytes in pieces, which are copied. */
void             cfut_server_answer_vectors     (CfutServer          *self,
                                                 const GOutputVector *vectors,
                                                 gsize                n_vectors);
/* Leaves the call that it is at without an answer. */
void             cfut_server_leave_call   (CfutServer       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutServer, cfut_server_free)

G_END_DECLS
