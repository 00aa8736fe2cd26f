# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the programs and makes ratios of what they say."""

import math
import os
import statistics
import subprocess
import sys

TIMEOUT = 120


class Failed(Exception):
    """A program gave no figure."""


def run_program(command, environment):
    """Returns the figures that a program prints."""
    try:
        done = subprocess.run(command, check=True, text=True, timeout=TIMEOUT, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except subprocess.CalledProcessError as error:
        raise Failed((error.stderr.strip() or f'status {error.returncode}').splitlines()[-1]) from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f'not done after {TIMEOUT} s') from error
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def spread(values):
    """The median, with the least and the greatest."""
    return {'median': statistics.median(values), 'least': min(values), 'greatest': max(values)}


def compare(better, ours, others):
    """How many times better ours are, round by round."""
    if better == 'higher':
        return spread([a / b if b else math.inf for a, b in zip(ours, others)])
    return spread([b / a if a else math.inf for a, b in zip(ours, others)])


class Runner:
    """Runs axes; a run that serves several axes is made once."""

    def __init__(self, build, rounds, is_quick):
        self.build = build
        self.rounds = rounds
        self.is_quick = is_quick
        self.missing = {}
        self.runs = {}
        self.environment = {**os.environ, 'CFUT_BENCH_MODULES': os.path.join(build, 'bench', 'node_modules')}

    def why_missing(self, peer):
        if peer not in self.missing:
            self.missing[peer] = peer.missing(self.build)
        return self.missing[peer]

    def command(self, entry):
        size = entry.get_size(self.is_quick)
        return (*entry.peer.command(self.build), entry.measure, str(entry.workers), str(size))

    def run_all(self, commands):
        """Runs each that is new, in rounds: A B C A B C."""
        wanted = [command for command in dict.fromkeys(commands) if command not in self.runs]
        for command in wanted:
            self.runs[command] = []
        for _ in range(self.rounds):
            for command in wanted:
                runs = self.runs[command]
                if not isinstance(runs, list):
                    continue
                try:
                    runs.append(run_program(command, self.environment))
                except Failed as error:
                    self.runs[command] = error

    def run_axis(self, axis, peers=()):
        """Runs the first, and of the others those whose label begins with one of
        @peers, if there are any."""
        chosen = [entry for entry in axis.entries
                  if (not peers or entry.get_label().startswith(('cfut', *peers)))
                  and (entry.peer.in_quick or not self.is_quick)]
        present = [entry for entry in chosen if not self.why_missing(entry.peer)]
        self.run_all(self.command(entry) for entry in present)

        rows = []
        first = None
        for entry in chosen:
            row = {'peer': entry.get_label()}
            runs = self.runs.get(self.command(entry)) if entry in present else None
            if runs is None:
                row['missing'] = self.why_missing(entry.peer)
            elif isinstance(runs, Failed):
                row['failed'] = str(runs)
                print(f'{axis.name}: {entry.get_label()}: {runs}', file=sys.stderr)
            else:
                values = [run[entry.figure] for run in runs]
                first = first or values
                row.update(spread(values), values=values)
                row['ratio'] = compare(axis.better, first, values)
            rows.append(row)

        return {'name': axis.name, 'title': axis.title, 'unit': axis.unit, 'better': axis.better,
                'rows': rows, 'targets': [judge(axis, rows, target) for target in axis.targets]}


def judge(axis, rows, target):
    """Compares what is wanted with what was reached."""
    if target.other:
        row = next((row for row in rows if row['peer'] == target.other), {})
        reached = row.get('ratio', {}).get('median') if 'median' in rows[0] else None
        is_met = None if reached is None else reached >= target.wanted
        return {'over': target.other, 'wanted': target.wanted, 'reached': reached, 'met': is_met}
    reached = rows[0].get('median')
    if reached is None:
        is_met = None
    else:
        is_met = reached >= target.wanted if axis.better == 'higher' else reached <= target.wanted
    return {'over': '', 'wanted': target.wanted, 'reached': reached, 'met': is_met}
