#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Urls: pages fetched side by side, each printed when it is there.

    $ urls.py https://www.gnome.org/ https://www.gnome.org/nothing http://localhost:1/
    http://localhost:1/: <urlopen error [Errno 111] Connection refused>
    https://www.gnome.org/nothing: HTTP Error 404: Not Found
    https://www.gnome.org/: 38201 bytes
"""

import sys
import urllib.request
from cfutures import ThreadPoolExecutor, as_completed


def fetch(url, timeout):
    with urllib.request.urlopen(url, timeout=timeout) as page:
        return page.read()


def main(urls):
    with ThreadPoolExecutor(max_workers=5) as executor:
        futures = {executor.submit(fetch, url, 60): url for url in urls}
        for future in as_completed(futures):
            url = futures[future]
            try:
                page = future.result()
            except Exception as error:
                print(f'{url}: {error}')
            else:
                print(f'{url}: {len(page)} bytes')


if __name__ == '__main__':
    main(sys.argv[1:])
