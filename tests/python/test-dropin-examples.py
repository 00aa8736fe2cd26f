# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The programs of examples/python, with cfutures and, but for that line
unchanged, with concurrent.futures."""

import http.server
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

from both import DEADLINE, both
import tap

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'examples' / 'python'


class Site(http.server.BaseHTTPRequestHandler):
    """Answers /N with N bytes; /0 not before the server says so."""

    def do_GET(self):
        size = int(self.path[1:])
        if size == 404:
            self.send_error(404)
            return
        if size == 0:
            self.server.go.wait(DEADLINE)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(bytes(size))

    def log_message(self, *arguments):
        pass


@both
class Examples:
    def start_example(self, name, *arguments):
        text = (EXAMPLES / name).read_text()
        text, n = re.subn(r'^from cfutures import', f'from {self.futures.__name__} import', text,
                          flags=re.MULTILINE)
        self.assertEqual(n, 1)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = pathlib.Path(directory.name, name)
        path.write_text(text)
        return subprocess.Popen([sys.executable, '-u', path, *map(str, arguments)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end_example(self, process):
        out, err = process.communicate(timeout=DEADLINE)
        self.assertEqual((process.returncode, err), (0, ''))
        return out

    def run_example(self, name, *arguments):
        return self.end_example(self.start_example(name, *arguments))

    def check_sleepers(self, n_threads, least):
        out = self.run_example('sleepers.py', n_threads, 10)
        squares = re.findall(r'^(ThreadPoolExecutor-0_\d) square (\d)$', out, re.MULTILINE)
        self.assertEqual(sorted(int(n) for _, n in squares), list(range(10)))
        self.assertEqual(len({thread for thread, _ in squares}), n_threads)
        [(total, cost)] = re.findall(r'^total result=(\d+) cost: (\d+\.\d\d)s$', out, re.MULTILINE)
        self.assertEqual(total, '285')
        self.assertGreaterEqual(float(cost), least)

    def test_sleepers_on_two_threads(self):
        self.check_sleepers(2, 5)

    def test_sleepers_on_ten_threads(self):
        self.check_sleepers(10, 1)

    def check_pi(self, n_processes):
        numbers = [200000, 200100, 200200, 200300]
        out = self.run_example('pi.py', n_processes, *numbers)
        pids = re.findall(r'^pid (\d+) sums (\d+) terms$', out, re.MULTILINE)
        self.assertEqual(sorted(int(n) for _, n in pids), numbers)
        self.assertLessEqual(len({pid for pid, _ in pids}), n_processes)
        values = re.findall(r'^pi\((\d+)\) = (3\.14158\d+)$', out, re.MULTILINE)
        self.assertEqual([int(n) for n, _ in values], numbers)
        self.assertRegex(out, r'\ncost: \d+\.\d\ds\n\Z')

    def test_pi_on_1_process(self):
        self.check_pi(1)

    def test_pi_on_2_processes(self):
        self.check_pi(2)

    def test_pi_on_4_processes(self):
        self.check_pi(4)

    def test_urls_as_they_complete(self):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Site)
        server.go = threading.Event()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site = f'http://127.0.0.1:{server.server_port}'
        program = self.start_example('urls.py', *(f'{site}/{n}' for n in (0, 10, 404, 300000)))
        self.assertEqual(sorted(program.stdout.readline() for _ in range(3)),
                         [f'{site}/10: 10 bytes\n', f'{site}/300000: 300000 bytes\n',
                          f'{site}/404: HTTP Error 404: Not Found\n'])
        server.go.set()
        self.assertEqual(self.end_example(program), f'{site}/0: 0 bytes\n')

    def test_factorial_in_time(self):
        out = self.run_example('factorial.py', '--timeout', DEADLINE, '--workers', 2, 2000, 3000, 20)
        self.assertEqual(out, '2000! has 19053 bits\n3000! has 30332 bits\n20! has 62 bits\n')

    def test_factorial_out_of_time(self):
        out = self.run_example('factorial.py', '--timeout', 0, '--workers', 1, 50000, 20)
        self.assertEqual(out, 'The time is over: 50000! is missing, and what follows it\n')


if __name__ == '__main__':
    tap.main()
