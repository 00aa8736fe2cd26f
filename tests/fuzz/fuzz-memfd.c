/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/cfut-claims-private.h"

/*
 * Descriptors that are said to be a page of claims: of whatever kind, size and
 * seals. One is mapped if it is a memfd of the right size whose size can never
 * change, and else not looked at: mapped memory that somebody can take away ends
 * the process when it is touched.
 *
 * This program is linked so that mmap(), with offsets of 64 bits, of the library comes
 * here.
 *
 * Input: kind, seals, how the size differs from a right one, and from which.
 */

#define NEEDED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

void *__real_mmap64 (void  *address,
                     size_t length,
                     int    protection,
                     int    flags,
                     int    fd,
                     off_t  offset);
void *__wrap_mmap64 (void  *address,
                     size_t length,
                     int    protection,
                     int    flags,
                     int    fd,
                     off_t  offset);

static guint n_mapped;

void *
__wrap_mmap64 (void  *address,
               size_t length,
               int    protection,
               int    flags,
               int    fd,
               off_t  offset)
{
  n_mapped++;

  return __real_mmap64 (address, length, protection, flags, fd, offset);
}

typedef enum
{
  KIND_MEMFD,
  KIND_MEMFD_READ_ONLY,
  KIND_MEMFD_UNSEALABLE,
  KIND_MEMFD_HUGE,
  KIND_FILE,
  KIND_PIPE,
  KIND_SOCKET,
  KIND_EVENT,
  KIND_ZERO,
  KIND_DIRECTORY,
  KIND_NONE,
  N_KINDS,
} Kind;

/* How large it is without an arena, and with one of either capacity. */
#define SMALL_SIZE (2 * sizeof (guint32) * CFUT_CLAIMS_N_SLOTS + sizeof (CfutJournal))

enum
{
  FULL,
  SMALL,
  LARGE,
  N_SIZES,
};

static gsize
measure (gsize capacity)
{
  g_autoptr(CfutClaims) claims = cfut_claims_new (capacity, NULL);
  struct stat status;

  g_assert_nonnull (claims);
  g_assert_cmpint (fstat (cfut_claims_get_fd (claims), &status), ==, 0);
  g_assert_cmpuint (status.st_size, >=, SMALL_SIZE);

  return status.st_size;
}

static const gsize *
get_sizes (void)
{
  static gsize sizes[N_SIZES];

  if (sizes[SMALL] == 0)
    {
      sizes[FULL] = measure (CFUT_ARENA_CAPACITY);
      sizes[LARGE] = measure (CFUT_ARENA_LARGE_CAPACITY);
      sizes[SMALL] = SMALL_SIZE;
    }

  return sizes;
}

static gboolean
is_right_size (gsize size)
{
  const gsize *sizes = get_sizes ();

  return size == sizes[SMALL] || size == sizes[FULL] || size == sizes[LARGE];
}

static int
keep_first (int fds[2])
{
  close (fds[1]);

  return fds[0];
}

static int
reopen_read_only (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  int reopened = open (path, O_RDONLY | O_CLOEXEC);

  close (fd);

  return reopened;
}

/* -1 if this system has no such thing. */
static int
make_fd (Kind  kind,
         gsize size,
         int   seals)
{
  int fds[2] = { -1, -1 };
  int fd;

  switch (kind)
    {
    case KIND_MEMFD:
    case KIND_MEMFD_READ_ONLY:
    case KIND_MEMFD_UNSEALABLE:
    case KIND_MEMFD_HUGE:
      fd = memfd_create ("fuzz", MFD_CLOEXEC |
                         (kind == KIND_MEMFD_UNSEALABLE ? 0 : MFD_ALLOW_SEALING) |
                         (kind == KIND_MEMFD_HUGE ? MFD_HUGETLB : 0));
      if (fd < 0)
        return -1;
      if (ftruncate (fd, size) == 0)
        fcntl (fd, F_ADD_SEALS, seals);
      return kind == KIND_MEMFD_READ_ONLY ? reopen_read_only (fd) : fd;

    case KIND_FILE:
      fd = open (g_get_tmp_dir (), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      if (fd >= 0 && ftruncate (fd, size) < 0)
        g_assert_not_reached ();
      return fd;

    case KIND_PIPE:
      g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
      return keep_first (fds);

    case KIND_SOCKET:
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
      return keep_first (fds);

    case KIND_EVENT:
      return eventfd (0, EFD_CLOEXEC);

    case KIND_ZERO:
      return open ("/dev/zero", O_RDWR | O_CLOEXEC);

    case KIND_DIRECTORY:
      return open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    case KIND_NONE:
    case N_KINDS:
    default:
      return -1;
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  FuzzInput input = { data, size };
  Kind kind = fuzz_take_byte (&input) % N_KINDS;
  int seals = fuzz_take_byte (&input) & (NEEDED_SEALS | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
  gint64 more = (gint32) fuzz_take_uint32 (&input);
  gsize right_size = get_sizes ()[fuzz_take_byte (&input) % N_SIZES];
  gsize fd_size = MAX ((gint64) right_size + more, 0);
  g_autoptr(CfutClaims) claims = NULL;
  g_autoptr(GError) error = NULL;
  gboolean proper, writable;
  int fd = make_fd (kind, fd_size, seals);

  proper = fd >= 0 && (kind == KIND_MEMFD || kind == KIND_MEMFD_READ_ONLY) &&
           is_right_size (fd_size) && (seals & NEEDED_SEALS) == NEEDED_SEALS;
  writable = kind == KIND_MEMFD && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) == 0;

  n_mapped = 0;
  claims = cfut_claims_new_take_fd (fd, &error);
  g_assert_cmpuint (n_mapped, ==, proper);
  g_assert_true ((claims != NULL) == (proper && writable));
  g_assert_true ((claims == NULL) == (error != NULL));

  if (claims != NULL)
    {
      g_autoptr(CfutArena) arena = cfut_claims_dup_arena (claims, CFUT_FRAME_FROM_PARENT);
      guint32 slot;

      g_assert_true ((arena != NULL) == (fd_size != SMALL_SIZE));
      g_assert_true (cfut_claims_offer (claims, 1, &slot));
      g_assert_true (cfut_claims_claim (claims, slot, 1));
      g_assert_null (cfut_journal_dup_rest (cfut_claims_get_journal (claims), 0));
    }
  else if (fd >= 0)
    {
      g_assert_cmpint (fcntl (fd, F_GETFD), <, 0);
      g_assert_cmpint (errno, ==, EBADF);
    }

  return 0;
}
