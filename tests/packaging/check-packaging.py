#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Does with cfut what a packager and a user of it do.

    check-packaging.py --meson=COMMAND --python=PYTHON SOURCE BUILD

Makes the release archive of what is committed, builds, tests and installs it
into a directory of its own, compiles the README's program against that with
pkg-config, and builds a project that has cfut as a subproject. Prints TAP.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

CONSUMER_BUILD = """\
project('consumer', 'c', default_options: ['werror=true', 'warning_level=1'])
cfut_dep = dependency('cfut-1', version: '>= 1.0', fallback: 'cfut')
libm_dep = meson.get_compiler('c').find_library('m')
# A header of its own that is called as one of cfut's.
configure_file(output: 'config.h', configuration: {'CONSUMER': 1})
test('readme', executable('readme', 'readme.c', dependencies: [cfut_dep, libm_dep]))
"""

OWN_OPTIONS = ['-Dexamples=disabled', '-Ddocs=disabled']
QUICK = ['-Dbuildtype=debug', '-Doptimization=0']

# Pages with whole programs in languages other than C.
PAGES = ['bindings', 'from-concurrent-futures', 'python']

# What the README types: how to compile, how to run, and what comes.
SESSION = r'^\$ (cc [^\n]*)\n\$ (\./readme)\n([^\n]*)\n'


class Problem(Exception):
    pass


class Packaging:
    def __init__(self, options, scratch):
        self.source = pathlib.Path(options.source).resolve()
        self.build = pathlib.Path(options.build).resolve()
        self.meson = options.meson
        self.python = options.python
        self.scratch = scratch
        self.unpacked = None
        self.prefix = scratch / 'prefix'
        self.environment = dict(os.environ)
        # Each build here is its own, and not a part of the one that tests it.
        for name in ('MAKEFLAGS', 'DESTDIR', 'CFUT_WORKER_PROGRAM', 'CFUT_WORKER_DIR', 'G_DEBUG',
                     'GI_TYPELIB_PATH', 'GJS_PATH', 'LD_LIBRARY_PATH', 'MALLOC_PERTURB_', 'PYTHONPATH'):
            self.environment.pop(name, None)
        # Git refuses the clone of another user, such as a CI's.
        self.environment.update(GIT_CONFIG_COUNT='1', GIT_CONFIG_KEY_0='safe.directory',
                                GIT_CONFIG_VALUE_0='*')

    def run(self, *command, cwd=None, **environment):
        done = subprocess.run([str(word) for word in command], cwd=cwd, text=True,
                              env=self.environment | environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=900)
        if done.returncode != 0:
            raise Problem(f'{shlex.join(map(str, command))} exited with '
                          f'{done.returncode}:\n{done.stdout}')
        return done.stdout

    def readme(self, pattern):
        text = (self.unpacked / 'README.md').read_text(encoding='utf-8')
        return re.search(pattern, text, re.MULTILINE | re.DOTALL)

    def write_readme_program(self, directory):
        program = self.readme(r'^```c\n(.*?)^```')[1]
        (directory / 'readme.c').write_text(program, encoding='utf-8')

    def make_archive(self):
        """meson dist makes an archive, with all that is committed"""
        self.run(*self.meson, 'dist', '--no-tests', '--allow-dirty', '--formats', 'gztar',
                 '-C', self.build)
        archives = list((self.build / 'meson-dist').glob('*.tar.gz'))
        if len(archives) != 1:
            raise Problem(f'not one archive: {archives}')
        shutil.unpack_archive(archives[0], self.scratch / 'unpacked')
        self.unpacked = next((self.scratch / 'unpacked').iterdir())
        committed = self.run('git', '-C', self.source, 'ls-files').split('\n')
        for name in filter(None, committed):
            if not (self.unpacked / name).exists():
                raise Problem(f'{name} is not in the archive')

    def build_archive(self):
        """The archive builds without a warning and passes its tests"""
        build = self.scratch / 'build'
        self.run(*self.meson, 'setup', build, self.unpacked, f'--prefix={self.prefix}',
                 '--libdir=lib', '-Dwerror=true', *QUICK, *OWN_OPTIONS)
        self.run('ninja', '-C', build)
        # The rest of the suites is run from the build that runs this.
        self.run(*self.meson, 'test', '-C', build, '--suite', 'library', '--suite', 'call')

    def install(self):
        """It installs under the names that users rely on"""
        self.run(*self.meson, 'install', '--no-rebuild', '-C', self.scratch / 'build')
        found = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob('*')}
        wanted = {
            'lib/libcfut-1.so', 'lib/libcfut-1.so.0', 'lib/pkgconfig/cfut-1.pc',
            'include/cfut-1/cfut/cfut.h', 'include/cfut-1/cfut/cfut-version.h',
            'include/cfut-1/cfut/future/cfut-future.h',
            'libexec/cfut-1/cfut-worker',
        }
        if (self.build / 'cfut' / 'Cfut-1.gir').exists():
            wanted |= {'lib/girepository-1.0/Cfut-1.typelib', 'share/gir-1.0/Cfut-1.gir'}
        if wanted - found:
            raise Problem(f'missing: {sorted(wanted - found)}')
        private = [name for name in found if name.endswith('-private.h') or 'test' in name]
        if private:
            raise Problem(f'not for users: {private}')

    def installed(self):
        return {'PKG_CONFIG_PATH': str(self.prefix / 'lib/pkgconfig'),
                'LD_LIBRARY_PATH': str(self.prefix / 'lib'),
                'GI_TYPELIB_PATH': str(self.prefix / 'lib/girepository-1.0')}

    def use_as_installed(self):
        """The README's program compiles as the README says, and runs"""
        session = self.readme(SESSION)
        self.write_readme_program(self.scratch)
        self.run('sh', '-ec', session[1], cwd=self.scratch, **self.installed())
        output = self.run(session[2], cwd=self.scratch, **self.installed()).strip()
        if output != session[3]:
            raise Problem(f'it printed {output!r} and not {session[3]!r}')

    def has_typelib(self):
        return (self.prefix / 'lib/girepository-1.0/Cfut-1.typelib').exists()

    def installed_for_python(self):
        """As in a directory that Python has for itself, such as /usr/local's."""
        sites = self.scratch / 'sites'
        if not sites.exists():
            override = next(self.prefix.rglob('gi/overrides/Cfut.py'))
            sites.mkdir()
            (sites / 'sitecustomize.py').write_text(
                f'import site; site.addsitedir({str(override.parents[2])!r})\n', encoding='utf-8')
        environment = self.installed() | {'PYTHONPATH': str(sites)}
        del environment['GI_TYPELIB_PATH']
        return environment

    def installed_for_javascript(self):
        data = f'{self.prefix}/share:/usr/local/share:/usr/share'
        return self.installed() | {'XDG_DATA_DIRS': data}

    def use_from_python(self):
        """So does its Python, with the override that was installed"""
        if not self.has_typelib() or not self.python:
            return '# SKIP no introspection, or no PyGObject'
        program = self.scratch / 'readme.py'
        program.write_text(self.readme(r'^```python\n(.*?)^```')[1], encoding='utf-8')
        output = self.run(self.python, program, cwd=self.scratch, **self.installed_for_python())
        if not re.fullmatch(r'3\.1415\d+\n\[3\.0\d+, 3\.13\d+, 3\.14\d+\]\n', output):
            raise Problem(f'it printed {output!r}')

    def use_from_javascript(self):
        """So does its JavaScript"""
        if not self.has_typelib() or shutil.which('gjs') is None:
            return '# SKIP no introspection, or no gjs'
        program = self.scratch / 'readme.js'
        program.write_text(self.readme(r'^```js\n(.*?)^```')[1], encoding='utf-8')
        output = self.run('gjs', '-m', program, cwd=self.scratch, **self.installed_for_javascript())
        if output != '42\n':
            raise Problem(f'it printed {output!r}')

    def use_as_documented(self):
        """So do the programs of the documentation, in every language there is"""
        if not self.has_typelib():
            return '# SKIP no introspection'
        self.build_module()
        gjs, valac = shutil.which('gjs'), shutil.which('valac')
        vapi = self.prefix / 'share/vala/vapi/cfut-1.vapi'
        tools = [f'--module={self.scratch}/functions.so', f'--libdir={self.prefix}/lib',
                 f'--include={self.prefix}/include/cfut-1']
        if self.python:
            tools.append(f'--python={self.python}')
        if gjs:
            tools.append(f'--gjs={gjs}')
        if valac and vapi.exists():
            tools += [f'--valac={valac}', f'--vapi={vapi}']
        environment = (self.installed_for_javascript()
                       | (self.installed_for_python() if self.python else {}))
        for page in PAGES:
            self.run(sys.executable, self.unpacked / 'tests/docs/check-bindings.py', *tools,
                     self.unpacked / 'docs' / f'{page}.md', **environment)
        if gjs:
            examples = sorted((self.unpacked / 'examples/js').glob('*.js'))
            shown = [path for path in examples if '$ gjs -m' in path.read_text(encoding='utf-8')]
            self.run(sys.executable, self.unpacked / 'tests/js/check-examples.py', gjs, *shown,
                     **environment)

    def build_module(self):
        """A module of functions in C, which a user would build so."""
        flags = self.run('pkg-config', '--cflags', '--libs', 'cfut-1', 'gmodule-2.0',
                         **self.installed())
        self.run('cc', '-shared', '-fPIC', '-o', self.scratch / 'functions.so',
                 self.unpacked / 'tests/gi/test-module.c', *shlex.split(flags))

    def use_as_subproject(self):
        """A project builds with cfut as its subproject"""
        consumer = self.scratch / 'consumer'
        (consumer / 'subprojects').mkdir(parents=True)
        (consumer / 'subprojects' / 'cfut').symlink_to(self.unpacked)
        (consumer / 'meson.build').write_text(CONSUMER_BUILD, encoding='utf-8')
        self.write_readme_program(consumer)
        own_options = [*OWN_OPTIONS, '-Dvapi=disabled', '-Dtests=false', '-Dintrospection=disabled']
        self.run(*self.meson, 'setup', consumer / 'build', consumer, *QUICK,
                 '--wrap-mode=forcefallback',
                 *(option.replace('-D', '-Dcfut:') for option in own_options))
        self.run('ninja', '-C', consumer / 'build')
        self.run(*self.meson, 'test', '-C', consumer / 'build', '--suite', 'consumer')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--meson', type=shlex.split, required=True)
    parser.add_argument('--python')
    parser.add_argument('source')
    parser.add_argument('build')
    options = parser.parse_args()

    if not (pathlib.Path(options.source) / '.git').exists():
        print('1..0 # SKIP this is no clone; archives are made of one')
        return 0

    with tempfile.TemporaryDirectory(prefix='cfut-packaging-') as scratch:
        packaging = Packaging(options, pathlib.Path(scratch))
        steps = [packaging.make_archive, packaging.build_archive, packaging.install,
                 packaging.use_as_installed, packaging.use_from_python,
                 packaging.use_from_javascript, packaging.use_as_documented,
                 packaging.use_as_subproject]
        print(f'1..{len(steps)}', flush=True)
        for number, step in enumerate(steps, 1):
            try:
                remark = step() or ''
            except Exception as problem:
                print(f'not ok {number} - {step.__doc__}')
                for line in str(problem).splitlines()[-60:]:
                    print(f'# {line}')
                print('Bail out! The next steps need this one')
                return 1
            print(f'ok {number} - {step.__doc__} {remark}'.rstrip(), flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
