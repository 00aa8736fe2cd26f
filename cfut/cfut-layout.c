/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-layout-private.h"

static gsize
align_up (gsize offset,
          gsize alignment)
{
  return (offset + alignment - 1) & ~(alignment - 1);
}

/* The layout of a tuple or dictionary entry. */
static CfutLayout
get_members_layout (const GVariantType *type)
{
  const GVariantType *member = g_variant_type_first (type);
  CfutLayout layout = { 0, 1, TRUE };
  gsize size = 0;

  /* A tuple of nothing is one zero byte. */
  if (member == NULL)
    return (CfutLayout) { 1, 1, FALSE };

  for (; member != NULL; member = g_variant_type_next (member))
    {
      CfutLayout inner = cfut_layout_get (member);
      gsize offset = align_up (size, inner.alignment);

      if (inner.size == 0)
        return inner;

      layout.alignment = MAX (layout.alignment, inner.alignment);
      layout.plain = layout.plain && inner.plain && offset == size;
      size = offset + inner.size;
    }

  layout.size = align_up (size, layout.alignment);
  layout.plain = layout.plain && layout.size == size;

  return layout;
}

CfutLayout
cfut_layout_get (const GVariantType *type)
{
  switch (g_variant_type_peek_string (type)[0])
    {
    case 'y':
      return (CfutLayout) { 1, 1, TRUE };

    case 'b':
      return (CfutLayout) { 1, 1, FALSE };

    case 'n':
    case 'q':
      return (CfutLayout) { 2, 2, TRUE };

    case 'i':
    case 'u':
    case 'h':
      return (CfutLayout) { 4, 4, TRUE };

    case 'x':
    case 't':
    case 'd':
      return (CfutLayout) { 8, 8, TRUE };

    case '(':
    case '{':
      return get_members_layout (type);

    default:
      return (CfutLayout) { 0, 1, FALSE };
    }
}
