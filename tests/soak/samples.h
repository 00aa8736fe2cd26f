/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What a process holds, looked at from time to time; drawn, and judged: at the
 * end it must hold no more than it did once it was warm.
 */
typedef enum
{
  SAMPLE_RSS,      /* KiB */
  SAMPLE_FDS,
  SAMPLE_THREADS,
  SAMPLE_CHILDREN,
  SAMPLE_BYTES,    /* queued, KiB */
  SAMPLE_OLDEST,   /* age of the oldest call that has not ended, ms */
  SAMPLE_GAP,      /* the longest that the main loop was held since, ms */
  N_SAMPLES,
} SampleKind;

typedef struct
{
  double seconds;
  double values[N_SAMPLES];
} Sample;

/* Fills in what the kernel knows of this process. */
void      sample_take_process (Sample       *self);
void      sample_print        (const Sample *self);

/* Whether nothing has grown; if not, says what. Half of the samples, from the
 * end of the first quarter on, are held against the last quarter. Some seconds are
 * too short to tell, and then nothing has. */
gboolean  samples_are_flat    (GArray       *samples);

gboolean  samples_draw        (GArray       *samples,
                               const char   *path,
                               GError      **error);

G_END_DECLS
