/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * To be preloaded: every so often a read or a write of a socket or pipe does one
 * byte of what it was asked for. CFUT_TEST_SHORT has the function, the first of its calls
 * that is short, and how many there are from each such call to the next: "sendmsg 7 50".
 * Calls of all threads are counted together.
 */
static char function[16];
static unsigned int first, stride;
static unsigned int n_calls; /* atomic */

__attribute__ ((constructor)) static void
read_environment (void)
{
  const char *text = getenv ("CFUT_TEST_SHORT");
  size_t length;
  char *end;

  if (text == NULL)
    return;

  length = strcspn (text, " ");
  if (length >= sizeof function)
    abort ();
  memcpy (function, text, length);
  first = strtoul (text + length, &end, 10);
  stride = strtoul (end, NULL, 10);
}

static int
is_short (const char *name,
          int         fd)
{
  struct stat info;
  unsigned int n;

  if (stride == 0 || strcmp (name, function) != 0 || fstat (fd, &info) != 0 ||
      (!S_ISSOCK (info.st_mode) && !S_ISFIFO (info.st_mode)))
    return 0;

  n = __atomic_add_fetch (&n_calls, 1, __ATOMIC_RELAXED);

  return n >= first && (n - first) % stride == 0;
}

#define NEXT(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))
#define LENGTH(name, length) ((length) > 1 && is_short (#name, fd) ? 1 : (length))

ssize_t
read (int     fd,
      void   *buffer,
      size_t  length)
{
  return NEXT (read) (fd, buffer, LENGTH (read, length));
}

ssize_t
write (int         fd,
       const void *buffer,
       size_t      length)
{
  return NEXT (write) (fd, buffer, LENGTH (write, length));
}

ssize_t
recv (int     fd,
      void   *buffer,
      size_t  length,
      int     flags)
{
  return NEXT (recv) (fd, buffer, LENGTH (recv, length), flags);
}

ssize_t
send (int         fd,
      const void *buffer,
      size_t      length,
      int         flags)
{
  return NEXT (send) (fd, buffer, LENGTH (send, length), flags);
}

/* The same of a message that has more than one byte, and no descriptors. */
static struct msghdr
shorten (const struct msghdr *message,
         struct iovec        *byte)
{
  struct msghdr copy = *message;

  if (message->msg_iovlen > 0 && message->msg_iov[0].iov_len > 0 && message->msg_controllen == 0)
    {
      *byte = (struct iovec) { message->msg_iov[0].iov_base, 1 };
      copy.msg_iov = byte;
      copy.msg_iovlen = 1;
    }

  return copy;
}

ssize_t
recvmsg (int            fd,
         struct msghdr *message,
         int            flags)
{
  struct iovec byte;
  struct msghdr copy;
  ssize_t n;

  if (!is_short ("recvmsg", fd))
    return NEXT (recvmsg) (fd, message, flags);

  copy = shorten (message, &byte);
  n = NEXT (recvmsg) (fd, &copy, flags);
  message->msg_flags = copy.msg_flags;
  message->msg_controllen = copy.msg_controllen;
  message->msg_namelen = copy.msg_namelen;

  return n;
}

ssize_t
sendmsg (int                  fd,
         const struct msghdr *message,
         int                  flags)
{
  struct iovec byte;
  struct msghdr copy;

  if (!is_short ("sendmsg", fd))
    return NEXT (sendmsg) (fd, message, flags);

  copy = shorten (message, &byte);

  return NEXT (sendmsg) (fd, &copy, flags);
}
