/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

/**
 * CFUT_RETRY_FOREVER:
 *
 * A number of retries that is never used up.
 *
 * Since: 1.0
 */
#define CFUT_RETRY_FOREVER ((guint) 4294967295) /* G_MAXUINT, so that the scanner sees it */

#define CFUT_TYPE_SUBMIT_OPTIONS (cfut_submit_options_get_type ())

typedef struct _CfutSubmitOptions CfutSubmitOptions;

CFUT_AVAILABLE_IN_ALL
GType              cfut_submit_options_get_type        (void);
CFUT_AVAILABLE_IN_ALL
CfutSubmitOptions *cfut_submit_options_new             (void);
CFUT_AVAILABLE_IN_ALL
CfutSubmitOptions *cfut_submit_options_copy            (const CfutSubmitOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_submit_options_free            (CfutSubmitOptions       *self);

CFUT_AVAILABLE_IN_ALL
void               cfut_submit_options_set_priority    (CfutSubmitOptions       *self,
                                                        int                      priority);
CFUT_AVAILABLE_IN_ALL
int                cfut_submit_options_get_priority    (const CfutSubmitOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_submit_options_set_timeout     (CfutSubmitOptions       *self,
                                                        gint64                   timeout_us);
CFUT_AVAILABLE_IN_ALL
gint64             cfut_submit_options_get_timeout     (const CfutSubmitOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_submit_options_set_deadline    (CfutSubmitOptions       *self,
                                                        gint64                   deadline_us);
CFUT_AVAILABLE_IN_ALL
gint64             cfut_submit_options_get_deadline    (const CfutSubmitOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_submit_options_set_retries     (CfutSubmitOptions       *self,
                                                        guint                    retries);
CFUT_AVAILABLE_IN_ALL
guint              cfut_submit_options_get_retries     (const CfutSubmitOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_submit_options_set_name        (CfutSubmitOptions       *self,
                                                        const char              *name);
CFUT_AVAILABLE_IN_ALL
const char        *cfut_submit_options_get_name        (const CfutSubmitOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_submit_options_set_cancellable (CfutSubmitOptions       *self,
                                                        GCancellable            *cancellable);
CFUT_AVAILABLE_IN_ALL
GCancellable      *cfut_submit_options_get_cancellable (const CfutSubmitOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutSubmitOptions, cfut_submit_options_free)

G_END_DECLS
