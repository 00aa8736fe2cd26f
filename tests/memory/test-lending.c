/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gio/gio.h>
#include <string.h>

#include "cfut-error.h"
#include "memory/cfut-buffer-private.h"
#include "memory/cfut-lending-private.h"
#include "wire/cfut-lender-private.h"

#define LARGE 40000

/* A lender of whatever is large; it keeps it in a table. */
typedef struct
{
  GPtrArray *lent; /* (element-type GBytes) */
  guint n_left;    /* how many more it lends */
  guint n_back;    /* how many were given back */
} Desk;

static gboolean
desk_is_ready (gpointer data)
{
  return TRUE;
}

static gboolean
desk_lend (gpointer       data,
           guint64        call,
           GVariant      *bytes,
           CfutLentBytes *lent)
{
  Desk *self = data;

  g_assert_cmpuint (call, ==, 7);
  if (self->n_left == 0)
    return FALSE;

  self->n_left--;
  lent->index = self->lent->len;
  lent->length = g_variant_get_size (bytes);
  g_ptr_array_add (self->lent, g_variant_get_data_as_bytes (bytes));

  return TRUE;
}

static GBytes *
desk_borrow (gpointer              data,
             guint64               call,
             const CfutLentBytes  *lent,
             GError              **error)
{
  Desk *self = data;

  if (lent->index < self->lent->len)
    return g_bytes_ref (self->lent->pdata[lent->index]);

  g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL, "No such thing");
  return NULL;
}

static void
desk_give_back (gpointer             data,
                const CfutLentBytes *lent)
{
  Desk *self = data;

  self->n_back++;
}

static const CfutLender desk_lender = { desk_is_ready, desk_lend, desk_borrow, desk_give_back };

static GVariant *
make_bytes (guint8 value)
{
  guint8 *data = g_malloc (LARGE);

  memset (data, value, LARGE);

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, LARGE, TRUE, g_free, data);
}

/* Through a body and back; @n_lent leaves must have stayed out of it. */
static void
assert_round_trip (GVariant *value,
                   guint     n_lent)
{
  g_autoptr(GVariant) owned = g_variant_ref_sink (value);
  Desk desk = { g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref), 1000, 0 };
  g_autoptr(GByteArray) body = cfut_lender_make_body (&desk_lender, &desk, 7, owned);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) rest = NULL;
  g_autoptr(GVariant) filled = NULL;
  CfutLentBytes lent[CFUT_LENDING_MAX];
  gsize table_size;

  g_assert_cmpuint (desk.lent->len, ==, n_lent);
  if (n_lent == 0)
    {
      g_assert_null (body);
      g_ptr_array_unref (desk.lent);
      return;
    }

  g_assert_cmpuint (body->len, <, g_variant_get_size (owned) - n_lent * (LARGE - 100));
  g_assert_cmpint (cfut_lender_read_table (body->data, body->len, lent, &table_size, &error), ==, (int) n_lent);
  g_assert_no_error (error);
  rest = cfut_frame_body_to_variant (g_variant_get_type (owned), body->data + table_size,
                                     body->len - table_size, FALSE, &error);
  g_assert_no_error (error);
  filled = cfut_lender_fill_value (&desk_lender, &desk, 7, rest, lent, n_lent, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_equal (filled, owned));
  g_assert_cmpuint (desk.n_back, ==, 0);
  g_ptr_array_unref (desk.lent);
}

static void
test_round_trip (void)
{
  GVariantBuilder builder;

  g_test_summary ("Large byte arrays stay out of a body wherever they are in a value, and come back to the same place");

  assert_round_trip (make_bytes (1), 1);
  assert_round_trip (g_variant_new ("(@ay)", make_bytes (1)), 1);
  assert_round_trip (g_variant_new ("(i@ayay@ays)", 5, make_bytes (1), NULL, make_bytes (2), "text"), 2);
  assert_round_trip (g_variant_new ("(sv)", "name", make_bytes (1)), 1);
  assert_round_trip (g_variant_new ("(sv)", "name", g_variant_new ("(@ayv)", make_bytes (1), make_bytes (2))), 2);
  assert_round_trip (g_variant_new_string ("text"), 0);
  assert_round_trip (g_variant_new ("(ay)", NULL), 0);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_add (&builder, "{sv}", "a", make_bytes (1));
  g_variant_builder_add (&builder, "{sv}", "b", g_variant_new_int32 (5));
  g_variant_builder_add (&builder, "{sv}", "c", make_bytes (3));
  assert_round_trip (g_variant_builder_end (&builder), 2);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; i < 20; i++)
    g_variant_builder_add_value (&builder, make_bytes (i));
  assert_round_trip (g_variant_builder_end (&builder), CFUT_LENDING_MAX);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; i < 100; i++)
    g_variant_builder_add_value (&builder, make_bytes (i));
  assert_round_trip (g_variant_builder_end (&builder), 0);
}

static void
test_bad_tables (void)
{
  g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new ("(@ay)", make_bytes (1)));
  Desk desk = { g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref), 1000, 0 };
  g_autoptr(GByteArray) body = cfut_lender_make_body (&desk_lender, &desk, 7, value);
  CfutLentBytes lent[CFUT_LENDING_MAX];
  gsize table_size;

  g_test_summary ("A table that is cut, or not one, is refused");

  for (gsize length = 0; length < CFUT_LENDER_HEAD_SIZE + sizeof *lent; length++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_cmpint (cfut_lender_read_table (body->data, length, lent, &table_size, &error), ==, -1);
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
    }
  for (guint i = 0; i < 8; i++)
    {
      g_autoptr(GError) error = NULL;

      body->data[i] ^= 0x80;
      g_assert_cmpint (cfut_lender_read_table (body->data, body->len, lent, &table_size, &error), ==, -1);
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
      body->data[i] ^= 0x80;
    }
  g_ptr_array_unref (desk.lent);
}

static void
test_bad_places (void)
{
  g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new ("(ayi)", NULL, 5));
  Desk desk = { g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref), 0, 0 };
  const CfutLentBytes tables[][2] = {
    { { .leaf = 1 }, { .leaf = 2 } },          /* there is one */
    { { .leaf = 0 }, { .leaf = 0 } },          /* twice */
    { { .leaf = 1 }, { .leaf = 0 } },          /* not in order */
    { { .leaf = 0, .index = 5 }, { .leaf = 1 } }, /* nothing was lent */
  };
  const guint n_back[] = { 2, 1, 2, 1 };

  g_test_summary ("What is lent for a place that the value does not have is refused, and given back");

  g_ptr_array_add (desk.lent, g_bytes_new_static ("xyz", 3));
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autoptr(GError) error = NULL;

      desk.n_back = 0;
      g_assert_null (cfut_lender_fill_value (&desk_lender, &desk, 7, value, tables[i], 2, &error));
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
      g_assert_cmpuint (desk.n_back, ==, n_back[i]);
    }
  g_ptr_array_unref (desk.lent);
}

static void
test_measure (void)
{
  g_autoptr(CfutBuffer) buffer = cfut_buffer_new (LARGE, NULL);
  g_autoptr(GVariant) shared = cfut_buffer_dup_variant (buffer);
  g_autoptr(GVariant) value = NULL;

  g_test_summary ("Bytes in buffers are told from others");

  value = g_variant_ref_sink (g_variant_new ("(@ay@ayi)", shared, make_bytes (1), 5));
  g_assert_cmpuint (cfut_lending_measure (value), ==, LARGE);
  g_assert_cmpuint (cfut_lending_measure (shared), ==, LARGE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lending/round-trip", test_round_trip);
  g_test_add_func ("/lending/bad-tables", test_bad_tables);
  g_test_add_func ("/lending/bad-places", test_bad_places);
  g_test_add_func ("/lending/measure", test_measure);

  return g_test_run ();
}
