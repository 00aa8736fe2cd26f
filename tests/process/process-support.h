/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut.h>

#include "test-support.h"

G_BEGIN_DECLS

/*
 * What tests of process executors share. Each test program is its own worker:
 * process_test_init() registers the functions of process-functions.c, and serves
 * them in a worker.
 */
void          process_test_init       (int           *argc,
                                       char        ***argv);

/* Registers what the tests call. */
void          process_register_functions (void);

/* For each of these, ended by NULL, there is a function "echo-TYPE". */
extern const char * const process_echo_types[];

/* The path of a program that is built with the tests. */
char         *process_build_path      (const char    *name);

/* An executor with @max_workers, and a census that is checked at its end. A
 * future that is kept keeps a descriptor, so let all go before. */
typedef struct
{
  CfutExecutor *executor;
  TestCensus census;
} ProcessTest;

void          process_test_begin      (ProcessTest   *self,
                                       guint          max_workers);
/* With a worker program of its own; @first and what follows are its command
 * line, ended by NULL. */
void          process_test_begin_argv (ProcessTest   *self,
                                       guint          max_workers,
                                       const char    *first,
                                       ...) G_GNUC_NULL_TERMINATED;
/* Shuts down, waits, and checks that nothing is left. */
void          process_test_end        (ProcessTest   *self);
/* Its two parts. */
void          process_test_end_calls  (ProcessTest   *self);
void          process_test_check      (ProcessTest   *self);

#define PROCESS_EXECUTOR(test) CFUT_PROCESS_EXECUTOR ((test)->executor)

/* Submits; the arguments are those of g_variant_new(), "()" for none. */
CfutFuture   *process_submit          (ProcessTest   *self,
                                       const char    *function,
                                       const char    *format,
                                       ...);
CfutFuture   *process_submit_full     (ProcessTest   *self,
                                       CfutSubmitOptions *options,
                                       const char    *function,
                                       const char    *format,
                                       ...);
CfutFuture   *process_submit_va       (ProcessTest   *self,
                                       CfutSubmitOptions *options,
                                       const char    *function,
                                       const char    *format,
                                       va_list       *arguments);
/* Submits and waits; the call must succeed. */
GVariant     *process_call            (ProcessTest   *self,
                                       const char    *function,
                                       const char    *format,
                                       ...);

/* Waits for the outcome. */
GVariant     *process_result          (CfutFuture    *future);
GError       *process_error           (CfutFuture    *future);
/* An int result. */
int           process_int             (CfutFuture    *future);
/* Each takes @future, and waits for it; it must have come to that. */
void          process_expect_done     (CfutFuture    *future);
/* ... or whatever else. */
void          process_forget          (CfutFuture    *future);
void          process_expect_int      (CfutFuture    *future,
                                       int            expected);
void          process_expect_cancelled (CfutFuture   *future);
/* The message must have @text in it. */
void          process_expect_error    (CfutFuture    *future,
                                       GQuark         domain,
                                       int            code,
                                       const char    *text);

/* The pid of a worker that runs a call. */
int           process_get_pid         (ProcessTest   *self);
/* How many workers there are that are not known to be dead. */
gsize         process_count_workers   (ProcessTest   *self);
/* Waits until there are @n_workers. */
void          process_await_workers   (ProcessTest   *self,
                                       gsize          n_workers);
/* Waits until all @n_workers are ready. */
void          process_prestart        (ProcessTest   *self);
/* Waits until the process is gone, whoever reaps it. */
void          process_await_exit      (int            pid);
gboolean      process_exists          (int            pid);
/* 'R', 'S', 'T' and so on, of /proc/PID/stat; 0 if it is gone. */
char          process_get_run_state   (int            pid);
void          process_await_run_state (int            pid,
                                       char           state);

/* How much memory there is for bodies on their way to and from workers, in bytes. */
gsize         process_get_shared      (void);
/* Whether the bytes of @value lie in memory that is shared with a worker. */
gboolean      process_is_shared       (GVariant      *value);

/* Waits until @condition holds, without iterating anything. */
void          process_await           (TestCondition  condition,
                                       gpointer       user_data);

/*
 * A gate holds calls in workers. A call that comes to it notes a record, and
 * goes on when it was let through. It is two pipes, which workers open through
 * /proc.
 */
typedef struct
{
  int id;
  int pid;
  int attempt;
} GateRecord;

typedef struct
{
  int notes[2];
  int passes[2];
} Gate;

void          gate_init               (Gate          *self);
void          gate_clear              (Gate          *self);
/* A call of @function, one of those that take a gate, with @id. */
CfutFuture   *gate_submit             (Gate          *self,
                                       ProcessTest   *test,
                                       const char    *function,
                                       int            id);
CfutFuture   *gate_submit_full        (Gate          *self,
                                       ProcessTest   *test,
                                       CfutSubmitOptions *options,
                                       const char    *function,
                                       int            id);
/* The arguments of such a call. */
GVariant     *gate_arguments          (Gate          *self,
                                       int            id);
/* Waits for the next record. */
GateRecord    gate_next               (Gate          *self);
/* Whether a record is there. */
gboolean      gate_has_next           (Gate          *self);
/* Lets @n_calls go on. */
void          gate_let_through        (Gate          *self,
                                       guint          n_calls);
/* Lets all go on, those that come later too. */
void          gate_open               (Gate          *self);

/* The worker's side. */
typedef struct
{
  int notes;
  int passes;
  int id;
} GateEnd;

void          gate_end_open           (GateEnd       *self,
                                       GVariant      *arguments);
void          gate_end_note           (GateEnd       *self,
                                       CfutCall      *call);
void          gate_end_pass           (GateEnd       *self);
void          gate_end_close          (GateEnd       *self);

G_END_DECLS
