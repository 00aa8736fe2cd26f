/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory/cfut-segment-private.h"
#include "test-support.h"

#define MIB ((gsize) 1 << 20)

static CfutExtent
allocate (gsize size)
{
  CfutExtent extent;

  g_assert_true (cfut_segment_allocate (size, &extent));
  memset (extent.data, 1, size);

  return extent;
}

static void
test_find (void)
{
  TestCensus census;
  CfutExtent a, b, large;
  gsize offset_a, offset_b, offset;
  guint64 id;
  char own[100] = "";

  g_test_summary ("Bytes are found in the segment that has all of them, and in no other");

  test_census_take (&census);
  g_assert_false (cfut_segment_exist_any ());
  g_assert_cmpuint (cfut_segment_find (own, 1, &offset), ==, 0);
  a = allocate (100000);
  b = allocate (100000);
  large = allocate (40 * MIB);
  id = cfut_segment_find (a.data, 100000, &offset_a);
  g_assert_cmpuint (id, !=, 0);
  g_assert_cmpuint (cfut_segment_find (b.data + 5, 99995, &offset_b), ==, id);
  g_assert_cmpuint (offset_b - offset_a, ==, (gsize) (b.data - a.data) + 5);
  g_assert_cmpuint (cfut_segment_find (large.data, 40 * MIB, &offset), !=, id);
  g_assert_cmpuint (offset, ==, 0);
  g_assert_cmpuint (cfut_segment_find (large.data, 40 * MIB + 1, &offset), ==, 0);
  g_assert_cmpuint (cfut_segment_find (large.data + 1, 40 * MIB, &offset), ==, 0);
  g_assert_cmpuint (cfut_segment_find (large.data, G_MAXSIZE, &offset), ==, 0);
  g_assert_cmpuint (cfut_segment_find (own, sizeof own, &offset), ==, 0);

  cfut_segment_free (&a);
  g_assert_true (cfut_segment_exists (id));
  cfut_segment_free (&b);
  g_assert_false (cfut_segment_exists (id));
  cfut_segment_free (&large);
  g_assert_false (cfut_segment_exist_any ());
  test_census_check (&census);
}

static void
test_read_only (void)
{
  CfutExtent extent = allocate (MIB);
  gsize offset, size;
  int fd = cfut_segment_dup_fd (cfut_segment_find (extent.data, MIB, &offset), &size);
  guint8 *memory;

  g_test_summary ("Who has a segment's descriptor reads what is there, and can neither write nor cut nor unseal it");

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  g_assert_cmpint (write (fd, "x", 1), <, 0);
  g_assert_cmpint (ftruncate (fd, 0), !=, 0);
  g_assert_cmpint (ftruncate (fd, 2 * size), !=, 0);
  memory = mmap (NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  g_assert_true (memory != MAP_FAILED);
  g_assert_cmpint (mprotect (memory, size, PROT_READ | PROT_WRITE), !=, 0);
  g_assert_cmpuint (memory[offset + 77], ==, 1);
  extent.data[77] = 2;
  g_assert_cmpuint (memory[offset + 77], ==, 2);
  munmap (memory, size);
  close (fd);
  cfut_segment_free (&extent);
}

static void
ring_cb (gpointer data)
{
  int *n_rings = data;

  ++*n_rings;
}

static void
test_kept (void)
{
  CfutExtent extent;
  int n_rings = 0, others = 0;
  guint8 *data;
  guint n_gone;

  g_test_summary ("What is empty waits for the next use while somebody is at work, and is gone when nobody is");

  cfut_segment_add_keeper (ring_cb, &n_rings);
  cfut_segment_add_keeper (ring_cb, &others);
  extent = allocate (MIB);
  data = extent.data;
  cfut_segment_free (&extent);
  g_assert_true (cfut_segment_exist_any ());
  g_assert_cmpint (n_rings, ==, 1);
  extent = allocate (MIB);
  g_assert_true (extent.data == data);
  cfut_segment_free (&extent);

  n_gone = cfut_segment_get_n_gone ();
  cfut_segment_set_idle (&n_rings, TRUE);
  g_assert_true (cfut_segment_exist_any ());
  cfut_segment_remove_keeper (&others);
  g_assert_false (cfut_segment_exist_any ());
  g_assert_cmpuint (cfut_segment_get_n_gone (), ==, n_gone + 1);
  g_assert_cmpint (n_rings, ==, 3);

  extent = allocate (MIB);
  cfut_segment_free (&extent);
  g_assert_false (cfut_segment_exist_any ());

  cfut_segment_set_idle (&n_rings, FALSE);
  extent = allocate (MIB);
  cfut_segment_free (&extent);
  g_assert_true (cfut_segment_exist_any ());
  cfut_segment_remove_keeper (&n_rings);
  g_assert_false (cfut_segment_exist_any ());
}

static void
test_not_kept_for_ever (void)
{
  CfutExtent extents[20];
  TestCensus census;
  int n_rings = 0;

  g_test_summary ("Only so much is kept that is empty");

  test_census_take (&census);
  cfut_segment_add_keeper (ring_cb, &n_rings);
  for (guint i = 0; i < G_N_ELEMENTS (extents); i++)
    g_assert_true (cfut_segment_allocate (32 * MIB, &extents[i]));
  for (guint i = 0; i < G_N_ELEMENTS (extents); i++)
    cfut_segment_free (&extents[i]);
  g_assert_cmpuint (test_count_fds (), <=, census.n_fds + 8);
  cfut_segment_remove_keeper (&n_rings);
  test_census_check (&census);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/segment/find", test_find);
  g_test_add_func ("/segment/read-only", test_read_only);
  g_test_add_func ("/segment/kept", test_kept);
  g_test_add_func ("/segment/not-kept-for-ever", test_not_kept_for_ever);

  return g_test_run ();
}
