/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "samples.h"

#include <stdio.h>

#include "test-support.h"

typedef struct
{
  const char *name;
  const char *unit;
  double slack;     /* how much more the end may have than the middle; -1: any */
} Series;

static const Series all_series[N_SAMPLES] = {
  [SAMPLE_RSS] = { "resident memory", "KiB", 16 * 1024 },
  [SAMPLE_FDS] = { "descriptors", "", 4 },
  [SAMPLE_THREADS] = { "threads", "", 4 },
  [SAMPLE_CHILDREN] = { "children", "", 4 },
  [SAMPLE_BYTES] = { "queued", "KiB", 32 * 1024 },
  [SAMPLE_OLDEST] = { "oldest call", "ms", 5 * 1000 },
  [SAMPLE_GAP] = { "longest gap of the main loop", "ms", -1 },
};

/* Until then workers and their descriptors still become more, by chance. */
#define WARM_UP_S 30

/* ---- Taking. */

void
sample_take_process (Sample *self)
{
  self->values[SAMPLE_RSS] = test_get_memory () / 1024.0;
  self->values[SAMPLE_FDS] = test_count_fds ();
  self->values[SAMPLE_THREADS] = test_count_threads ();
  self->values[SAMPLE_CHILDREN] = test_count_children ();
}

void
sample_print (const Sample *self)
{
  printf ("%6.0f s", self->seconds);
  for (guint i = 0; i < N_SAMPLES; i++)
    printf ("%s %s %.0f%s%s", i > 0 ? "," : "", all_series[i].name, self->values[i],
            all_series[i].unit[0] != '\0' ? " " : "", all_series[i].unit);
  printf ("\n");
  fflush (stdout);
}

/* ---- Judging. */

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* The value that is in the middle, of samples from @begin to before @end. */
static double
get_median (GArray     *samples,
            SampleKind  kind,
            guint       begin,
            guint       end)
{
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  for (guint i = begin; i < end; i++)
    g_array_append_val (values, g_array_index (samples, Sample, i).values[kind]);
  g_array_sort (values, compare_doubles);

  return values->len > 0 ? g_array_index (values, double, values->len / 2) : 0;
}

gboolean
samples_are_flat (GArray *samples)
{
  guint quarter = samples->len / 4;
  gboolean flat = TRUE;

  if (samples->len == 0 || g_array_index (samples, Sample, samples->len - 1).seconds < WARM_UP_S)
    {
      printf ("Too short to tell whether anything grows\n");
      return TRUE;
    }

  for (SampleKind kind = 0; kind < N_SAMPLES; kind++)
    {
      const Series *series = &all_series[kind];
      double middle = get_median (samples, kind, quarter, 3 * quarter);
      double last = get_median (samples, kind, 3 * quarter, samples->len);

      if (series->slack < 0 || last <= middle + series->slack)
        continue;

      printf ("%s: %.0f in the middle, and %.0f %s at the end\n", series->name, middle, last, series->unit);
      flat = FALSE;
    }

  return flat;
}

/* ---- Drawing. */

#define CHART_WIDTH  800.0
#define CHART_HEIGHT 90.0
#define CHART_GAP    30.0

static double
get_maximum (GArray     *samples,
             SampleKind  kind)
{
  double maximum = 1;

  for (guint i = 0; i < samples->len; i++)
    maximum = MAX (maximum, g_array_index (samples, Sample, i).values[kind]);

  return maximum;
}

static void
append_number (GString *svg,
               double   number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (svg, g_ascii_formatd (text, sizeof text, "%.1f", number));
}

static void
draw_series (GString    *svg,
             GArray     *samples,
             SampleKind  kind)
{
  double top = CHART_GAP + kind * (CHART_HEIGHT + CHART_GAP);
  double maximum = get_maximum (samples, kind);
  double seconds = MAX (g_array_index (samples, Sample, samples->len - 1).seconds, 1);

  g_string_append_printf (svg, "<text x=\"10\" y=\"%d\">%s: at most %.0f %s</text>\n",
                          (int) top - 8, all_series[kind].name, maximum, all_series[kind].unit);
  g_string_append_printf (svg, "<rect x=\"10\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"frame\"/>\n",
                          (int) top, (int) CHART_WIDTH, (int) CHART_HEIGHT);
  g_string_append (svg, "<polyline points=\"");
  for (guint i = 0; i < samples->len; i++)
    {
      const Sample *sample = &g_array_index (samples, Sample, i);

      append_number (svg, 10 + CHART_WIDTH * sample->seconds / seconds);
      g_string_append_c (svg, ',');
      append_number (svg, top + CHART_HEIGHT * (1 - sample->values[kind] / maximum));
      g_string_append_c (svg, ' ');
    }
  g_string_append (svg, "\"/>\n");
}

gboolean
samples_draw (GArray      *samples,
              const char  *path,
              GError     **error)
{
  g_autoptr(GString) svg = g_string_new (NULL);

  g_return_val_if_fail (samples->len > 0, FALSE);

  g_string_append_printf (svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">\n",
                          (int) CHART_WIDTH + 20,
                          (int) (CHART_GAP + N_SAMPLES * (CHART_HEIGHT + CHART_GAP)));
  g_string_append (svg, "<style>text { font: 12px sans-serif } polyline { fill: none; stroke: #1a5fb4 } "
                        ".frame { fill: none; stroke: #c0bfbc }</style>\n");
  for (SampleKind kind = 0; kind < N_SAMPLES; kind++)
    draw_series (svg, samples, kind);
  g_string_append (svg, "</svg>\n");

  return g_file_set_contents (path, svg->str, svg->len, error);
}
