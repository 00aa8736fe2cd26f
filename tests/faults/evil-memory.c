/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "evil.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is done to the memory that is shared with the parent. */

enum
{
  CLAIMS_TRUNCATE,
  CLAIMS_GROW,
  CLAIMS_PUNCH,
  CLAIMS_GARBAGE,
};

EVIL_ACT (spoil_claims)
{
  int fd = cfut_claims_get_fd (self->claims);
  struct stat info;
  guint32 *words;

  g_assert_cmpint (fstat (fd, &info), ==, 0);
  words = mmap (NULL, info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (words != MAP_FAILED);

  switch (number)
    {
    case CLAIMS_TRUNCATE:
      g_assert_cmpint (ftruncate (fd, 0), !=, 0);
      break;

    case CLAIMS_GROW:
      g_assert_cmpint (ftruncate (fd, 2 * info.st_size), !=, 0);
      break;

    case CLAIMS_PUNCH:
      fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, info.st_size);
      break;

    case CLAIMS_GARBAGE:
    default:
      /* All but the bodies. */
      for (gsize i = 0; i < ((gsize) info.st_size - 2 * CFUT_ARENA_LARGE_CAPACITY) / sizeof *words; i++)
        words[i] = g_random_int ();
      break;
    }

  munmap (words, info.st_size);
  evil_send_pid (self, answer);
}

const EvilMode evil_memory_modes[] = {
  { "claims", spoil_claims },
  { NULL, NULL },
};
