/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define CFUT_INSIDE

#include <cfut/cfut-error.h>
#include <cfut/cfut-interpreter.h>
#include <cfut/cfut-paths.h>
#include <cfut/cfut-types.h>
#include <cfut/cfut-version.h>

#include <cfut/memory/cfut-buffer.h>

#include <cfut/future/cfut-future.h>
#include <cfut/future/cfut-promise.h>
#include <cfut/future/cfut-wait.h>
#include <cfut/future/cfut-completed-iterator.h>

#include <cfut/call/cfut-call.h>
#include <cfut/call/cfut-function.h>
#include <cfut/call/cfut-module.h>
#include <cfut/call/cfut-submit-options.h>

#include <cfut/executor/cfut-completion.h>
#include <cfut/executor/cfut-completion-queue.h>
#include <cfut/executor/cfut-executor.h>
#include <cfut/executor/cfut-inline-executor.h>
#include <cfut/executor/cfut-map.h>
#include <cfut/executor/cfut-map-options.h>
#include <cfut/executor/cfut-stats.h>
#include <cfut/executor/cfut-worker-info.h>

#include <cfut/thread/cfut-handover.h>
#include <cfut/thread/cfut-thread-executor.h>

#include <cfut/process/cfut-process-executor.h>

#include <cfut/worker/cfut-init.h>
#include <cfut/worker/cfut-worker.h>

#undef CFUT_INSIDE

G_END_DECLS
