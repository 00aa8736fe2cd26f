/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test-support.h"
#include "wire/cfut-claims-private.h"

#define N_SLOTS CFUT_CLAIMS_N_SLOTS

/* The two ends of one page. */
typedef struct
{
  TestCensus census;
  CfutClaims *manager;
  CfutClaims *worker;
} Page;

static CfutClaims *
open_again (CfutClaims *claims)
{
  g_autoptr(GError) error = NULL;
  CfutClaims *again;

  again = cfut_claims_new_take_fd (fcntl (cfut_claims_get_fd (claims), F_DUPFD_CLOEXEC, 3), &error);
  g_assert_no_error (error);

  return again;
}

static void
page_set_up (Page *self)
{
  g_autoptr(GError) error = NULL;

  test_census_take (&self->census);
  self->manager = cfut_claims_new (CFUT_ARENA_CAPACITY, &error);
  g_assert_no_error (error);
  self->worker = open_again (self->manager);
}

static void
page_tear_down (Page *self)
{
  cfut_claims_free (self->manager);
  cfut_claims_free (self->worker);
  test_census_check (&self->census);
}

static guint32
offer (CfutClaims *manager,
       guint32     generation)
{
  guint32 slot;

  g_assert_true (cfut_claims_offer (manager, generation, &slot));
  g_assert_cmpuint (slot, <, N_SLOTS);

  return slot;
}

static void
test_claim (void)
{
  Page page;
  guint32 slot;

  g_test_summary ("A claimed call is seen as started and cannot be taken back");

  page_set_up (&page);

  slot = offer (page.manager, 5);
  g_assert_false (cfut_claims_is_claimed (page.manager, slot, 5));
  g_assert_false (cfut_claims_claim (page.worker, slot, 6));
  g_assert_true (cfut_claims_claim (page.worker, slot, 5));
  g_assert_false (cfut_claims_claim (page.worker, slot, 5));

  g_assert_true (cfut_claims_is_claimed (page.manager, slot, 5));
  g_assert_false (cfut_claims_is_claimed (page.manager, slot, 6));
  g_assert_false (cfut_claims_revoke (page.manager, slot, 5));

  cfut_claims_set_item (page.worker, slot, 77);
  g_assert_cmpuint (cfut_claims_get_item (page.manager, slot), ==, 77);

  cfut_claims_release (page.manager, slot);
  g_assert_false (cfut_claims_is_claimed (page.manager, slot, 5));
  g_assert_cmpuint (offer (page.manager, 6), ==, slot);
  g_assert_cmpuint (cfut_claims_get_item (page.manager, slot), ==, 0);

  page_tear_down (&page);
}

static void
test_revoke (void)
{
  Page page;
  guint32 slot;

  g_test_summary ("A revoked call cannot be claimed, and its slot is used again once the worker saw it");

  page_set_up (&page);

  slot = offer (page.manager, 5);
  g_assert_false (cfut_claims_revoke (page.manager, slot, 4));
  g_assert_true (cfut_claims_revoke (page.manager, slot, 5));
  g_assert_false (cfut_claims_revoke (page.manager, slot, 5));
  g_assert_false (cfut_claims_is_claimed (page.manager, slot, 5));

  /* It is the worker's to free. */
  cfut_claims_release (page.manager, slot);

  for (guint32 i = 1; i < N_SLOTS; i++)
    g_assert_cmpuint (offer (page.manager, i), !=, slot);
  {
    guint32 none = 12345;

    g_assert_false (cfut_claims_offer (page.manager, 9, &none));
    g_assert_false (cfut_claims_offer (page.manager, 9, &none));
    g_assert_cmpuint (none, ==, 12345);
  }

  g_assert_false (cfut_claims_claim (page.worker, slot, 5));
  g_assert_cmpuint (offer (page.manager, 9), ==, slot);
  g_assert_false (cfut_claims_claim (page.worker, slot, 5));
  g_assert_true (cfut_claims_claim (page.worker, slot, 9));

  page_tear_down (&page);
}

static void
test_generations (void)
{
  g_test_summary ("Calls and attempts near each other have generations of their own");

  for (guint64 call = 1; call < 2000; call++)
    for (guint32 attempt = 1; attempt < 8; attempt++)
      {
        guint32 generation = cfut_claims_get_generation (call, attempt);

        g_assert_cmpuint (generation, <, 1 << 30);
        g_assert_cmpuint (generation, !=, cfut_claims_get_generation (call + 1, attempt));
        g_assert_cmpuint (generation, !=, cfut_claims_get_generation (call, attempt + 1));
      }

  g_assert_cmpuint (cfut_claims_get_generation (G_MAXUINT64, G_MAXUINT32), <, 1 << 30);
}

static void
test_hostile_words (void)
{
  Page page;
  guint32 *words;
  guint32 slot, used[N_SLOTS];

  g_test_summary ("Nonsense in the page breaks neither the manager's books nor its loops");

  page_set_up (&page);
  words = mmap (NULL, N_SLOTS * 8, PROT_READ | PROT_WRITE, MAP_SHARED,
                cfut_claims_get_fd (page.manager), 0);
  g_assert_true (words != MAP_FAILED);

  /* All answered although nothing was asked; then free slots are still free. */
  memset (words, 0xff, N_SLOTS * 8);
  for (guint32 i = 0; i < N_SLOTS; i++)
    used[offer (page.manager, i)] = i;
  g_assert_false (cfut_claims_offer (page.manager, 1, &slot));

  /* "Free" slots of calls that were not answered are not given out. */
  memset (words, 0, N_SLOTS * 8);
  g_assert_false (cfut_claims_offer (page.manager, 1, &slot));

  /* A call that the worker un-claims can be taken back once and no more. */
  for (guint round = 0; round < 3; round++)
    {
      words[2 * 10] = used[10] << 2 | 1;
      g_assert_true (cfut_claims_revoke (page.manager, 10, used[10]) == (round == 0));
    }

  /* Freed behind the manager's back: used again, once. */
  g_assert_false (cfut_claims_offer (page.manager, 7, &slot));
  words[2 * 10] = used[10] << 2;
  g_assert_cmpuint (offer (page.manager, 7), ==, 10);
  g_assert_false (cfut_claims_offer (page.manager, 7, &slot));

  /* Released twice: used again, once. */
  cfut_claims_release (page.manager, 10);
  cfut_claims_release (page.manager, 10);
  g_assert_cmpuint (offer (page.manager, 8), ==, 10);
  g_assert_false (cfut_claims_offer (page.manager, 8, &slot));

  words[1] = G_MAXUINT32;
  g_assert_cmpuint (cfut_claims_get_item (page.manager, 0), ==, G_MAXUINT32);

  munmap (words, N_SLOTS * 8);
  page_tear_down (&page);
}

static void
test_size_is_sealed (void)
{
  Page page;
  int fd;

  g_test_summary ("No end can change the size of the page under the other");

  page_set_up (&page);
  fd = cfut_claims_get_fd (page.worker);

  g_assert_cmpint (ftruncate (fd, 0), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (ftruncate (fd, 1 << 20), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE), ==, -1);

  page_tear_down (&page);
}

static void
test_bad_descriptors (void)
{
  TestCensus census;
  g_autoptr(GError) error = NULL;
  int fd;

  g_test_summary ("A descriptor that is not a sealed page of the right size is refused, and closed");

  test_census_take (&census);

  g_assert_null (cfut_claims_new_take_fd (-1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);

  fd = open ("/dev/zero", O_RDWR | O_CLOEXEC);
  g_assert_null (cfut_claims_new_take_fd (fd, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);

  /* Right size, not sealed; sealed, wrong size. */
  fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  g_assert_cmpint (ftruncate (fd, N_SLOTS * 8), ==, 0);
  g_assert_null (cfut_claims_new_take_fd (fd, NULL));

  fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  g_assert_cmpint (ftruncate (fd, N_SLOTS * 8 + 1), ==, 0);
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), ==, 0);
  g_assert_null (cfut_claims_new_take_fd (fd, NULL));

  test_census_check (&census);
}

/* What becomes of a new page when @resource is used up. */
static void
assert_limited (int resource,
                int code)
{
  g_autoptr(GError) error = NULL;
  struct rlimit before, none;

  g_assert_cmpint (getrlimit (resource, &before), ==, 0);
  none = before;
  none.rlim_cur = 0;

  g_assert_cmpint (setrlimit (resource, &none), ==, 0);
  g_assert_null (cfut_claims_new (CFUT_ARENA_CAPACITY, &error));
  g_assert_cmpint (setrlimit (resource, &before), ==, 0);

  g_assert_error (error, G_IO_ERROR, code);
}

static void
test_limits (void)
{
  TestCensus census;

  g_test_summary ("Without descriptors or room for files there is an error and not a crash");

  test_census_take (&census);
  assert_limited (RLIMIT_NOFILE, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  signal (SIGXFSZ, SIG_IGN);
  assert_limited (RLIMIT_FSIZE, G_IO_ERROR_FAILED);
  signal (SIGXFSZ, SIG_DFL);
  test_census_check (&census);
}

/* One who revokes all slots from the last to the first, in a thread. */
typedef struct
{
  CfutClaims *manager;
  const guint32 *slots;
  guint32 generation;
  gboolean won[N_SLOTS];
} Revoker;

static gpointer
revoke_thread (gpointer data)
{
  Revoker *self = data;

  for (guint i = N_SLOTS; i-- > 0;)
    self->won[i] = cfut_claims_revoke (self->manager, self->slots[i], self->generation);

  return NULL;
}

static void
test_race_of_threads (void)
{
  Page page;

  g_test_summary ("Of a claim and two revokes that race exactly one wins");

  page_set_up (&page);

  for (guint32 generation = 1; generation <= 50; generation++)
    {
      guint32 slots[N_SLOTS];
      Revoker revokers[2];
      GThread *threads[2];
      gboolean claimed[N_SLOTS];

      for (guint i = 0; i < N_SLOTS; i++)
        slots[i] = offer (page.manager, generation);

      for (guint t = 0; t < 2; t++)
        {
          revokers[t] = (Revoker) { page.manager, slots, generation, { 0, } };
          threads[t] = g_thread_new ("revoker", revoke_thread, &revokers[t]);
        }
      for (guint i = 0; i < N_SLOTS; i++)
        claimed[i] = cfut_claims_claim (page.worker, slots[i], generation);
      for (guint t = 0; t < 2; t++)
        g_thread_join (threads[t]);

      for (guint i = 0; i < N_SLOTS; i++)
        {
          g_assert_cmpint (claimed[i] + revokers[0].won[i] + revokers[1].won[i], ==, 1);
          g_assert_true (cfut_claims_is_claimed (page.manager, slots[i], generation) == claimed[i]);

          /* Revoked after the worker had looked is seen at the next look. */
          if (!claimed[i])
            cfut_claims_claim (page.worker, slots[i], generation);
          else
            cfut_claims_release (page.manager, slots[i]);
        }
    }

  page_tear_down (&page);
}

/* The other process: for each byte that comes, claims every slot and answers
 * with which it got. */
static int
run_claimer (void)
{
  g_autoptr(GError) error = NULL;
  CfutClaims *claims = cfut_claims_new_take_fd (3, &error);
  guint8 generation;

  g_assert_no_error (error);

  while (recv (4, &generation, 1, 0) == 1)
    {
      guint8 claimed[N_SLOTS];

      for (guint32 slot = 0; slot < N_SLOTS; slot++)
        claimed[slot] = cfut_claims_claim (claims, slot, generation);
      g_assert_cmpint (send (4, claimed, sizeof claimed, 0), ==, sizeof claimed);
    }

  cfut_claims_free (claims);
  return 0;
}

static void
test_race_of_processes (void)
{
  TestCensus census;
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  CfutClaims *manager;
  guint n_claimed = 0, n_revoked = 0;
  int fds[2];

  g_test_summary ("The same holds when the worker is another process");

  test_census_take (&census);
  manager = cfut_claims_new (CFUT_ARENA_CAPACITY, &error);
  g_assert_no_error (error);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);

  g_subprocess_launcher_take_fd (launcher, fcntl (cfut_claims_get_fd (manager), F_DUPFD_CLOEXEC, 3), 3);
  g_subprocess_launcher_take_fd (launcher, fds[1], 4);
  process = g_subprocess_launcher_spawn (launcher, &error, program, "--claimer", NULL);
  g_assert_no_error (error);
  g_clear_object (&launcher);

  for (guint8 generation = 1; generation <= 100; generation++)
    {
      guint8 claimed[N_SLOTS];
      gboolean revoked[N_SLOTS];

      for (guint i = 0; i < N_SLOTS; i++)
        offer (manager, generation);

      g_assert_cmpint (send (fds[0], &generation, 1, MSG_NOSIGNAL), ==, 1);
      for (guint32 slot = N_SLOTS; slot-- > 0;)
        revoked[slot] = cfut_claims_revoke (manager, slot, generation);
      g_assert_cmpint (recv (fds[0], claimed, sizeof claimed, MSG_WAITALL), ==, sizeof claimed);

      for (guint32 slot = 0; slot < N_SLOTS; slot++)
        {
          g_assert_cmpint (claimed[slot] + revoked[slot], ==, 1);
          n_claimed += claimed[slot];
          n_revoked += revoked[slot];

          if (claimed[slot])
            cfut_claims_release (manager, slot);
        }

      /* Let the worker look once more at those that it met too early. */
      g_assert_cmpint (send (fds[0], &generation, 1, MSG_NOSIGNAL), ==, 1);
      g_assert_cmpint (recv (fds[0], claimed, sizeof claimed, MSG_WAITALL), ==, sizeof claimed);
    }

  g_test_message ("%u claimed, %u revoked", n_claimed, n_revoked);

  close (fds[0]);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
  g_clear_object (&process);
  cfut_claims_free (manager);
  test_census_check (&census);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 2 && g_str_equal (argv[1], "--claimer"))
    return run_claimer ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/claims/claim", test_claim);
  g_test_add_func ("/claims/revoke", test_revoke);
  g_test_add_func ("/claims/generations", test_generations);
  g_test_add_func ("/claims/hostile-words", test_hostile_words);
  g_test_add_func ("/claims/size-is-sealed", test_size_is_sealed);
  g_test_add_func ("/claims/bad-descriptors", test_bad_descriptors);
  g_test_add_func ("/claims/limits", test_limits);
  g_test_add_func ("/claims/race-of-threads", test_race_of_threads);
  g_test_add_func ("/claims/race-of-processes", test_race_of_processes);

  return g_test_run ();
}
