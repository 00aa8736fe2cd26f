/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(CFUT_INSIDE) && !defined(CFUT_COMPILATION)
#error "Only <cfut/cfut.h> can be included directly."
#endif

#include <glib-object.h>

G_BEGIN_DECLS

typedef struct _CfutInterpreter CfutInterpreter;

/**
 * CfutInterpreter: (skip)
 * @object_type: a boxed type; a value of it owns a reference on an object of the
 *   language
 * @unlock: lets go of the interpreter's lock, as `PyEval_SaveThread()` does;
 *   returns what @lock wants to take it back
 * @lock: takes it back, as `PyEval_RestoreThread()` does
 * @enter: takes the lock in any thread, unless that has it already, as
 *   `PyGILState_Ensure()` does; returns what @leave wants
 * @leave: undoes @enter, as `PyGILState_Release()` does
 * @hold: adds a reference to an object
 * @release: drops a reference on an object
 * @call: calls an object without arguments; returns its result, an object whose
 *   reference is the caller's, or %NULL if there is an exception
 * @report: tells people of that exception, and forgets it
 *
 * A language that runs in one thread at a time: in the one that holds its lock.
 *
 * All but @unlock, @lock and @enter are called with the lock held. It is never
 * copied, and has to stay as long as the program.
 *
 * Since: 1.0
 */
struct _CfutInterpreter
{
  GType object_type;
  gpointer (*unlock)  (void);
  void     (*lock)    (gpointer state);
  int      (*enter)   (void);
  void     (*leave)   (int state);
  void     (*hold)    (gpointer object);
  void     (*release) (gpointer object);
  gpointer (*call)    (gpointer function);
  void     (*report)  (gpointer function);
};

G_END_DECLS
