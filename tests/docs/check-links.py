#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Looks for links to pages and anchors that are not there.

    check-links.py DIRECTORY

DIRECTORY is what gi-docgen generated. Links to other sites are not followed.
Prints TAP.
"""

import html.parser
import pathlib
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links = set()
        self.anchors = set()
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        for name in ('id', 'name'):
            if attrs.get(name):
                self.anchors.add(attrs[name])
        for name in ('href', 'src'):
            if attrs.get(name):
                self.links.add(attrs[name])


def main():
    top = pathlib.Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in sorted(top.rglob('*.html'))}
    n_links = 0
    dead = []
    for path, page in pages.items():
        for link in sorted(page.links):
            url = urllib.parse.urlsplit(link)
            if url.scheme or url.netloc:
                continue
            n_links += 1
            target = path
            if url.path:
                target = (path.parent / urllib.parse.unquote(url.path)).resolve()
            if not target.exists():
                dead.append(f'{path.relative_to(top)}: {link}')
            elif url.fragment and target in pages and url.fragment not in pages[target].anchors:
                dead.append(f'{path.relative_to(top)}: {link} (no such anchor)')

    print('1..2')
    print(f'{"ok" if len(pages) > 10 and n_links > 100 else "not ok"} 1 - '
          f'There are pages and links ({len(pages)} and {n_links})')
    print(f'{"not ok" if dead else "ok"} 2 - No link is dead')
    for line in dead:
        print(f'# {line}')
    return 1 if dead else 0


if __name__ == '__main__':
    sys.exit(main())
