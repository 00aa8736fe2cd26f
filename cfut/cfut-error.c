/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-error-private.h"

/*
 * G_DEFINE_EXTENDED_ERROR would call the domain otherwise than bindings look for
 * it, hence all of it here.
 */
typedef struct
{
  char *name;      /* (owned) (nullable) */
  char *traceback; /* (owned) (nullable) */
  GBytes *payload; /* (owned) (nullable) */
  GValue *value;   /* (owned) (nullable) an atomic box, shared by copies */
} CfutErrorPrivate;

/* The private data of an error ends where the error begins, aligned as GLib
 * aligns it. */
#define PRIVATE_ALIGNMENT (2 * sizeof (gsize))
#define PRIVATE_OFFSET \
  ((sizeof (CfutErrorPrivate) + PRIVATE_ALIGNMENT - 1) / PRIVATE_ALIGNMENT * PRIVATE_ALIGNMENT)

static CfutErrorPrivate *
get_private (const GError *error)
{
  return (CfutErrorPrivate *) ((guint8 *) error - PRIVATE_OFFSET);
}

static void
private_init (GError *error)
{
  *get_private (error) = (CfutErrorPrivate) { NULL, NULL, NULL, NULL };
}

static void
private_copy (const GError *source,
              GError       *copy)
{
  const CfutErrorPrivate *from = get_private (source);
  CfutErrorPrivate *to = get_private (copy);

  to->name = g_strdup (from->name);
  to->traceback = g_strdup (from->traceback);
  to->payload = from->payload != NULL ? g_bytes_ref (from->payload) : NULL;
  to->value = from->value != NULL ? g_atomic_rc_box_acquire (from->value) : NULL;
}

static void
release_value (GValue *value)
{
  g_atomic_rc_box_release_full (value, (GDestroyNotify) g_value_unset);
}

static void
private_clear (GError *error)
{
  CfutErrorPrivate *self = get_private (error);

  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->traceback, g_free);
  g_clear_pointer (&self->payload, g_bytes_unref);
  g_clear_pointer (&self->value, release_value);
}

/**
 * cfut_error_quark:
 *
 * The error domain of cfut, as a number: what `CFUT_ERROR` stands for.
 *
 * Returns: a quark
 *
 * Since: 1.0
 */
GQuark
cfut_error_quark (void)
{
  static gsize domain;

  if (g_once_init_enter (&domain))
    g_once_init_leave (&domain,
                       g_error_domain_register_static ("cfut-error-quark",
                                                       sizeof (CfutErrorPrivate),
                                                       private_init, private_copy, private_clear));

  return domain;
}

/* GLib takes the domain of an error for its layout. So the domain is to be known
 * before anybody makes an error of it by its name, as bindings do. */
__attribute__ ((constructor)) static void
register_domain (void)
{
  cfut_error_quark ();
}

G_DEFINE_ENUM_TYPE (CfutError, cfut_error,
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_QUEUE_FULL, "queue-full"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_WORKER_DIED, "worker-died"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_BROKEN, "broken"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_SHUTDOWN, "shutdown"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_UNKNOWN_FUNCTION, "unknown-function"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_PROTOCOL, "protocol"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_START_FAILED, "start-failed"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_WOULD_DEADLOCK, "would-deadlock"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_REMOTE, "remote"))

static gboolean
is_empty (const char *text)
{
  return text == NULL || text[0] == '\0';
}

/* Runs in: any thread. Locks: none. */
GError *
cfut_error_new_remote (const char *name,
                       const char *message,
                       const char *traceback,
                       GBytes     *payload)
{
  GError *self;

  if (is_empty (name))
    self = g_error_new_literal (CFUT_ERROR, CFUT_ERROR_REMOTE, message != NULL ? message : "");
  else if (is_empty (message))
    self = g_error_new_literal (CFUT_ERROR, CFUT_ERROR_REMOTE, name);
  else
    self = g_error_new (CFUT_ERROR, CFUT_ERROR_REMOTE, "%s: %s", name, message);

  cfut_error_set_remote (self, name, traceback, payload);

  return self;
}

/* Runs in: any thread. Locks: none. */
GError *
cfut_error_new_broken (const char   *prefix,
                       const GError *reason)
{
  GError *self = g_error_new (CFUT_ERROR, CFUT_ERROR_BROKEN, "%s%s", prefix, reason->message);

  cfut_error_set_remote (self,
                         cfut_error_get_remote_name (reason),
                         cfut_error_get_remote_traceback (reason),
                         cfut_error_get_remote_payload (reason));

  return self;
}

/* Runs in: any thread. Locks: none. */
void
cfut_error_set_remote (GError     *self,
                       const char *name,
                       const char *traceback,
                       GBytes     *payload)
{
  CfutErrorPrivate *priv = get_private (self);

  g_assert (self->domain == CFUT_ERROR);

  private_clear (self);
  if (!is_empty (name))
    priv->name = g_strdup (name);
  if (!is_empty (traceback))
    priv->traceback = g_strdup (traceback);
  if (payload != NULL && g_bytes_get_size (payload) > 0)
    priv->payload = g_bytes_ref (payload);
}

/* Runs in: any thread. Locks: none. */
const char *
cfut_error_get_remote_name (const GError *self)
{
  return self->domain == CFUT_ERROR ? get_private (self)->name : NULL;
}

/* Runs in: any thread. Locks: none. */
const char *
cfut_error_get_remote_traceback (const GError *self)
{
  return self->domain == CFUT_ERROR ? get_private (self)->traceback : NULL;
}

/* Runs in: any thread. Locks: none. */
GBytes *
cfut_error_get_remote_payload (const GError *self)
{
  return self->domain == CFUT_ERROR ? get_private (self)->payload : NULL;
}

/* Runs in: any thread. Locks: none. */
void
cfut_error_take_remote_value (GError *self,
                              GValue *value)
{
  CfutErrorPrivate *priv = get_private (self);

  g_assert (self->domain == CFUT_ERROR && priv->value == NULL);

  priv->value = g_atomic_rc_box_new (GValue);
  *priv->value = *value;
  *value = (GValue) G_VALUE_INIT;
}

/* Runs in: any thread. Locks: none. */
const GValue *
cfut_error_get_remote_value (const GError *self)
{
  return self->domain == CFUT_ERROR ? get_private (self)->value : NULL;
}
