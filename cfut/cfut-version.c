/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-version.h"

/**
 * cfut_get_major_version:
 *
 * The major version of the library a program runs with; 1 in 1.2.3.
 *
 * `CFUT_MAJOR_VERSION` is that of the headers it was compiled against. This
 * may be called from any thread, as may the other functions here.
 *
 * Returns: the major version
 *
 * Since: 1.0
 */
guint
cfut_get_major_version (void)
{
  return CFUT_MAJOR_VERSION;
}

/**
 * cfut_get_minor_version:
 *
 * The minor version of the library a program runs with; 2 in 1.2.3.
 *
 * Returns: the minor version
 *
 * Since: 1.0
 */
guint
cfut_get_minor_version (void)
{
  return CFUT_MINOR_VERSION;
}

/**
 * cfut_get_micro_version:
 *
 * The micro version of the library a program runs with; 3 in 1.2.3.
 *
 * Returns: the micro version
 *
 * Since: 1.0
 */
guint
cfut_get_micro_version (void)
{
  return CFUT_MICRO_VERSION;
}

/**
 * cfut_check_version:
 * @major: the major version wanted
 * @minor: the minor version wanted
 * @micro: the micro version wanted
 *
 * Whether the library a program runs with is at least of a version.
 *
 * ```c
 * if (!cfut_check_version (1, 2, 0))
 *   g_printerr ("Needs cfut 1.2 or newer\n");
 * ```
 *
 * Returns: %TRUE if the library is of that version or newer
 *
 * Since: 1.0
 */
gboolean
cfut_check_version (guint major,
                    guint minor,
                    guint micro)
{
  guint wanted[] = { major, minor, micro };
  guint have[] = { CFUT_MAJOR_VERSION, CFUT_MINOR_VERSION, CFUT_MICRO_VERSION };

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (have[i] != wanted[i])
      return have[i] > wanted[i];

  return TRUE;
}
