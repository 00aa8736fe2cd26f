/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/uio.h>

#include "wire/cfut-frame-private.h"

G_BEGIN_DECLS

/*
 * CfutOutbox: frames in, bytes out. It does no I/O: whoever writes asks for
 * vectors and says how much of them the kernel has taken.
 *
 * It is a list of blocks. Headers and small bodies are gathered in blocks of its
 * own; a large body is a block that only refers to the value's data.
 */
typedef struct _CfutOutboxBlock CfutOutboxBlock;

typedef struct
{
  CfutOutboxBlock *head; /* (owned) (nullable) */
  CfutOutboxBlock *tail; /* (unowned) (nullable) */
  CfutOutboxBlock *spare; /* (owned) (nullable) an empty block, for the next use */
  gsize queued; /* bytes */
} CfutOutbox;

void   cfut_outbox_init        (CfutOutbox            *self);
/* Drops what is queued. */
void   cfut_outbox_clear       (CfutOutbox            *self);

/* Each sets header->length. */
void   cfut_outbox_add         (CfutOutbox            *self,
                                CfutFrameHeader       *header,
                                gconstpointer          body,
                                gsize                  length);
void   cfut_outbox_add_variant (CfutOutbox            *self,
                                CfutFrameHeader       *header,
                                GVariant              *body);

/* Fills @vectors with what is to be written first; returns their number. */
guint  cfut_outbox_get_vectors (CfutOutbox            *self,
                                struct iovec          *vectors,
                                guint                  max_vectors);
/* The first @n_bytes are written. */
void   cfut_outbox_remove      (CfutOutbox            *self,
                                gsize                  n_bytes);

G_END_DECLS
