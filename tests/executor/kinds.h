/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut.h>

G_BEGIN_DECLS

/* The executors that cfut has, for tests that run on each. */

typedef struct
{
  const char *name;
  CfutExecutor *(*create) (void);
} Kind;

enum
{
  KIND_INLINE,
  KIND_THREAD,
  KIND_THREADS,
  KIND_PROCESSES,
  N_KINDS,
};

extern const Kind kinds[N_KINDS];

G_END_DECLS
