/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Runs a test, and all that it starts, as on a kernel without pidfd_open().
 */
static const struct sock_filter filter[] = {
  BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
  BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
  BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

int
main (int    argc,
      char **argv)
{
  const struct sock_fprog program = { sizeof filter / sizeof filter[0], (struct sock_filter *) filter };

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    {
      printf ("1..0 # SKIP There is no seccomp here\n");
      return EXIT_SUCCESS;
    }

  execv (argv[1], argv + 1);
  perror (argv[1]);

  return EXIT_FAILURE;
}
