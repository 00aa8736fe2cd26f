/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

/**
 * CfutWorkerState:
 * @CFUT_WORKER_STATE_STARTING: on its way
 * @CFUT_WORKER_STATE_IDLE: waiting for a call
 * @CFUT_WORKER_STATE_BUSY: running a call
 * @CFUT_WORKER_STATE_LEAVING: takes no new call and ends
 * @CFUT_WORKER_STATE_GONE: has ended
 *
 * The states of a worker.
 *
 * Since: 1.0
 */
typedef enum
{
  CFUT_WORKER_STATE_STARTING,
  CFUT_WORKER_STATE_IDLE,
  CFUT_WORKER_STATE_BUSY,
  CFUT_WORKER_STATE_LEAVING,
  CFUT_WORKER_STATE_GONE,
} CfutWorkerState;

#define CFUT_TYPE_WORKER_STATE (cfut_worker_state_get_type ())

CFUT_AVAILABLE_IN_ALL
GType           cfut_worker_state_get_type    (void);

#define CFUT_TYPE_WORKER_INFO (cfut_worker_info_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutWorkerInfo, cfut_worker_info, CFUT, WORKER_INFO, GObject)

CFUT_AVAILABLE_IN_ALL
guint           cfut_worker_info_get_id        (CfutWorkerInfo *self);
CFUT_AVAILABLE_IN_ALL
int             cfut_worker_info_get_pid       (CfutWorkerInfo *self);
CFUT_AVAILABLE_IN_ALL
CfutWorkerState cfut_worker_info_get_state     (CfutWorkerInfo *self);
CFUT_AVAILABLE_IN_ALL
guint64         cfut_worker_info_get_n_calls   (CfutWorkerInfo *self);
CFUT_AVAILABLE_IN_ALL
gint64          cfut_worker_info_get_busy_time (CfutWorkerInfo *self);
CFUT_AVAILABLE_IN_ALL
gint64          cfut_worker_info_get_cpu_time  (CfutWorkerInfo *self);

G_END_DECLS
