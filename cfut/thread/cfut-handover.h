/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(CFUT_INSIDE) && !defined(CFUT_COMPILATION)
#error "Only <cfut/cfut.h> can be included directly."
#endif

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

/**
 * CfutHandover: (skip)
 *
 * A place where a thread looks, before it sleeps, whether another one has something
 * for it: for languages that run in one thread at a time.
 *
 * To wake a thread takes longer than a small call. A thread that waits for a call,
 * or for the result of one, and is about to let go of the interpreter's lock and
 * sleep, may look for a moment first. It sleeps by whatever the language has for
 * that; this only spares it being woken.
 *
 * Since: 1.0
 */
typedef struct _CfutHandover CfutHandover;

CFUT_AVAILABLE_IN_ALL
CfutHandover *cfut_handover_new        (void);
CFUT_AVAILABLE_IN_ALL
void          cfut_handover_free       (CfutHandover *self);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_handover_begin_look (CfutHandover *self,
                                        guint         n_live);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_handover_look       (CfutHandover *self);
CFUT_AVAILABLE_IN_ALL
void          cfut_handover_tell       (CfutHandover *self);

G_END_DECLS
