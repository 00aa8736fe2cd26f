/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * A worker may have a function "*" of type (sv) -> v. Calls of all names that it
 * does not have go there: the name and the arguments are its arguments, and its
 * result has theirs in it. So a worker can run what it only finds when it is
 * called, by whatever names its language has.
 */
#define CFUT_ANY_FUNCTION "*"

/* Whether a function of this name and types is meant so. */
gboolean  cfut_any_function_is        (const char         *name,
                                       const GVariantType *parameter_type,
                                       const GVariantType *result_type);

/* The arguments, sunk, that stand for a call of @name with @arguments, or with
 * @is_chunk for each of these. */
GVariant *cfut_any_function_wrap      (const char         *name,
                                       GVariant           *arguments,
                                       gboolean            is_chunk);
/* No less than what that takes, in bytes, besides @arguments. */
gsize     cfut_any_function_get_extra (const char         *name,
                                       GVariant           *arguments,
                                       gsize               n_calls);

/* What is in @result, which is a v, sunk; NULL with G_IO_ERROR_INVALID_DATA if it
 * is not of @type, unless that is NULL. */
GVariant *cfut_any_function_unwrap    (const char         *name,
                                       GVariant           *result,
                                       const GVariantType *type,
                                       GError            **error);
/* FALSE with the same error if that is so of one of the results of a chunk. */
gboolean  cfut_any_function_check     (const char         *name,
                                       GVariant           *chunk_result,
                                       const GVariantType *type,
                                       GError            **error);

G_END_DECLS
