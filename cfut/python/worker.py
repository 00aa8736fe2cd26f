# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A worker process that runs Python functions.

    python3 worker.py [--library=PATH] [MODULE]...

The process executor starts it; PATH is that of libcfut, and the modules are in C.
It needs nothing but the standard library: cfut is reached by ctypes, since importing gi would
take as long as all the rest. What is not needed for every call is imported when
it is.
"""

import ctypes
import io
import os
import signal
import sys
import types
from _pickle import dumps, loads

import cfut_worker

# What else lies beside this file is under a name that no module of the program's has.
sys.modules['_cfut'] = types.ModuleType('_cfut')
sys.modules['_cfut'].__path__ = [os.path.dirname(os.path.abspath(__file__))]

from _cfut import _memory, _message                                         # noqa: E402
from _cfut._memory import VECTOR, with_vectors                              # noqa: E402
from _cfut._message import (LARGE, PICKLE_MARK, UNPICKLE_NAME, Pieces,      # noqa: E402
                            join, lift, loads_message)

HERE = os.path.dirname(_memory.__file__)
OUR_FILES = (__file__, _memory.__file__, _message.__file__, cfut_worker.__file__,
             os.path.join(HERE, 'worker_lending.py'))

PYTHON = b'python'
LENDING = b'python-lending'
SETUP = b'python-setup'
ANY = b'*'

# What interrupts a call that is cancelled: by default it does nothing, so it
# does no harm to code that is not Python's.
CANCEL_SIGNAL = signal.SIGURG


# What has no buffers in its pickle.
PLAIN = frozenset((int, float, str, bool, types.NoneType))


def dumps_result(value):
    """The message of a result, or of an exception."""
    if type(value) in PLAIN:
        return dumps(value, 5)
    buffers = []
    try:
        pickled = dumps(lift(value), 5, buffer_callback=buffers.append)
    except TypeError:
        if _message.dumps_views is None:
            raise
        # It may have been a view.
        buffers.clear()
        pickled = _message.dumps_views(value, buffers.append)
    return join(pickled, buffers)


# ---- libcfut

class GError(ctypes.Structure):
    _fields_ = [('domain', ctypes.c_uint32), ('code', ctypes.c_int), ('message', ctypes.c_char_p)]


class Library:
    """The functions of cfut and GLib that a worker calls."""

    def __init__(self, path):
        pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
        error = ctypes.POINTER(ctypes.POINTER(GError))
        self._blocking = ctypes.CDLL(path)
        # For what returns at once the lock of the interpreter is kept.
        self._quick = ctypes.PyDLL(path)

        declare = self._declare
        declare(self._blocking, 'cfut_worker_new', pointer, error)
        declare(self._blocking, 'cfut_worker_load_module', ctypes.c_int, pointer, text, error)
        declare(self._blocking, 'cfut_worker_fail', None, pointer, ctypes.POINTER(GError))
        declare(self._blocking, 'cfut_worker_next_data', pointer, pointer, pointer, error)
        declare(self._blocking, 'cfut_worker_answer', ctypes.c_int, pointer, pointer, pointer, error)
        declare(self._blocking, 'cfut_worker_answer_data',
                ctypes.c_int, pointer, pointer, text, size, error)
        declare(self._blocking, 'cfut_worker_exchange_data',
                pointer, pointer, text, size, pointer, error)
        declare(self._blocking, 'cfut_worker_answer_exception',
                None, pointer, pointer, text, text, text, text, size)
        declare(self._blocking, 'cfut_worker_answer_vectors',
                ctypes.c_int, pointer, pointer, text, size, error)
        declare(self._quick, 'cfut_worker_add_function', None, pointer, text, text, text)
        declare(self._quick, 'cfut_worker_set_cancel_signal', None, pointer, ctypes.c_int)
        declare(self._quick, 'cfut_worker_get_call', pointer, pointer)
        declare(self._quick, 'cfut_call_get_function', text, pointer)
        declare(self._quick, 'cfut_call_get_arguments', pointer, pointer)
        declare(self._quick, 'cfut_call_get_attempt', ctypes.c_uint, pointer)
        declare(self._quick, 'cfut_call_is_cancelled', ctypes.c_int, pointer)
        declare(self._quick, 'cfut_call_set_progress', None, pointer, ctypes.c_double, text)
        declare(self._quick, 'g_variant_get_data', pointer, pointer)
        declare(self._quick, 'g_variant_get_size', size, pointer)
        declare(self._quick, 'g_variant_new_from_bytes', pointer, text, pointer, ctypes.c_int)
        declare(self._quick, 'g_bytes_new', pointer, text, size)
        declare(self._quick, 'g_bytes_unref', None, pointer)

    def declare(self, name, result, *arguments):
        """Adds one that returns at once."""
        self._declare(self._quick, name, result, *arguments)

    def _declare(self, library, name, result, *arguments):
        function = library[name]
        function.restype = result
        function.argtypes = arguments
        setattr(self, name, function)


# A copy of memory, and a view of it.
to_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
to_bytes.restype = ctypes.py_object
to_bytes.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t)
to_view = ctypes.pythonapi.PyMemoryView_FromMemory
to_view.restype = ctypes.py_object
to_view.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)
PyBUF_READ = 0x100


# ---- The program's main module

class MainModule(types.ModuleType):
    """`__main__` of the program, which runs here, under the name `__mp_main__`,
    only when somebody asks for something in it."""

    runs_now = False

    def __getattr__(self, name):
        how = self.__dict__.pop('_cfut_how', None)
        # Python itself looks for some names in any module.
        if how is None or name.startswith('__') and name.endswith('__'):
            if how is not None:
                self.__dict__['_cfut_how'] = how
            raise AttributeError(f"module '__main__' has no attribute {name!r}")
        MainModule.runs_now = True
        try:
            self._run(*how)
        except BaseException as error:
            # Without a guard, what the program has defined before its pool is there, as
            # where workers are forked.
            if not (hasattr(error, 'cfut_starts_workers') and name in self.__dict__):
                self.__dict__['_cfut_how'] = how
                if isinstance(error, AttributeError):
                    # Or pickle would take it for the name that is not there.
                    raise ImportError(f'Failed to run {how[1]}: {error}') from error
                raise
        finally:
            MainModule.runs_now = False
        return getattr(self, name)

    def _run(self, kind, where):
        names = self.__dict__
        if kind == 'module':
            import importlib.util
            spec = importlib.util.find_spec(where)
            code = spec.loader.get_code(where)
            names |= {'__file__': spec.origin, '__spec__': spec, '__package__': spec.parent,
                      '__loader__': spec.loader}
        elif os.path.isfile(where) and not where.endswith(('.zip', '.pyz', '.pyc')):
            with open(where, 'rb') as file:
                code = compile(file.read(), where, 'exec', dont_inherit=True)
            names |= {'__file__': where, '__package__': None}
        else:
            import runpy
            names |= runpy.run_path(where, run_name='__mp_main__')
            return
        exec(code, names)


def replace_main(how):
    main = MainModule('__mp_main__')
    if how is not None:
        main.__dict__['_cfut_how'] = how
    sys.modules['__main__'] = sys.modules['__mp_main__'] = main


# ---- Calls

class NotReadable(Exception):
    """A call that could not be unpickled."""


def _find_function(name):
    """The function `module:qualified.name`."""
    import importlib
    module, _, qualified = name.partition(':')
    if not qualified:
        raise LookupError(f'"{name}" is not of the form module:function')
    found = importlib.import_module(module)
    for part in qualified.split('.'):
        found = getattr(found, part)
    return found


# Those that were called, by what refers to them.
functions = {}
MAX_FUNCTIONS = 256


class Worker:
    def __init__(self, library):
        self.c = library
        self.running = False        # whether a function of Python's runs now
        self.lender = None
        self.length = ctypes.c_size_t()
        error = ctypes.POINTER(GError)()
        self.pointer = library.cfut_worker_new(ctypes.byref(error))
        if not self.pointer:
            sys.exit(f'{sys.argv[0]}: {error.contents.message.decode(errors="replace")}')
        for name, parameter, result in ((PYTHON, b'ay', b'ay'), (SETUP, b'ay', b'ay'),
                                        (LENDING, b'(ayaay)', b'(ayaay)'), (ANY, b'(sv)', b'v')):
            library.cfut_worker_add_function(self.pointer, name, parameter, result)
        signal.signal(CANCEL_SIGNAL, self.on_cancel)
        library.cfut_worker_set_cancel_signal(self.pointer, CANCEL_SIGNAL)

    def load_module(self, path):
        """Loads a module in C; if it cannot be, the executor is told why."""
        error = ctypes.POINTER(GError)()
        if self.c.cfut_worker_load_module(self.pointer, os.fsencode(path), ctypes.byref(error)):
            return True
        self.c.cfut_worker_fail(self.pointer, error)
        return False

    def on_cancel(self, signum, frame):
        if self.running and self.c.cfut_call_is_cancelled(self.get_call()):
            self.running = False
            raise cfut_worker.Cancelled

    def get_call(self):
        """The call that is to be answered, or None."""
        return self.c.cfut_worker_get_call(self.pointer)

    def serve(self):
        """Runs calls until there will be no more."""
        pointer, length, run = self.pointer, self.length, self.run_first
        next_data, exchange = self.c.cfut_worker_next_data, self.c.cfut_worker_exchange_data
        length_at = ctypes.byref(length)
        # What it fails with at the end the parent knows already.
        at = next_data(pointer, length_at, None)
        while at or self.get_call():
            size = length.value
            try:
                if not at:
                    result = self.run_other()
                elif size < LARGE:
                    result = run(to_bytes(at, size))
                else:
                    result = run(to_view(at, size, PyBUF_READ))
                if Output.is_pending:
                    flush()
                # A result that is refused is answered with the reason.
                if result is not None and type(result) is not bytes:
                    if type(result) is Pieces or not self.get_lender().answer_with_head(result):
                        with_vectors(result, self.answer_vectors)
                    result = None
            except BaseException as exception:
                self.running = False
                result = None
                flush()
                self.fail(exception)
            run = self.run_pickled
            if result is None:
                at = next_data(pointer, length_at, None)
            else:
                at = exchange(pointer, result, len(result), length_at, None)

    def answer_vectors(self, vectors):
        self.c.cfut_worker_answer_vectors(self.pointer, None, vectors,
                                          len(vectors) // VECTOR.size, None)

    def run_first(self, data):
        """The first call may be what the program tells of itself."""
        if self.c.cfut_call_get_function(self.get_call()) != SETUP:
            return self.run_pickled(data)
        setup = loads_message(data)
        sys.path[:] = setup['sys_path']
        sys.argv[:] = setup['sys_argv']
        replace_main(setup['main'])
        if setup['authkey'] is not None:
            from multiprocessing.process import current_process
            current_process().authkey = setup['authkey']
        if setup['initializer'] is not None:
            self.initialize(setup['initializer'])
        return b''

    def initialize(self, data):
        try:
            self.run_pickled(data)
        except BaseException:
            # The program will log it. So do workers of concurrent.futures, where
            # the initializer may have told where to.
            logging = sys.modules.get('logging')
            if logging is not None:
                logger = logging.getLogger('concurrent.futures')
                if logger.hasHandlers():
                    logger.critical('Exception in initializer:', exc_info=True)
            # This worker will end, and the program hear of it: not before what was
            # put into queues has left.
            util = sys.modules.get('multiprocessing.util')
            if util is not None:
                util._run_finalizers()
            raise

    def find(self, reference):
        """A function by its pickle, which comes with all its calls."""
        if len(functions) >= MAX_FUNCTIONS:
            functions.clear()
        functions[reference] = function = loads(reference)
        return function

    def run_pickled(self, data, spans=()):
        """A call of Python's: bytes in, bytes out."""
        try:
            function, args, kwargs = (loads(data) if data[0] == PICKLE_MARK
                                      else loads_message(data, spans))
            if type(function) is bytes:
                function = functions.get(function) or self.find(function)
        except BaseException as error:
            raise NotReadable(f'A call could not be unpickled: {error!r}') from error
        data = spans = None
        self.running = True
        try:
            value = function(*args, **kwargs)
        finally:
            self.running = False
        function = args = kwargs = None
        return dumps_result(value)

    # -- Exceptions

    def fail(self, exception):
        """Answers with an exception: its name, message, traceback and itself."""
        name, message, text, pickled = self.describe_exception(exception)
        self.c.cfut_worker_answer_exception(
            self.pointer, None, name.encode(), message.encode('utf-8', 'backslashreplace'),
            text.encode('utf-8', 'backslashreplace'), pickled, len(pickled))

    def describe_exception(self, exception):
        if isinstance(exception, NotReadable):
            cause = exception.__cause__
            return UNPICKLE_NAME, str(exception), self.format(cause), b''
        return (type(exception).__qualname__, self.describe(exception), self.format(exception),
                self.pickle_exception(exception))

    @staticmethod
    def describe(exception):
        try:
            return str(exception)
        except Exception:
            return ''

    @staticmethod
    def pickle_exception(exception):
        """The exception if it survives being pickled, else nothing."""
        try:
            pickled = bytes(dumps_result(exception))
            if isinstance(loads_message(pickled), BaseException):
                return pickled
        except Exception:
            pass
        return b''

    @staticmethod
    def format(exception):
        """The traceback from the function on: what is above is ours."""
        import traceback
        tb = exception.__traceback__
        while tb is not None and tb.tb_frame.f_code.co_filename in OUR_FILES:
            tb = tb.tb_next
        try:
            return ''.join(traceback.format_exception(type(exception), exception,
                                                      tb or exception.__traceback__))
        except Exception:
            return f'{type(exception).__qualname__}\n'

    # -- Calls that are not bytes

    def run_other(self):
        if self.c.cfut_call_get_function(self.get_call()) == LENDING:
            return self.get_lender().run()
        return self.run_any()

    def get_lender(self):
        if self.lender is None:
            from _cfut.worker_lending import Lender
            self.lender = Lender(self)
        return self.lender

    def run_any(self):
        """A call that is not Python's, `module:function` and a GVariant: answers it."""
        from _cfut import _gvariant as codec
        c = self.c
        arguments = c.cfut_call_get_arguments(self.get_call())
        size = c.g_variant_get_size(arguments)
        name, value = codec.unpack('(sv)', to_bytes(c.g_variant_get_data(arguments), size))
        function = _find_function(name)
        self.running = True
        try:
            value = function(*value) if isinstance(value, tuple) else function(value)
        finally:
            self.running = False
        declared = getattr(function, '__cfut_returns__', None)
        data = codec.pack('v', codec.Typed(declared, value) if declared else value)
        held = c.g_bytes_new(data, len(data))
        variant = c.g_variant_new_from_bytes(b'v', held, True)
        c.g_bytes_unref(held)
        c.cfut_worker_answer(self.pointer, None, variant, None)
        return None


class CurrentCall:
    """The call that runs, as cfut_worker asks and tells it."""

    def __init__(self, worker):
        self.worker = worker
        self.c = worker.c

    def set_progress(self, fraction, message):
        if call := self.worker.get_call():
            self.c.cfut_call_set_progress(call, fraction,
                                          None if message is None else message.encode())

    def is_cancelled(self):
        call = self.worker.get_call()
        return bool(call) and bool(self.c.cfut_call_is_cancelled(call))

    def get_attempt(self):
        call = self.worker.get_call()
        return self.c.cfut_call_get_attempt(call) if call else 1


class Output(io.TextIOWrapper):
    """Standard output or error, which knows whether there is something to flush."""

    is_pending = False

    def write(self, text):
        Output.is_pending = True
        return super().write(text)


def flush():
    Output.is_pending = False
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def replace_output():
    for name in ('stdout', 'stderr'):
        old = getattr(sys, name)
        if old is not None:
            new = Output(old.buffer, encoding=old.encoding, errors=old.errors, line_buffering=True)
            old.detach()
            setattr(sys, name, new)
            setattr(sys, f'__{name}__', new)


def main():
    # Where this file is has nothing to offer to the program's functions.
    del sys.path[0]
    library, modules = 'libcfut-1.so.0', sys.argv[1:]
    if modules and modules[0].startswith('--library='):
        library = modules.pop(0).partition('=')[2]
    worker = Worker(Library(library))
    for module in modules:
        if not worker.load_module(module):
            break
    cfut_worker._current.call = CurrentCall(worker)
    cfut_worker._make_buffer = lambda size: worker.get_lender().make(size)
    cfut_worker._describe = worker.describe_exception
    replace_main(None)
    replace_output()
    worker.serve()


if __name__ == '__main__':
    main()
