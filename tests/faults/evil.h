/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/cfut-channel-private.h"
#include "wire/cfut-claims-private.h"

G_BEGIN_DECLS

/*
 * The worker that lies. What it can do that it should not is in tables, by where
 * the lie is: in a header or the order of frames (evil-frames.c), in the body of one
 * (evil-bodies.c), in what it shares with its parent (evil-memory.c), or in what it
 * does as a process (evil-process.c).
 */
typedef struct
{
  const char *mode;
  CfutChannel *channel;
  CfutClaims *claims;
} Evil;

/* What is done instead of answering @call; @answer is the header that an answer
 * would have. */
typedef void (*EvilAct) (Evil            *self,
                         const CfutFrame *call,
                         CfutFrameHeader *answer,
                         guint            number);

typedef struct
{
  const char *name;
  EvilAct act;
} EvilMode;

#define EVIL_ACT(name) \
  static void \
  name (Evil            *self, \
        const CfutFrame *call, \
        CfutFrameHeader *answer, \
        guint            number)

/* Each ends with a mode that has no name. */
extern const EvilMode evil_frame_modes[];
extern const EvilMode evil_body_modes[];
extern const EvilMode evil_memory_modes[];
extern const EvilMode evil_process_modes[];

/* evil-worker.c: what all need. */
void evil_flush      (Evil            *self);
void evil_send       (Evil            *self,
                      CfutFrameHeader *header,
                      gconstpointer    body,
                      gsize            length);
/* What the library would not encode. */
void evil_send_raw   (Evil            *self,
                      gconstpointer    data,
                      gsize            size);
void evil_send_ready (Evil            *self);
/* The answer that was asked for. */
void evil_send_pid   (Evil            *self,
                      CfutFrameHeader *answer);

G_END_DECLS
