#!/usr/bin/env python3
# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT
"""Has RIOT's suit-tool make a signed manifest of each input.

    RIOTBASE=... python3 suit_tool.py operator.pem <inputs.json >outputs.json

Both are lists. An input is an object with sequence, component, vendor, class
and url as text, file in hex, and how many zeros follow it; an output is the
envelope in hex. Needs the Python modules cbor2 and cryptography, which
suit-tool imports.

suit-tool takes the parts of a component for hex if they can be, and else for
base64 if they can be, so we give them in hex."""

import json
import os
import runpy
import sys
import tempfile

sys.dont_write_bytecode = True
TOOL = os.path.join(os.environ["RIOTBASE"], "dist/tools/suit/suit-manifest-generator/bin/suit-tool")


def suit_tool(*args):
    sys.argv = [TOOL, *args]
    try:
        runpy.run_path(TOOL, run_name="__main__")
    except SystemExit as e:
        if e.code:
            raise RuntimeError(f"suit-tool {' '.join(args)}: {e.code}")


def envelope(v, key, folder):
    path = lambda name: os.path.join(folder, name)
    with open(path("file"), "wb") as f:
        f.write(bytes.fromhex(v["file"]) + bytes(v.get("zeros", 0)))
    with open(path("in.json"), "w") as f:
        json.dump({
            "manifest-version": 1,
            "manifest-sequence-number": v["sequence"],
            "components": [{
                "install-id": [part.encode().hex() for part in v["component"].split("/")],
                "vendor-id": v["vendor"].replace("-", ""),
                "class-id": v["class"].replace("-", ""),
                "file": path("file"),
                "uri": v["url"],
                "bootable": False,
            }],
        }, f)
    suit_tool("create", "-f", "suit", "-i", path("in.json"), "-o", path("unsigned"))
    suit_tool("sign", "-k", key, "-m", path("unsigned"), "-o", path("signed"))
    with open(path("signed"), "rb") as f:
        return f.read().hex()


key = os.path.abspath(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    json.dump([envelope(v, key, folder) for v in json.load(sys.stdin)], sys.stdout, indent=2)
