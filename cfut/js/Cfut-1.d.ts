// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Types of cfut for TypeScript. GLib, GObject and Gio are those of whoever makes
// such types for GJS, for example @girs.

declare module 'gi://Cfut?version=1' {
    import type Gio from 'gi://Gio?version=2.0';
    import type GLib from 'gi://GLib?version=2.0';
    import type GObject from 'gi://GObject?version=2.0';

    namespace Cfut {
        const WAIT_FOREVER: number;
        const RETRY_FOREVER: number;

        enum FutureState { PENDING, RUNNING, DONE, FAILED, CANCELLED }
        enum Overflow { BLOCK, FAIL }
        enum CrashPolicy { FAIL_CALL, BREAK_POOL }
        enum Sandbox { NONE, LIMITS, SECCOMP, LAUNCHER }
        enum WorkerState { STARTING, IDLE, BUSY, LEAVING, GONE }
        enum ReturnWhen { ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION }
        enum ShutdownFlags { NONE = 0, WAIT = 1, CANCEL = 2 }

        class Error extends GLib.Error {
            static readonly QUEUE_FULL: number;
            static readonly WORKER_DIED: number;
            static readonly BROKEN: number;
            static readonly SHUTDOWN: number;
            static readonly UNKNOWN_FUNCTION: number;
            static readonly PROTOCOL: number;
            static readonly START_FAILED: number;
            static readonly WOULD_DEADLOCK: number;
            static readonly REMOTE: number;
            constructor(options: {code: number, message: string});
        }

        /** A function: `module.js#export`, the name of one in C, or itself if it needs nothing around it. */
        type Callable<A extends unknown[], R> = string | ((...args: A) => R | PromiseLike<R>);

        /** What is like the signal of an AbortController. */
        interface AbortSignalLike {
            readonly aborted: boolean;
            addEventListener(type: 'abort', listener: () => void): void;
            removeEventListener?(type: 'abort', listener: () => void): void;
        }

        /** How a call is to be run. Times are in seconds. */
        interface CallOptions {
            timeout?: number;
            deadline?: number;
            priority?: number;
            retries?: number;
            name?: string;
            signal?: Gio.Cancellable | AbortSignalLike | null;
            onProgress?: (fraction: number, message: string) => void;
        }

        /** How a map is to be run. Times are in seconds. */
        interface MapCallOptions {
            bufferSize?: number;
            timeout?: number;
            callTimeout?: number;
            ordered?: boolean;
            priority?: number;
            retries?: number;
            signal?: Gio.Cancellable | AbortSignalLike | null;
            onProgress?: (fraction: number, nDone: number) => void;
        }

        interface ExecutorStats {
            nWorkers: number;
            nIdle: number;
            nPending: number;
            pendingBytes: number;
            nRunning: number;
            nSubmitted: number;
            nFinished: number;
            nFailed: number;
            nCancelled: number;
            nRetried: number;
            nDeaths: number;
            busyTime: number;
            cpuTime: number;
            queueWait: number;
            cpuShare: number;
            usefulWorkers: number;
        }

        class Future<R = unknown> extends GObject.Object implements PromiseLike<R> {
            readonly state: FutureState;
            readonly progress: number;
            readonly progressMessage: string | null;
            readonly name: string | null;
            /** Itself, as functions of other libraries take it. */
            readonly object: Future<R>;
            static all(futures: Future[]): Future<unknown[]>;
            static any(futures: Future[]): Future;
            static race(futures: Future[]): Future;
            then<F = R, E = never>(
                fulfilled?: ((value: R) => F | PromiseLike<F>) | null,
                rejected?: ((error: any) => E | PromiseLike<E>) | null): globalThis.Promise<F | E>;
            catch<E = never>(rejected?: ((error: any) => E | PromiseLike<E>) | null): globalThis.Promise<R | E>;
            finally(callback?: (() => void) | null): globalThis.Promise<R>;
            cancel(): boolean;
            is_done(): boolean;
            get_state(): FutureState;
            get_progress(): number;
            dup_progress_message(): string | null;
            dup_name(): string | null;
            dup_executor(): GObject.Object | null;
            add_done_callback(callback: (future: Future<R>) => void): void;
            wait(timeoutUs: number): boolean;
            dup_result(timeoutUs: number): GLib.Variant;
            get_value(): unknown;
            get_data(): Uint8Array;
            dup_bytes(): GLib.Bytes | null;
            dup_error(): GLib.Error | null;
            dup_remote_name(): string | null;
            dup_remote_traceback(): string | null;
            dup_remote_data(): GLib.Bytes | null;
            result_async(cancellable: Gio.Cancellable | null): globalThis.Promise<GLib.Variant>;
            wait_async(cancellable: Gio.Cancellable | null): globalThis.Promise<boolean>;
        }

        class Promise extends GObject.Object {
            get_future(): Future;
            get_cancellable(): Gio.Cancellable;
            start(): boolean;
            set_progress(fraction: number, message: string | null): void;
            resolve_value(value: unknown): boolean;
            resolve_variant(variant: GLib.Variant): boolean;
            reject(error: GLib.Error): boolean;
        }

        /** Bytes that worker processes read where they are. */
        class Buffer {
            static new(size: number): Buffer;
            static new_copy(data: Uint8Array): Buffer;
            /** The memory itself, to be filled before the buffer is submitted. */
            toUint8Array(): Uint8Array;
            get_size(): number;
            is_shared(): boolean;
            dup_bytes(): GLib.Bytes;
            dup_variant(): GLib.Variant;
        }

        class SubmitOptions {
            constructor();
            set_priority(priority: number): void;
            set_timeout(timeoutUs: number): void;
            set_deadline(deadlineUs: number): void;
            set_retries(retries: number): void;
            set_name(name: string | null): void;
            set_cancellable(cancellable: Gio.Cancellable | null): void;
        }

        /** An executor with options for the calls that are made through it. */
        interface Calls {
            submit<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R>;
            submit<R = unknown>(fn: string, ...args: unknown[]): Future<R>;
            run<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): globalThis.Promise<R>;
            run<R = unknown>(fn: string, ...args: unknown[]): globalThis.Promise<R>;
            with(options: CallOptions): Calls;
        }

        interface ExecutorProperties {
            name?: string;
            maxWorkers?: number;
            maxPending?: number;
            maxPendingBytes?: number;
            overflow?: Overflow;
        }

        abstract class Executor extends GObject.Object implements Calls {
            readonly name: string | null;
            readonly maxWorkers: number;
            maxPending: number;
            maxPendingBytes: number;
            overflow: Overflow;
            readonly nPending: number;
            readonly nRunning: number;
            submit<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R>;
            submit<R = unknown>(fn: string, ...args: unknown[]): Future<R>;
            run<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): globalThis.Promise<R>;
            run<R = unknown>(fn: string, ...args: unknown[]): globalThis.Promise<R>;
            with(options: CallOptions): Calls;
            map<T, R>(fn: Callable<[T], R>, items: Iterable<T> | AsyncIterable<T>, options?: MapCallOptions): AsyncIterableIterator<R>;
            stats(): ExecutorStats;
            shutdown(options?: {cancel?: boolean, timeout?: number}): globalThis.Promise<boolean>;
            destroy(): globalThis.Promise<boolean>;
            submit_full(fn: string, args: GLib.Variant | null, options: SubmitOptions | null): Future;
            call_async(fn: string, args: GLib.Variant | null, options: SubmitOptions | null,
                cancellable: Gio.Cancellable | null): globalThis.Promise<GLib.Variant>;
            shutdown_async(flags: ShutdownFlags, timeoutUs: number, cancellable: Gio.Cancellable | null): globalThis.Promise<boolean>;
            get_workers(): Gio.ListModel;
            get_calls(): Gio.ListModel;
        }

        interface ProcessExecutorProperties extends ExecutorProperties {
            argv?: string[] | null;
            modules?: string[] | null;
            /** GResources that workers are to load, for modules at `resource:///`. */
            resources?: string[];
            minWorkers?: number;
            /** In microseconds, as all properties that are times. */
            idleTimeout?: number;
            grace?: number;
            maxCallsPerWorker?: number;
            maxWorkerRss?: number;
            crashPolicy?: CrashPolicy;
            sandbox?: Sandbox;
            sandboxLauncher?: string[] | null;
            workerSetup?: WorkerSetup;
        }

        class ProcessExecutor extends Executor {
            constructor(properties?: ProcessExecutorProperties);
            static 'new'(maxWorkers: number): ProcessExecutor;
            minWorkers: number;
            idleTimeout: number;
            grace: number;
            maxCallsPerWorker: number;
            maxWorkerRss: number;
            crashPolicy: CrashPolicy;
            sandbox: Sandbox;
            set_initializer(fn: Callable<any[], unknown> | null, ...args: unknown[]): void;
            prestart(): void;
            prestart_async(cancellable: Gio.Cancellable | null): globalThis.Promise<boolean>;
            terminate_workers(): void;
            kill_workers(): void;
            dup_worker_pids(): number[];
        }

        /** Runs functions in C by their name, and none in JavaScript. */
        class ThreadExecutor extends Executor {
            constructor(properties?: ExecutorProperties & {idleTimeout?: number});
        }

        class InlineExecutor extends Executor {
            constructor(properties?: ExecutorProperties);
        }

        class WorkerSetup {
            constructor();
            set_environment(variable: string, value: string | null): void;
            set_cwd(cwd: string | null): void;
            add_rlimit(resource: number, soft: number, hard: number): void;
        }

        class WorkerInfo extends GObject.Object {
            readonly id: number;
            readonly pid: number;
            readonly state: WorkerState;
        }

        class Call extends GObject.Object {
            setProgress(fraction: number, message?: string | null): void;
            throwIfCancelled(): void;
            is_cancelled(): boolean;
            get_cancellable(): Gio.Cancellable;
            get_deadline(): number;
            get_attempt(): number;
        }

        /** The call that runs, in a worker; else null. */
        const currentCall: Call | null;

        /** A future, without what would make TypeScript believe that `for await` waits for it: `finally()` does. */
        type Completed<F> = Omit<F, 'then'>;
        function asCompleted<F extends PromiseLike<unknown>>(
            futures: Iterable<F>, options?: {timeout?: number}): AsyncIterableIterator<Completed<F>>;
        function resolve(base: string, path: string): string;
        function get_library_path(): string;
        function get_worker_dir(): string;
    }

    export default Cfut;
}
