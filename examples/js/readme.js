// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Cfut from 'gi://Cfut?version=1';

const executor = new Cfut.ProcessExecutor({maxWorkers: 4});
print(await executor.run((a, b) => a * b, 6, 7));
