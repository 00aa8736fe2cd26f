// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// As much of the platform as the types of cfut need.

declare module 'gi://GObject?version=2.0' {
    namespace GObject {
        class Object {
            connect(signal: string, callback: (...args: any[]) => any): number;
            bind_property(source: string, target: Object, property: string, flags: number): unknown;
        }
    }
    export default GObject;
}

declare module 'gi://GLib?version=2.0' {
    namespace GLib {
        class Error {
            readonly domain: number;
            readonly code: number;
            readonly message: string;
            matches(domain: unknown, code: number): boolean;
        }
        class Variant {
            constructor(type: string, value: unknown);
        }
        class Bytes {}
    }
    export default GLib;
}

declare module 'gi://Gio?version=2.0' {
    namespace Gio {
        class Cancellable {
            cancel(): void;
        }
        interface ListModel {
            get_n_items(): number;
        }
    }
    export default Gio;
}
