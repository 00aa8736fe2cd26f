/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * CfutJournal: what a worker has to say and has not written yet, in memory that
 * it shares with its manager.
 *
 * Answers are written in batches. A worker that is killed in between would take
 * with it the answers of calls that had ended; so each is noted here first, and
 * the manager reads the rest of the stream from here when the socket has come to
 * its end. The mark says where in the stream the notes begin and how many bytes
 * they are; it is one atomic word, so it is right at every moment.
 *
 * A system call that a filter kills the worker for is noted here as well, since
 * nothing else tells which one it was.
 *
 * The manager believes nothing of it: the bytes are copied, and parsed like any
 * other that came from the worker.
 */

#define CFUT_JOURNAL_SIZE (64 * 1024)

typedef struct
{
  guint64 mark; /* atomic: stream offset << 24 | number of bytes */
  guint64 trap; /* atomic: the number of a system call and 1; 0: none */
  guint8 data[CFUT_JOURNAL_SIZE];
} CfutJournal;

/* Worker: notes the next bytes of the stream; FALSE if they do not fit. */
gboolean  cfut_journal_append   (CfutJournal   *self,
                                 gconstpointer  header,
                                 gsize          header_size,
                                 gconstpointer  body,
                                 gsize          body_size,
                                 gsize          padding);
/* Worker: all before @offset is written; what comes next is noted from there. */
void      cfut_journal_restart  (CfutJournal   *self,
                                 guint64        offset);

/* Worker: this is the system call that it is killed for. Runs in: a signal
 * handler, of any thread. */
void      cfut_journal_note_trap (CfutJournal  *self,
                                 int            number);

/* Manager: that system call, which may be any number; -1: none was noted. */
gint64    cfut_journal_get_trap (CfutJournal   *self);

/* Manager: a copy of what follows the first @n_received bytes of the stream, or
 * NULL if nothing does. The worker is dead. */
GBytes   *cfut_journal_dup_rest (CfutJournal   *self,
                                 guint64        n_received);

G_END_DECLS
