// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Primes: one function, on threads or on processes, from Vala.
//
//   $ primes
//   78498 primes up to 1000000
//   in parts: 9592 8392 8013 7863
//   first to end: 4
//   "a million": Function "count-primes" takes arguments of type "(xx)", not "(s)"
//   cancelled
//
// With --threads the same runs on threads.

GLib.Variant count_primes (Cfut.Call call, GLib.Variant arguments) throws Error {
    int64 first, last, n_primes = 0;

    arguments.get ("(xx)", out first, out last);
    for (int64 n = int64.max (first, 2); n <= last; n++) {
        if (n % 4096 == 0) {
            call.get_cancellable ().set_error_if_cancelled ();
            call.set_progress ((double) (n - first) / (last - first), null);
        }

        int64 divisor = 2;
        while (divisor * divisor <= n && n % divisor != 0)
            divisor++;
        n_primes += divisor * divisor > n ? 1 : 0;
    }

    return n_primes;
}

async void run (Cfut.Executor executor) throws Error {
    // Submit and wait, in one.
    var result = yield executor.call_async ("count-primes", new Variant ("(xx)", (int64) 0, (int64) 1000000));
    print ("%s primes up to 1000000\n", result.print (false));

    // One call for each item, results in order.
    var parts = new VariantBuilder (new VariantType ("a(xx)"));
    for (int64 i = 0; i < 4; i++)
        parts.add ("(xx)", i * 100000, i * 100000 + 99999);
    var map = executor.map ("count-primes", parts.end ());
    uint64 index;
    Variant? item;
    print ("in parts:");
    while (yield map.next_async (null, out index, out item))
        print (" %s", item.print (false));
    print ("\n");

    // The first that ends.
    Cfut.Future[] futures = {};
    foreach (int64 last in new int64[] { 30000000, 10 })
        futures += executor.submit ("count-primes", new Variant ("(xx)", (int64) 0, last));
    result = yield Cfut.Future.race (futures).result_async ();
    print ("first to end: %s\n", result.print (false));

    // Errors are caught by their domain.
    try {
        yield executor.call_async ("count-primes", new Variant ("(s)", "a million"));
    } catch (IOError.INVALID_ARGUMENT e) {
        print ("\"a million\": %s\n", e.message);
    }

    // What runs can be stopped.
    futures[0].cancel ();
    try {
        yield futures[0].result_async ();
    } catch (IOError.CANCELLED e) {
        print ("cancelled\n");
    }

    yield executor.shutdown_async ();
}

int main (string[] args) {
    Cfut.register_function ("count-primes", new VariantType ("(xx)"), VariantType.INT64, count_primes);
    Cfut.init (ref args); // in a worker process this serves calls and never returns

    Cfut.Executor executor = new Cfut.ProcessExecutor (2);
    if (args.length > 1 && args[1] == "--threads")
        executor = new Cfut.ThreadExecutor (2);

    var loop = new MainLoop ();
    var status = 0;
    run.begin (executor, (source, result) => {
        try {
            run.end (result);
        } catch (Error e) {
            printerr ("%s\n", e.message);
            status = 1;
        }
        loop.quit ();
    });
    loop.run ();

    return status;
}
