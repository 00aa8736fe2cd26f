/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-future-private.h"

/*
 * Results that are bytes: arrays of type `ay`, read without a copy.
 */

/* The result, borrowed; NULL if it is not there, or not bytes. */
static GVariant *
peek_bytestring (CfutFuture *self)
{
  CfutState *state = cfut_future_get_cfut_state (self);
  GVariant *variant;

  if (!cfut_state_is_final (state))
    return NULL;

  variant = cfut_state_peek_variant (state);
  if (variant == NULL || !g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING))
    return NULL;

  return variant;
}

/**
 * cfut_future_get_data:
 * @self: a future
 * @length: (out): return location for the number of bytes
 *
 * Gets the bytes that a call has resulted in, if it is done and its result is an
 * array of bytes, `ay`.
 *
 * They are not copied in C; bindings make a value of their own of them. May be
 * called from any thread, and does not wait.
 *
 * Bindings may give the same for no bytes and for %NULL:
 * [method@Cfut.Future.get_state] tells them apart.
 *
 * Returns: (transfer none) (array length=length) (element-type guint8) (nullable):
 *   the bytes, which are valid as long as the future is, and not %NULL even if
 *   there are none; %NULL if the future is not done, or its result is something
 *   else
 *
 * Since: 1.0
 */
const guint8 *
cfut_future_get_data (CfutFuture *self,
                      gsize      *length)
{
  GVariant *variant;
  const guint8 *data;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);

  *length = 0;
  variant = peek_bytestring (self);
  if (variant == NULL)
    return NULL;

  *length = g_variant_get_size (variant);
  data = g_variant_get_data (variant);

  return data != NULL ? data : (const guint8 *) "";
}

/**
 * cfut_future_get_short_data:
 * @self: a future
 * @max_length: how many bytes there may be at most
 * @length: (out): return location for the number of bytes
 *
 * Gets the bytes that a call has resulted in, if there are not too many.
 *
 * It is [method@Cfut.Future.get_data] for bindings that copy what they are given,
 * and get what is large by [method@Cfut.Future.dup_bytes].
 *
 * Returns: (transfer none) (array length=length) (element-type guint8) (nullable):
 *   as of [method@Cfut.Future.get_data]; %NULL also if there are more than @max_length
 *
 * Since: 1.0
 */
const guint8 *
cfut_future_get_short_data (CfutFuture *self,
                            gsize       max_length,
                            gsize      *length)
{
  const guint8 *data = cfut_future_get_data (self, length);

  if (data != NULL && *length > max_length)
    {
      *length = 0;
      return NULL;
    }

  return data;
}

/**
 * cfut_future_dup_bytes:
 * @self: a future
 *
 * Gets the bytes that a call has resulted in, if it is done and its result is an
 * array of bytes, `ay`.
 *
 * They are not copied, and stay when the future goes. May be called from any
 * thread, and does not wait.
 *
 * Returns: (transfer full) (nullable): the bytes; %NULL if the future is not
 *   done, or its result is something else
 *
 * Since: 1.0
 */
GBytes *
cfut_future_dup_bytes (CfutFuture *self)
{
  GVariant *variant;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  variant = peek_bytestring (self);

  return variant != NULL ? g_variant_get_data_as_bytes (variant) : NULL;
}
