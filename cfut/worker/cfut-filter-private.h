/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/cfut-journal-private.h"

G_BEGIN_DECLS

/*
 * The filter of system calls of a worker that runs code which is not trusted.
 *
 * From then on all threads of the process can compute, and read and write what is
 * open. Three things become of the rest:
 *
 *   what a library asks for by the way, and can do without, is refused: files to
 *   read, other processes' limits, terminals
 *   what is newer than the filter, or hides its arguments in memory, is not there
 *   anything else kills the process, by SIGSYS
 *
 * The number of the call that kills is noted in the journal, for the manager to
 * name it. Code that has gone bad can prevent the note, and perhaps the death; the
 * system call is not made in any case.
 */

/* Installs it, for good. @journal: has to stay mapped. FALSE with
 * G_IO_ERROR_NOT_SUPPORTED if this system, or this build, has no filters.
 * Runs in: worker's main thread. */
gboolean cfut_filter_install (CfutJournal  *journal,
                              GError      **error);

G_END_DECLS
