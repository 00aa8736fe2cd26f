/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-future-private.h"

/*
 * Whether anybody is connected to the notify signal of a future.
 *
 * It is asked twice a call, in the thread that runs it. To ask GObject takes the lock
 * of all signals, which the thread that frees futures takes too, and so the two wait
 * for each other's CPU. But an object keeps a mark of its own that it has had a
 * handler, by which GObject itself leaves out to emit the signal. Where on this GLib
 * the mark is, and whether there is one at all, is found out by connecting to a plain
 * object; if that tells nothing, GObject is asked each time.
 */

/* What lies between the members that GObject declares. */
#define MARKS_OFFSET (G_STRUCT_OFFSET (GObject, ref_count) + sizeof (guint))
#define HAS_MARKS    (G_STRUCT_OFFSET (GObject, qdata) >= MARKS_OFFSET + sizeof (int))

/* All below: set once, by cfut_future_learn_listeners(). */
static guint notify_signal_id;
static int listener_marks; /* 0 if unknown */

static int
get_marks (gpointer object)
{
  return HAS_MARKS ? g_atomic_int_get ((int *) G_STRUCT_MEMBER_P (object, MARKS_OFFSET)) : 0;
}

static void
ignore_notify (GObject    *object,
               GParamSpec *pspec,
               gpointer    user_data)
{
}

/* The marks that a handler of @signal leaves. */
static int
learn (const char *signal)
{
  g_autoptr(GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  int before = get_marks (object);

  g_signal_connect (object, signal, G_CALLBACK (ignore_notify), NULL);

  return get_marks (object) & ~before;
}

/* Runs in: the thread that makes the class. Locks: none. */
void
cfut_future_learn_listeners (void)
{
  notify_signal_id = g_signal_lookup ("notify", G_TYPE_OBJECT);
  listener_marks = learn ("notify") & learn ("notify::name");
}

/* Runs in: any thread. Locks: none, but perhaps that of signals. */
gboolean
cfut_future_has_listener (CfutFuture *self)
{
  if (listener_marks != 0 && !(get_marks (self) & listener_marks))
    return FALSE;

  return g_signal_handler_find (self, G_SIGNAL_MATCH_ID, notify_signal_id,
                                0, NULL, NULL, NULL) != 0;
}
