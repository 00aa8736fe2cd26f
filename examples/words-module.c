/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Words, the module: functions in a shared library, for cfut-worker to load.
 *
 *   $ cc -shared -fPIC words-module.c -o words.so $(pkg-config --cflags --libs cfut-1)
 *
 * The program that has them called is words.c.
 */

#include <cfut/cfut.h>
#include <gmodule.h>

static GVariant *
count_words (CfutCall  *call,
             GVariant  *arguments,
             gpointer   user_data,
             GError   **error)
{
  g_autofree char *text = NULL;
  const char *path;
  gboolean in_word = FALSE;
  guint64 n_words = 0;

  g_variant_get (arguments, "(^&ay)", &path);
  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;

  for (const char *c = text; *c != '\0'; c++)
    {
      if (!in_word && !g_ascii_isspace (*c))
        n_words++;

      in_word = !g_ascii_isspace (*c);
    }

  return g_variant_new_uint64 (n_words);
}

G_MODULE_EXPORT gboolean cfut_module_register (GError **error);

gboolean
cfut_module_register (GError **error)
{
  cfut_register_function ("count-words",
                          G_VARIANT_TYPE ("(ay)"), G_VARIANT_TYPE_UINT64,
                          count_words, NULL, NULL);

  return TRUE;
}
