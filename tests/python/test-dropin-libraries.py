# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Libraries that take an executor, where they are installed."""

import asyncio
import importlib
import operator

from both import DEADLINE, both_executors
import jobs
import tap


@both_executors
class Library:
    def load(self, name):
        try:
            return importlib.import_module(name)
        except ImportError:
            self.skipTest(f'{name} is not installed')

    def test_tornado(self):
        """Its methods that run on an executor, and its loop's default one"""
        concurrent = self.load('tornado.concurrent')
        executor = self.executor(2)

        class Handler:
            # A bound method travels with its object.
            def __init__(self):
                self.number = 40

            @concurrent.run_on_executor(executor='pool')
            def add(self, number):
                return self.number + number

            @property
            def pool(self):
                return executor

        async def use():
            loop = self.load('tornado.ioloop').IOLoop.current()
            self.assertEqual(await loop.run_in_executor(executor, jobs.power, 3), 9)
            with self.assertRaises(ZeroDivisionError):
                await loop.run_in_executor(executor, operator.truediv, 1, 0)
            if self.kind == 'ThreadPoolExecutor':
                self.assertEqual(await Handler().add(2), 42)
                loop.set_default_executor(executor)
                self.assertEqual(await loop.run_in_executor(None, jobs.power, 4), 16)

        asyncio.run(use())

    def test_dask(self):
        """A graph is computed by an executor, as pool or as scheduler"""
        dask = self.load('dask')
        executor = self.executor(2)
        scheduler = 'threads' if self.kind == 'ThreadPoolExecutor' else 'processes'

        graph = dask.delayed(operator.add)(dask.delayed(jobs.power)(3), dask.delayed(jobs.power)(4))
        self.assertEqual(graph.compute(scheduler=scheduler, pool=executor), 25)
        self.assertEqual(graph.compute(scheduler=executor), 25)
        with self.assertRaises(ZeroDivisionError):
            dask.delayed(operator.truediv)(1, 0).compute(scheduler=scheduler, pool=executor)

    def test_joblib(self):
        """A backend of joblib's hands its batches to an executor"""
        joblib = self.load('joblib')
        backends = self.load('joblib._parallel_backends')
        executor = self.executor(2)

        class Backend(backends.ParallelBackendBase):
            supports_timeout = True

            def configure(self, n_jobs=1, parallel=None, **options):
                self.parallel = parallel
                return n_jobs

            def effective_n_jobs(self, n_jobs):
                return n_jobs

            def apply_async(self, func, callback=None):
                future = executor.submit(func)
                future.get = future.result
                if callback is not None:
                    future.add_done_callback(callback)
                return future

        joblib.register_parallel_backend('executor', Backend)
        with joblib.parallel_backend('executor', n_jobs=2):
            squares = joblib.Parallel(timeout=DEADLINE)(joblib.delayed(jobs.power)(i) for i in range(100))
            self.assertEqual(squares, [i * i for i in range(100)])
            with self.assertRaises(ZeroDivisionError):
                joblib.Parallel()([joblib.delayed(operator.truediv)(1, 0)])


if __name__ == '__main__':
    tap.main()
