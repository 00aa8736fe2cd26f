// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// cfut as Vala sees it. Compiling it is half of the test: each async function
// is called with `yield`.

const int64 DEADLINE_US = 60 * 1000000;

string module;

Cfut.Executor processes () {
    return (Cfut.Executor) Object.new (typeof (Cfut.ProcessExecutor),
                                       "max-workers", 2, "modules", new string[] { module });
}

async void call () throws Error {
    var executor = processes ();
    var result = yield executor.call_async ("twice", new Variant ("(x)", (int64) 21), null, null);
    assert (result.get_int64 () == 42);

    var future = yield executor.submit_async ("twice", new Variant ("(x)", (int64) 4), null, null);
    assert (yield future.wait_async (null));
    assert ((yield future.result_async (null)).get_int64 () == 8);

    var iterator = Cfut.as_completed ({ future }, DEADLINE_US);
    assert ((yield iterator.next_async (null)) == future);
    assert ((yield iterator.next_async (null)) == null);

    var map = executor.map ("twice", new Variant.parsed ("[(int64 1,), (int64 2,)]"), null);
    uint64 index;
    Variant? item;
    int64 sum = 0;
    while (yield map.next_async (null, out index, out item))
        sum += item.get_int64 ();
    assert (sum == 6);

    assert (yield executor.shutdown_async (Cfut.ShutdownFlags.WAIT, DEADLINE_US, null));
}

async void fail () throws Error {
    var executor = processes ();
    try {
        yield executor.call_async ("fail", new Variant ("(s)", "No such thing"), null, null);
        assert_not_reached ();
    } catch (IOError.NOT_FOUND e) {
        assert (e.message == "No such thing");
    }
    yield executor.shutdown_async (Cfut.ShutdownFlags.WAIT, DEADLINE_US, null);
    try {
        executor.submit ("twice", new Variant ("(x)", (int64) 1), null);
        assert_not_reached ();
    } catch (Cfut.Error.SHUTDOWN e) {
    }
}

// A function of Vala's own, registered and run on a thread.
async void use_own () throws Error {
    Cfut.register_function ("negate", new VariantType ("(i)"), VariantType.INT32, (call, arguments) => {
        return new Variant.int32 (-arguments.get_child_value (0).get_int32 ());
    });
    var executor = new Cfut.ThreadExecutor (1);
    var result = yield executor.call_async ("negate", new Variant ("(i)", 7), null, null);
    assert (result.get_int32 () == -7);
    yield executor.shutdown_async ();
}

// One that runs for many items at a time.
async void use_own_for_arrays () throws Error {
    Cfut.register_array_function ("negate-all", VariantType.INT64, VariantType.INT64, (call, items, n_items, results) => {
        int64* numbers = items;
        int64* negated = results;
        for (size_t i = 0; i < n_items; i++) {
            if (numbers[i] == 0) {
                throw new IOError.BUSY ("zero");
            }
            negated[i] = -numbers[i];
        }
        return n_items;
    });
    var executor = new Cfut.ThreadExecutor (1);
    var map = executor.map ("negate-all", new Variant.parsed ("[int64 1, 2, 3]"));
    var all = yield map.collect_async ();
    assert (all.print (false) == "[-1, -2, -3]");

    map = executor.map ("negate-all", new Variant.parsed ("[int64 0]"));
    try {
        yield map.collect_async ();
        assert_not_reached ();
    } catch (IOError.BUSY e) {
        assert (e.message == "Item 0: zero");
    }
    yield executor.shutdown_async ();
}

// A closure on a thread: what it captures is freed where it was submitted.
async void use_closure () throws Error {
    var executor = new Cfut.ThreadExecutor (1);
    var greeting = "hello";
    var future = executor.submit_func ((call, out result) => {
        call.set_progress (0.5, "half");
        result = greeting + ", thread";
        return true;
    });
    yield future.wait_async ();
    assert (future.get_state () == Cfut.FutureState.DONE);
    assert (((string) (future.get_value ())) == "hello, thread");
    assert (future.progress_message == "half");
    yield executor.shutdown_async ();
}

// What may be left out is, and what may be null is so only where it can be.
async void use_defaults () throws Error {
    var executor = (Cfut.ProcessExecutor) processes ();
    assert (yield executor.prestart_async ());
    Cfut.Future[] futures = {};
    for (int64 i = 0; i < 3; i++)
        futures += yield executor.submit_async ("twice", new Variant ("(x)", i));
    var all = yield Cfut.Future.all (futures).result_async ();
    assert (all.n_children () == 3);
    assert (futures[2].dup_result ().get_int64 () == 4);

    var options = new Cfut.SubmitOptions ();
    options.set_priority (-1);
    options.set_name ("twice, soon");
    var future = executor.submit_full ("twice", new Variant ("(x)", (int64) 8), options);
    assert (future.name == "twice, soon");
    assert ((yield future.result_async ()).get_int64 () == 16);
    yield executor.shutdown_async ();
}

delegate void Start (AsyncReadyCallback callback);
delegate void Finish (AsyncResult result) throws Error;

void run (Start start, Finish finish) {
    var loop = new MainLoop ();
    start ((source, result) => {
        try {
            finish (result);
        } catch (Error e) {
            error ("%s", e.message);
        }
        loop.quit ();
    });
    loop.run ();
}

int main (string[] args) {
    Test.init (ref args);
    module = args[1];
    Test.add_func ("/vala/call", () => run (c => call.begin (c), r => call.end (r)));
    Test.add_func ("/vala/fail", () => run (c => fail.begin (c), r => fail.end (r)));
    Test.add_func ("/vala/own-function", () => run (c => use_own.begin (c), r => use_own.end (r)));
    Test.add_func ("/vala/own-array-function",
                   () => run (c => use_own_for_arrays.begin (c), r => use_own_for_arrays.end (r)));
    Test.add_func ("/vala/closure", () => run (c => use_closure.begin (c), r => use_closure.end (r)));
    Test.add_func ("/vala/defaults", () => run (c => use_defaults.begin (c), r => use_defaults.end (r)));
    return Test.run ();
}
