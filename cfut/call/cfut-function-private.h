/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/call/cfut-function.h>

G_BEGIN_DECLS

/*
 * CfutFunction: an entry of the registry. Entries are never freed or changed
 * once registered, so a pointer to one is good for ever, in any thread.
 */
typedef struct _CfutFunction CfutFunction;

struct _CfutFunction
{
  char *name;
  GVariantType *parameter_type; /* (nullable): unknown here, the worker checks */
  GVariantType *result_type;    /* (nullable): unknown here; "()" for none */
  gboolean small_parameter;     /* these are known, and CfutSmall */
  gboolean small_result;
  CfutFunc func;                /* (nullable): not in this process */
  gpointer user_data;
  GDestroyNotify destroy;
  CfutArrayFunc array_func;     /* (nullable): what @func runs one item by */
};

/* (nullable) */
const CfutFunction *cfut_function_lookup          (const char          *name);

/* An entry for a function that only a worker has: the same entry for the same
 * name, its types unknown. */
const CfutFunction *cfut_function_lookup_foreign  (const char          *name);

/* All functions of this process, sorted by name; ends with NULL. Free the
 * array only. */
const CfutFunction **cfut_function_list           (void);
/* The same, with those of @hosted (element-type CfutFunction) among them. */
const CfutFunction **cfut_function_list_with      (GPtrArray           *hosted);

/* FALSE with G_IO_ERROR_INVALID_ARGUMENT naming the function and both types. */
gboolean            cfut_function_check_arguments (const CfutFunction  *self,
                                                   GVariant            *arguments,
                                                   GError             **error);

/* Runs the function and checks its result. TRUE: *@result is a sunk value of the
 * declared type, or NULL for the unit value. FALSE: @error is set. */
gboolean            cfut_function_invoke          (const CfutFunction  *self,
                                                   CfutCall            *call,
                                                   GVariant            *arguments,
                                                   GVariant           **result,
                                                   GError             **error);
/* The same for those who want the unit value, too: a sunk value of the declared
 * type ("()" for none), or NULL with @error always set. */
GVariant           *cfut_function_run             (const CfutFunction  *self,
                                                   CfutCall            *call,
                                                   GVariant            *arguments,
                                                   GError             **error);

/* The second half of that: makes what a function returned (consumed, floating or
 * not) into a sunk value of the declared type, or NULL with @error set. */
GVariant           *cfut_function_check_result    (const CfutFunction  *self,
                                                   GVariant            *result,
                                                   GError             **error);
/* FALSE with G_IO_ERROR_INVALID_DATA naming the function and both types. */
gboolean            cfut_function_check_result_type (const char          *name,
                                                   GVariant            *result,
                                                   const GVariantType  *type,
                                                   GError             **error);

/* Registers @self, which this takes. If the name is taken it is freed, with its data,
 * and that is said. Runs in: any thread. Locks: takes the registry's. */
void                cfut_function_register        (CfutFunction        *self);

/* cfut-array-function.c: for those with an @array_func. */

/* Runs it for @n_items, which lie at @items, with @results zero-filled. Returns how
 * many are done: all, or @error is set and says of the next why it failed, or else
 * at least one. Runs in: worker thread. Locks: none. */
gsize               cfut_function_run_array       (const CfutFunction  *self,
                                                   CfutCall            *call,
                                                   gconstpointer        items,
                                                   gsize                n_items,
                                                   gpointer             results,
                                                   GError             **error);

/* A function that is in no registry, as a host runs it: it has no @func. Its
 * name is good for ever. */
CfutFunction       *cfut_function_new_hosted      (const char          *name,
                                                   const GVariantType  *parameter_type,
                                                   const GVariantType  *result_type);
void                cfut_function_free_hosted     (CfutFunction        *self);

G_END_DECLS
