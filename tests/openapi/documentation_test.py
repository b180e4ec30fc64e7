#!/usr/bin/python3
"""The documents name every flag the program has, no other, and only files and tests that exist."""

import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(os.environ["OPENAPI_DOCUMENT"]).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def flags_of_the_program():
    """{flag: (environment variable, default)} from `nanomdm -help`; empty text where there is none."""
    shown = subprocess.run([os.environ["NANOMDM"], "-help"], check=True, capture_output=True, text=True,
                           env={}).stdout
    flags = {}
    for block in re.split(r"\n  (?=-)", shown)[1:]:
        name = re.match(r"-[a-z0-9-]+", block)[0]
        variable = re.search(r"\b(NANOMDM_[A-Z0-9_]+) \((?:not )?set\)(?:, default (.*))?", block)
        flags[name] = (variable[1], variable[2] or "") if variable else ("", "")
    return flags


def flags_of_the_document():
    """The same from the tables of docs/operations.md: | `-flag VALUE` | `VARIABLE` | `default` | meaning |"""
    flags = {}
    for line in (ROOT / "docs/operations.md").read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| `(-[a-z0-9-]+)[^`]*` \| (?:`(\w+)`)? ?\| (?:`([^`]*)`)?[^|]*\| \S", line)
        if row:
            flags[row[1]] = (row[2] or "", row[3] or "")
    return flags


class Documentation(unittest.TestCase):
    maxDiff = None

    def test_operations_lists_every_flag_with_its_variable_and_default(self):
        program = flags_of_the_program()
        self.assertGreater(len(program), 20, "could not read the program's -help")
        self.assertEqual(program, flags_of_the_document())

    def test_every_feature_is_shown_by_tests_that_exist(self):
        exist = set()
        for source in (ROOT / "tests/e2e").rglob("*.[ch]pp"):
            exist |= {".".join(names) for names in
                      re.findall(r"\bTEST(?:_[FP])?\((\w+),\s*(\w+)\)", source.read_text(encoding="utf-8"))}
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        rows = re.search(r"\| shown by \|\n\|[- |]+\|\n((?:\|.*\n)+)", text)[1].splitlines()
        self.assertGreater(len(rows), 20)
        unknown = []
        for row in rows:
            feature, _, here, shown_by = (cell.strip() for cell in row.strip("|").split("|"))
            named = re.findall(r"`([^`]+)`", shown_by)
            unknown += [name for name in named if name not in exist]
            if not named and here != "not yet":
                unknown.append(f"{feature}: no test")
        self.assertEqual([], unknown)

    def test_every_file_named_exists(self):
        missing = []
        for document in DOCUMENTS:
            text = document.read_text(encoding="utf-8")
            named = re.findall(r"`((?:src|include|tests|tools|docs|cmake|\.ci)/[\w./-]*)`", text)
            linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
            missing += [f"{document.name}: {name}" for name in named if not (ROOT / name).exists()]
            missing += [f"{document.name}: {name}" for name in linked if not (document.parent / name).exists()]
        self.assertEqual([], missing)


if __name__ == "__main__":
    unittest.main()
