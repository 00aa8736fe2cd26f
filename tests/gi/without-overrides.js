// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Imported before what introspection alone is to give: where cfut is installed,
// it has an override. Those of GJS itself are taken before.

import 'gi://Gio';
import 'gi://GLib';
import 'gi://GObject';

imports.overrides.searchPath.splice(0);
