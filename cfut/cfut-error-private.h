/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "cfut-error.h"

G_BEGIN_DECLS

/*
 * What an error may carry besides its message when a function of another
 * language raised it: the name of the exception, the traceback as that language
 * formats it, and the exception itself in the worker's codec. Each may be NULL.
 *
 * It is data of the extended error domain CFUT_ERROR, of whatever code; copies
 * of an error have it, too. Like all errors of an extended domain these are made
 * by g_error_new() and its kin, never on the stack.
 */

/* CFUT_ERROR_REMOTE, with the message "NAME: MESSAGE", or that of the two which
 * is not empty. */
GError     *cfut_error_new_remote           (const char   *name,
                                             const char   *message,
                                             const char   *traceback,
                                             GBytes       *payload);
/* CFUT_ERROR_BROKEN because of @reason: with the message of that behind @prefix,
 * and what that carries. */
GError     *cfut_error_new_broken           (const char   *prefix,
                                             const GError *reason);
/* Gives @self what it carries; an empty string or payload is none. The domain
 * is CFUT_ERROR. */
void        cfut_error_set_remote           (GError       *self,
                                             const char   *name,
                                             const char   *traceback,
                                             GBytes       *payload);
/* Gives it the exception itself, in the language of this process; empties
 * @value. */
void        cfut_error_take_remote_value    (GError       *self,
                                             GValue       *value);

/*
 * As it goes to another process (cfut-error-crossing.c): (sisssay), its domain, code
 * and message, and what it carries. A payload of more than @max_payload bytes is
 * left out.
 */
#define CFUT_ERROR_FIELDS   "sisssay"
#define CFUT_ERROR_N_FIELDS 6

void        cfut_error_get_fields           (const GError *self,
                                             gsize         max_payload,
                                             GVariant     *fields[CFUT_ERROR_N_FIELDS]);
/* The error that a worker process speaks of, whose word is not trusted: strings are
 * cut and made valid, and of domains that nobody here knows only so many are made;
 * beyond these it is a G_IO_ERROR_FAILED. */
GError     *cfut_error_new_received         (const char   *domain,
                                             int           code,
                                             const char   *message,
                                             const char   *name,
                                             const char   *traceback,
                                             GBytes       *payload);

/* Each (transfer none) (nullable); an error of any domain will do. */
const char *cfut_error_get_remote_name      (const GError *self);
const char *cfut_error_get_remote_traceback (const GError *self);
GBytes     *cfut_error_get_remote_payload   (const GError *self);
const GValue *cfut_error_get_remote_value   (const GError *self);

G_END_DECLS
