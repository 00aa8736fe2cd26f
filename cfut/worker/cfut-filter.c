/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "worker/cfut-filter-private.h"

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* A rule holds if all its comparisons do; several of one system call are
 * alternatives. Names that a machine does not have are nothing to it. */
typedef struct
{
  const char *name;
  guint n_comparisons;
  struct scmp_arg_cmp comparisons[2];
} Rule;

#define ARG(n, op, ...) { n, SCMP_CMP_##op, __VA_ARGS__ }
#define ANY(name)       { name, 0, { { 0 } } }

/* Where clone() has its flags. */
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

/* Not every C library has it. */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

/* What a process calls itself where others have numbers. */
#define SELF 0

static const char * const allowed[] = {
  /* memory */
  "brk", "mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "mincore", "msync",
  "mlock", "mlock2", "munlock", "membarrier", "memfd_create",
  /* threads */
  "futex", "futex_time64", "futex_waitv", "set_robust_list", "rseq", "sched_yield",
  "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
  "sched_get_priority_min", "getcpu", "gettid", "set_tid_address", "exit", "exit_group",
  "restart_syscall",
  /* signals of its own */
  "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigpending", "rt_sigsuspend",
  "rt_sigtimedwait", "rt_sigtimedwait_time64", "sigaltstack", "pause",
  /* time */
  "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "clock_nanosleep",
  "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "times", "alarm", "getitimer",
  "setitimer", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime",
  "timer_gettime64", "timer_settime", "timer_settime64", "timerfd_create", "timerfd_gettime",
  "timerfd_gettime64", "timerfd_settime", "timerfd_settime64",
  /* what is open */
  "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
  "pwritev2", "lseek", "_llseek", "close", "close_range", "dup", "dup2", "dup3", "fstat",
  "fstat64", "fstatfs", "fstatfs64", "fsync", "fdatasync", "ftruncate", "ftruncate64",
  "fallocate", "fadvise64", "fadvise64_64", "getdents", "getdents64", "poll", "ppoll",
  "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64", "epoll_create",
  "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd",
  "eventfd2", "pipe", "pipe2", "recv", "recvfrom", "recvmsg", "recvmmsg", "send", "sendto",
  "sendmsg", "sendmmsg", "shutdown", "getsockopt", "setsockopt", "getsockname", "getpeername",
  /* what it is, and where */
  "getpid", "getppid", "getpgrp", "getpgid", "getsid", "getuid", "getuid32", "geteuid",
  "geteuid32", "getgid", "getgid32", "getegid", "getegid32", "getresuid", "getresuid32",
  "getresgid", "getresgid32", "getgroups", "getgroups32", "getrlimit", "ugetrlimit", "setrlimit",
  "getrusage", "getpriority", "sysinfo", "uname", "umask", "getrandom", "wait4", "waitid",
};

/* With these arguments only. Of what is not in the table of errors below any
 * other use kills. */
static const Rule allowed_so[] = {
  { "clone", 1, { ARG (CLONE_FLAGS, MASKED_EQ, CLONE_THREAD, CLONE_THREAD) } },
  /* The handler that notes is here to stay. */
  { "rt_sigaction", 1, { ARG (0, NE, SIGSYS) } },
  { "rt_sigaction", 1, { ARG (1, EQ, 0) } },
  { "newfstatat", 1, { ARG (3, MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
  { "fstatat64", 1, { ARG (3, MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
  { "statx", 1, { ARG (2, MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
  { "prctl", 1, { ARG (0, EQ, PR_SET_NAME) } },
  { "prctl", 1, { ARG (0, EQ, PR_GET_NAME) } },
  { "prlimit64", 1, { ARG (0, EQ, SELF) } },
  { "sched_setaffinity", 1, { ARG (0, EQ, SELF) } },
};

/* Commands of fcntl() and ioctl(). None of those that have signals sent to
 * whomever, or put words into a terminal. */
static const guint64 fcntl_commands[] = {
  F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GET_SEALS, F_ADD_SEALS,
  F_GETPIPE_SZ,
};
static const guint64 ioctl_commands[] = {
  TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX,
};

/* To the process itself, which they name first. */
static const char * const allowed_to_self[] = {
  "kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
};

typedef struct
{
  Rule rule;
  int code;
} Refusal;

static const Refusal refused[] = {
  /* Files, to read. To write kills. */
  { { "open", 1, { ARG (1, MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY) } }, EACCES },
  { { "openat", 1, { ARG (2, MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY) } }, EACCES },
  { ANY ("stat"), EACCES }, { ANY ("stat64"), EACCES }, { ANY ("lstat"), EACCES },
  { ANY ("lstat64"), EACCES }, { ANY ("statfs"), EACCES }, { ANY ("statfs64"), EACCES },
  { { "newfstatat", 1, { ARG (3, MASKED_EQ, AT_EMPTY_PATH, 0) } }, EACCES },
  { { "fstatat64", 1, { ARG (3, MASKED_EQ, AT_EMPTY_PATH, 0) } }, EACCES },
  { { "statx", 1, { ARG (2, MASKED_EQ, AT_EMPTY_PATH, 0) } }, EACCES },
  { ANY ("access"), EACCES }, { ANY ("faccessat"), EACCES }, { ANY ("faccessat2"), EACCES },
  { ANY ("readlink"), EACCES }, { ANY ("readlinkat"), EACCES }, { ANY ("getcwd"), EACCES },
  /* What others have. */
  { { "prlimit64", 1, { ARG (0, NE, SELF) } }, EPERM },
  { { "sched_setaffinity", 1, { ARG (0, NE, SELF) } }, EPERM },
  { ANY ("sched_setscheduler"), EPERM }, { ANY ("sched_setparam"), EPERM },
  { ANY ("sched_setattr"), EPERM }, { ANY ("setpriority"), EPERM }, { ANY ("capget"), EPERM },
  /* What this does not know all of. */
  { { "prctl", 1, { ARG (0, LT, PR_SET_NAME) } }, EINVAL },
  { { "prctl", 1, { ARG (0, GT, PR_GET_NAME) } }, EINVAL },
  { ANY ("arch_prctl"), EINVAL },
  { ANY ("clone3"), ENOSYS }, { ANY ("openat2"), ENOSYS }, { ANY ("io_uring_setup"), ENOSYS },
  { ANY ("get_mempolicy"), ENOSYS }, { ANY ("set_mempolicy"), ENOSYS }, { ANY ("mbind"), ENOSYS },
};

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (scmp_filter_ctx, seccomp_release, NULL)

/* All below return 0, or a negative errno. */
static int
add_rule (scmp_filter_ctx  filter,
          guint32          action,
          const Rule      *rule)
{
  int number = seccomp_syscall_resolve_name (rule->name);

  if (number == __NR_SCMP_ERROR)
    return 0;

  return seccomp_rule_add_array (filter, action, number, rule->n_comparisons, rule->comparisons);
}

static int
add_names (scmp_filter_ctx     filter,
           const char * const *names,
           guint               n_names,
           const Rule         *pattern)
{
  int result = 0;

  for (guint i = 0; i < n_names && result == 0; i++)
    {
      Rule rule = *pattern;

      rule.name = names[i];
      result = add_rule (filter, SCMP_ACT_ALLOW, &rule);
    }

  return result;
}

static int
add_commands (scmp_filter_ctx  filter,
              const char      *name,
              const guint64   *commands,
              guint            n_commands)
{
  int result = 0;

  for (guint i = 0; i < n_commands && result == 0; i++)
    {
      const Rule rule = { name, 1, { ARG (1, EQ, commands[i]) } };

      result = add_rule (filter, SCMP_ACT_ALLOW, &rule);
    }

  return result;
}

static int
add_rules (scmp_filter_ctx filter)
{
  const Rule any = ANY (NULL);
  const Rule self = { NULL, 1, { ARG (0, EQ, getpid ()) } };
  int result = add_names (filter, allowed, G_N_ELEMENTS (allowed), &any);

  if (result == 0)
    result = add_names (filter, allowed_to_self, G_N_ELEMENTS (allowed_to_self), &self);
  if (result == 0)
    result = add_commands (filter, "fcntl", fcntl_commands, G_N_ELEMENTS (fcntl_commands));
  if (result == 0)
    result = add_commands (filter, "fcntl64", fcntl_commands, G_N_ELEMENTS (fcntl_commands));
  if (result == 0)
    result = add_commands (filter, "ioctl", ioctl_commands, G_N_ELEMENTS (ioctl_commands));
  for (guint i = 0; i < G_N_ELEMENTS (allowed_so) && result == 0; i++)
    result = add_rule (filter, SCMP_ACT_ALLOW, &allowed_so[i]);
  for (guint i = 0; i < G_N_ELEMENTS (refused) && result == 0; i++)
    result = add_rule (filter, SCMP_ACT_ERRNO (refused[i].code), &refused[i].rule);

  return result;
}

/* ---- The note. */

static CfutJournal *journal_of_process;

/* Runs in: whichever thread made the call. The default action is back, and the
 * signal not blocked. */
static void
trapped (int        signum,
         siginfo_t *info,
         gpointer   context)
{
  if (info->si_code == SYS_SECCOMP)
    cfut_journal_note_trap (journal_of_process, info->si_syscall);

  raise (signum);
}

static int
set_handler (CfutJournal *journal)
{
  struct sigaction action = {
    .sa_sigaction = trapped,
    .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER,
  };

  journal_of_process = journal;
  sigemptyset (&action.sa_mask);

  return sigaction (SIGSYS, &action, NULL) == 0 ? 0 : -errno;
}

/* What libraries read when they first need it, and would then make up. */
static void
read_ahead (void)
{
  tzset ();
  g_time_zone_unref (g_time_zone_new_local ());
  g_random_int ();
}

/* Of another architecture nothing is known, not even the numbers. All threads are
 * to have the filter. */
static int
set_attributes (scmp_filter_ctx filter)
{
  int result = seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

  if (result == 0)
    result = seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1);
  if (result == 0)
    result = seccomp_attr_set (filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree */

  return result;
}

/* Runs in: worker's main thread. */
gboolean
cfut_filter_install (CfutJournal  *journal,
                     GError      **error)
{
  g_auto(scmp_filter_ctx) filter = seccomp_init (SCMP_ACT_TRAP);
  int result = filter != NULL ? 0 : -ENOMEM;

  read_ahead ();
  if (result == 0)
    result = set_attributes (filter);
  if (result == 0)
    result = add_rules (filter);
  if (result == 0)
    result = set_handler (journal);
  if (result == 0)
    result = seccomp_load (filter);

  if (result == 0)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "Failed to install a filter of system calls: %s", g_strerror (-result));
  return FALSE;
}

#else /* !HAVE_SECCOMP */

gboolean
cfut_filter_install (CfutJournal  *journal,
                     GError      **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "This worker's cfut was built without libseccomp, and has no filter of system calls");
  return FALSE;
}

#endif
