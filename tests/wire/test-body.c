/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cfut-error.h"
#include "wire/cfut-frame-private.h"

static GVariant *
parse (const char  *type,
       const void  *data,
       gsize        length,
       GError     **error)
{
  return cfut_frame_body_to_variant (G_VARIANT_TYPE (type), data, length, FALSE, error);
}

static void
assert_accepted (const char *type,
                 GVariant   *value)
{
  g_autoptr(GVariant) owned = g_variant_ref_sink (value);
  g_autoptr(GVariant) checked = NULL;
  g_autoptr(GVariant) trusted = NULL;
  g_autoptr(GError) error = NULL;
  gconstpointer data = g_variant_get_data (owned);
  gsize length = g_variant_get_size (owned);

  checked = parse (type, data, length, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_equal (checked, owned));
  g_assert_false (g_variant_is_floating (checked));

  trusted = cfut_frame_body_to_variant (G_VARIANT_TYPE (type), data, length, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_equal (trusted, owned));
}

static void
assert_refused (const char *type,
                const void *data,
                gsize       length)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (parse (type, data, length, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, type));
}

static void
test_values (void)
{
  g_test_summary ("Values of all kinds come back as they were");

  assert_accepted ("y", g_variant_new_byte (255));
  assert_accepted ("b", g_variant_new_boolean (TRUE));
  assert_accepted ("n", g_variant_new_int16 (-2));
  assert_accepted ("h", g_variant_new_handle (3));
  assert_accepted ("x", g_variant_new_int64 (G_MININT64));
  assert_accepted ("d", g_variant_new_double (0.1));
  assert_accepted ("s", g_variant_new_string ("text"));
  assert_accepted ("()", g_variant_new ("()"));
  assert_accepted ("(y)", g_variant_new ("(y)", 7));
  assert_accepted ("(yx)", g_variant_new ("(yx)", 7, G_GINT64_CONSTANT (8)));
  assert_accepted ("(xy)", g_variant_new ("(xy)", G_GINT64_CONSTANT (8), 7));
  assert_accepted ("((xd)(tu)i)", g_variant_new_parsed ("((int64 1, 2.0), (uint64 3, uint32 4), 5)"));
  assert_accepted ("(s(xs))", g_variant_new_parsed ("('a', (int64 1, 'b'))"));
  assert_accepted ("ax", g_variant_new_parsed ("[int64 1, 2, 3]"));
  assert_accepted ("ax", g_variant_new_parsed ("@ax []"));
  assert_accepted ("a(nq)", g_variant_new_parsed ("[(int16 1, uint16 2)]"));
  assert_accepted ("a{ud}", g_variant_new_parsed ("{uint32 1: 2.0}"));
  assert_accepted ("ab", g_variant_new_parsed ("[true, false]"));
  assert_accepted ("as", g_variant_new_parsed ("['a', '', 'b']"));
  assert_accepted ("ms", g_variant_new_parsed ("@ms nothing"));
  assert_accepted ("mv", g_variant_new_parsed ("just <1>"));
  assert_accepted ("a{sv}", g_variant_new_parsed ("{'a': <1>, 'b': <['x', 'y']>, 'c': <{'d': <(1, <2>)>}>}"));
  assert_accepted ("(xvs)", g_variant_new_parsed ("(int64 1, <<<'deep'>>>, 'x')"));
}

static void
test_wrong_sizes (void)
{
  static const guint8 zeros[64];
  const char *types[] = {
    "y", "b", "n", "q", "i", "u", "h", "x", "t", "d", "()", "(y)", "(yx)", "(xy)", "(bb)", "{yx}",
  };

  g_test_summary ("A body of the wrong size is refused and does not become a default value");

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      for (gsize length = 0; length < sizeof zeros; length++)
        {
          g_autoptr(GVariant) value = NULL;
          g_autoptr(GVariant) trusted = NULL;
          gboolean fits;

          value = parse (types[i], zeros, length, NULL);
          trusted = cfut_frame_body_to_variant (G_VARIANT_TYPE (types[i]), zeros, length, TRUE, NULL);
          fits = value != NULL;

          g_assert_true (fits == (trusted != NULL));
          if (fits)
            g_assert_cmpuint (g_variant_get_size (value), ==, length);
        }
    }

  assert_refused ("ax", zeros, 9);
  assert_refused ("a(yx)", zeros, 24);
}

static void
test_not_normal (void)
{
  const guint8 padding[16] = { 1, 9, 0 };
  const guint8 boolean[] = { 2 };
  const guint8 unit[] = { 1 };
  const guint8 zeros[64] = { 0, };

  g_test_summary ("A body that is not in normal form is refused");

  assert_refused ("(yx)", padding, sizeof padding);
  assert_refused ("b", boolean, sizeof boolean);
  assert_refused ("ab", boolean, sizeof boolean);
  assert_refused ("()", unit, sizeof unit);
  assert_refused ("s", "no end", 6);
  assert_refused ("s", "", 0);
  assert_refused ("s", "\xff", 2);
  assert_refused ("as", "a\0\x09", 3);
  assert_refused ("a(ss)", zeros, sizeof zeros);
}

static void
test_plain_is_not_looked_at (void)
{
  const gsize length = 32 << 20;
  g_autofree guint8 *data = g_malloc0 (length);
  gint64 cpu_before, cpu_bytes, cpu_booleans;
  struct rusage usage;
  g_autoptr(GVariant) bytes = NULL;
  g_autoptr(GVariant) booleans = NULL;

#define cpu_time() (getrusage (RUSAGE_SELF, &usage), \
                    usage.ru_utime.tv_sec * G_USEC_PER_SEC + usage.ru_utime.tv_usec + \
                    usage.ru_stime.tv_sec * G_USEC_PER_SEC + usage.ru_stime.tv_usec)

  g_test_summary ("An array of numbers is checked by its size, far faster than one of booleans");

  cpu_before = cpu_time ();
  bytes = parse ("ay", data, length, NULL);
  cpu_bytes = cpu_time () - cpu_before;

  cpu_before = cpu_time ();
  booleans = parse ("ab", data, length, NULL);
  cpu_booleans = cpu_time () - cpu_before;

#undef cpu_time

  g_assert_nonnull (bytes);
  g_assert_nonnull (booleans);
  g_assert_cmpint (cpu_bytes, <, cpu_booleans);
}

/* A variant: @depth times a variant around a byte. */
static GVariant *
nest (guint depth)
{
  GVariant *value = g_variant_new_byte (1);

  for (guint i = 0; i < depth; i++)
    value = g_variant_new_variant (value);

  return value;
}

static void
test_variant_depth (void)
{
  g_autoptr(GVariant) deep = g_variant_ref_sink (nest (65));
  g_autoptr(GByteArray) very_deep = g_byte_array_new ();

  g_test_summary ("Variants may be nested as deep as in D-Bus and no deeper");

  assert_accepted ("v", nest (1));
  assert_accepted ("v", nest (64));
  assert_refused ("v", g_variant_get_data (deep), g_variant_get_size (deep));

  g_byte_array_append (very_deep, (const guint8 *) "\1\0y", 3);
  for (guint i = 0; i < 524288; i++)
    g_byte_array_append (very_deep, (const guint8 *) "\0v", 2);
  assert_refused ("v", very_deep->data, very_deep->len);
}

static void
test_variant_types (void)
{
  g_autoptr(GString) bomb = g_string_new (NULL);
  g_autoptr(GByteArray) data = g_byte_array_new ();
  g_autoptr(GVariant) value = NULL;
  g_autoptr(GVariant) inner = NULL;
  g_autoptr(GVariant) hidden = NULL;
  guint8 zeros[256] = { 0, };

  g_test_summary ("A type within a body must be one, and no longer than a signature of D-Bus");

  assert_refused ("v", "", 0);
  assert_refused ("v", "yy", 2);
  assert_refused ("v", "\1\0", 2);
  assert_refused ("v", "\1\0(", 3);
  assert_refused ("v", "\1\0yy", 4);
  assert_refused ("v", "\1\0?", 3);
  assert_refused ("v", "\1\0(v?)", 6);
  assert_refused ("v", "\1\0r", 3);

  /* 253 bytes in parentheses are 255 bytes of type. */
  g_string_append_c (bomb, '(');
  for (guint i = 0; i < 253; i++)
    g_string_append_c (bomb, 'y');
  g_string_append_c (bomb, ')');

  g_byte_array_append (data, zeros, 253 + 1);
  g_byte_array_append (data, (const guint8 *) bomb->str, bomb->len);
  value = parse ("v", data->data, data->len, NULL);
  g_assert_nonnull (value);

  g_string_insert_c (bomb, 1, 'y');
  g_byte_array_set_size (data, 0);
  g_byte_array_append (data, zeros, 254 + 1);
  g_byte_array_append (data, (const guint8 *) bomb->str, bomb->len);
  assert_refused ("v", data->data, data->len);

  /* The same within containers, where only what holds variants is entered. */
  inner = g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE_VARIANT,
                                                       data->data, data->len, TRUE, NULL, NULL));
  hidden = g_variant_ref_sink (g_variant_new_parsed ("('a', {'b': <1>, 'c': %*}, int64 1)", inner));
  assert_refused ("(sa{sv}x)", g_variant_get_data (hidden), g_variant_get_size (hidden));
}

static void
test_bombs_cost_little (void)
{
  const gsize length = 64 << 10;
  g_autofree guint8 *data = g_malloc0 (length + CFUT_FRAME_SLACK);
  g_autoptr(GString) type = g_string_new (NULL);
  struct rusage before, after;

  g_test_summary ("Zeros and long types of 64 KiB take no memory to speak of");

  /* As many parentheses as may be nested, with as much within as there is room. */
  for (guint i = 0; i < 100; i++)
    g_string_append_c (type, '(');
  while (type->len < length - 200)
    g_string_append_c (type, 'y');
  for (guint i = 0; i < 100; i++)
    g_string_append_c (type, ')');

  getrusage (RUSAGE_SELF, &before);

  assert_refused ("a(ss)", data, length);
  assert_refused ("av", data, length);
  assert_refused ("aav", data, length);
  assert_refused ("a{sv}", data, length);
  assert_refused ("aaaaaaaaaaaaaaaas", data, length);
  memcpy (data + length - type->len, type->str, type->len);
  assert_refused ("v", data, length);

  getrusage (RUSAGE_SELF, &after);
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <=, 8 << 10); /* KiB */
}

static void
test_end_of_page (void)
{
  const gsize page = sysconf (_SC_PAGESIZE);
  guint8 *pages = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  g_test_summary ("A body that ends where memory ends is not read beyond");

  g_assert_true (pages != MAP_FAILED);
  g_assert_cmpint (mprotect (pages + page, page, PROT_NONE), ==, 0);

  for (gsize length = 0; length < 32; length++)
    {
      g_autoptr(GVariant) value = parse ("(ss)", pages + page - length, length, NULL);
      g_autoptr(GVariant) array = parse ("as", pages + page - length, length, NULL);

      g_assert_true (value == NULL || length == 3);
      g_assert_true (array == NULL || length < 3);
    }

  munmap (pages, 2 * page);
}

static void
test_random_bodies (void)
{
  const char *types[] = {
    "s", "as", "(ss)", "a{sv}", "v", "av", "(sisssay)", "a(sss)", "m(sv)", "aa{s(vs)}", "(bs)", "ab",
  };

  g_test_summary ("Random bytes are a value or are refused, whatever the type");

  for (guint i = 0; i < 20000; i++)
    {
      const char *type = types[i % G_N_ELEMENTS (types)];
      guint8 data[64];
      gsize length = g_test_rand_int_range (0, sizeof data);
      g_autoptr(GVariant) value = NULL;
      g_autoptr(GError) error = NULL;

      for (gsize j = 0; j < length; j++)
        data[j] = g_test_rand_bit () ? 0 : "vsay(){}"[g_test_rand_int_range (0, 8)];

      value = parse (type, data, length, &error);
      if (value != NULL)
        g_assert_cmpmem (g_variant_get_data (value), g_variant_get_size (value), data, length);
      else
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);

      g_clear_error (&error);
      error = cfut_frame_error_from_body (data, length, NULL);
    }
}

static void
test_declared_types (void)
{
  g_autofree char *long_type = g_strnfill (4097, 'y');
  g_autofree char *containers = g_strnfill (128, 'a');
  g_autofree char *deepest = g_strconcat ("(", containers + 65, "y)", NULL);
  g_autofree char *too_deep = g_strconcat ("(s", containers + 64, "yi)", NULL);
  g_autofree char *far_too_deep = g_strconcat (containers, "y", NULL);
  g_autoptr(GVariantType) type = NULL;
  g_autoptr(GVariantType) deepest_type = NULL;
  g_autoptr(GError) error = NULL;
  /* Looking at each level twice would take for ever. */
  g_autofree char *tuples = g_strnfill (60, '(');
  g_autofree char *ends = g_strnfill (60, ')');
  g_autofree char *nested = g_strconcat (tuples, "y", ends, NULL);
  g_autoptr(GVariantType) nested_type = NULL;
  const char *bad[] = { "", "xx", "(", "*", "a*", "r", "?", long_type, too_deep, far_too_deep };

  g_test_summary ("What a worker declares must be a definite type of reasonable length and depth");

  type = cfut_frame_string_to_type ("a{sv}", &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_type_equal (type, G_VARIANT_TYPE_VARDICT));
  deepest_type = cfut_frame_string_to_type (deepest, &error);
  g_assert_no_error (error);
  g_assert_nonnull (deepest_type);
  nested_type = cfut_frame_string_to_type (nested, &error);
  g_assert_no_error (error);
  g_assert_nonnull (nested_type);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (cfut_frame_string_to_type (bad[i], &error));
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
      g_clear_error (&error);
    }
}

static void
test_small (void)
{
  static const struct
  {
    const char *type;
    gsize size;
  } types[] = {
    { "y", 1 }, { "n", 2 }, { "q", 2 }, { "i", 4 }, { "u", 4 }, { "h", 4 }, { "x", 8 }, { "t", 8 }, { "d", 8 },
    { "(x)", 8 }, { "(iu)", 8 }, { "(yyyyyyyy)", 8 }, { "{qq}", 4 },
    /* A byte of these is not any byte, or they are too large, or of no fixed size. */
    { "b", 0 }, { "()", 0 }, { "(yi)", 0 }, { "(xy)", 0 }, { "(bi)", 0 }, { "s", 0 }, { "ay", 0 }, { "v", 0 }, { "mi", 0 },
  };
  const guint8 bytes[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

  g_test_summary ("A small value has the bytes of its type, and no others");

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      const GVariantType *type = G_VARIANT_TYPE (types[i].type);

      g_assert_cmpuint (cfut_small_get_size (type), ==, types[i].size);
      for (gsize length = 0; length <= sizeof bytes && types[i].size > 0; length++)
        {
          g_autoptr(GError) error = NULL;
          g_autoptr(GVariant) value = NULL;
          CfutSmall small, again;

          if (!cfut_frame_body_to_small (type, bytes, length, &small, &error))
            {
              g_assert_cmpuint (length, !=, types[i].size);
              g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
              continue;
            }

          g_assert_cmpuint (length, ==, types[i].size);
          value = cfut_small_unpack (small, type);
          g_assert_true (g_variant_is_of_type (value, type));
          g_assert_cmpmem (g_variant_get_data (value), g_variant_get_size (value), bytes, length);
          again = cfut_small_pack (value);
          g_assert_cmpmem (again.bytes, length, bytes, length);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/body/values", test_values);
  g_test_add_func ("/body/small", test_small);
  g_test_add_func ("/body/wrong-sizes", test_wrong_sizes);
  g_test_add_func ("/body/not-normal", test_not_normal);
  g_test_add_func ("/body/plain-is-not-looked-at", test_plain_is_not_looked_at);
  g_test_add_func ("/body/variant-depth", test_variant_depth);
  g_test_add_func ("/body/variant-types", test_variant_types);
  g_test_add_func ("/body/bombs-cost-little", test_bombs_cost_little);
  g_test_add_func ("/body/end-of-page", test_end_of_page);
  g_test_add_func ("/body/random-bodies", test_random_bodies);
  g_test_add_func ("/body/declared-types", test_declared_types);

  return g_test_run ();
}
