"""How many small faults in the chip's judgement the tests find: `python -m benchmarks.mutate_judgement`.

Each fault is one change of the syntax tree: a comparison turned round, `and` for `or`, a condition denied, a constant
altered, a result or an entry left out. The changed module takes the real one's place in a child process, which runs the
tests of the judgement until the first fails. Bar: 85 in 100 found; exit status 1 below it. The order is shuffled, the
same each time, so that a run cut short by `--seconds` says something about all.
"""

import argparse
import ast
import copy
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

_BAR = 0.85
_MODULES = ("models.chip.verdict", "models.chip.passive_authentication")
_TESTS = ("test_passive_authentication.py", "test_chip_proofs.py", "test_signing_time.py", "test_revocation.py")
_LONGEST_SECONDS = 120

_CHILD = """
import importlib.util, sys
import pytest
name, path, *tests = sys.argv[1:]
spec = importlib.util.spec_from_file_location(name, path)
module = importlib.util.module_from_spec(spec)
sys.modules[name] = module
spec.loader.exec_module(module)
package, _, leaf = name.rpartition(".")
setattr(importlib.import_module(package), leaf, module)
sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))
"""

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


def _faulty(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901 - one flat list of kinds
    """What may stand in the place of `node`."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=right) if type(op) in _TURNED:
            yield ast.Compare(left=left, ops=[_TURNED[type(op)]()], comparators=right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(op=ast.Or() if isinstance(op, ast.And) else ast.And(), values=values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=other):
            yield ast.IfExp(test=test, body=other, orelse=body)
        case ast.If(test=test, body=body, orelse=other):
            yield ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test), body=body, orelse=other)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(value=not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value=value + 1)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(value=ast.Constant(value=None))
        case ast.Tuple(elts=entries, ctx=ast.Load()):
            for left_out in range(len(entries)):
                yield ast.Tuple(elts=entries[:left_out] + entries[left_out + 1 :], ctx=ast.Load())
        case ast.comprehension(target=target, iter=walked, ifs=[_, *others], is_async=kind):
            yield ast.comprehension(target=target, iter=walked, ifs=others, is_async=kind)
        case _:
            pass


def _outside_annotations(tree: ast.Module) -> Iterator[ast.AST]:
    silent = {
        id(inner)
        for node in ast.walk(tree)
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if isinstance(annotation, ast.AST)
        for inner in ast.walk(annotation)
    }
    return (node for node in ast.walk(tree) if id(node) not in silent)


def _faults(source: str) -> list[tuple[int, str]]:
    """Line and text of every changed module."""
    tree = ast.parse(source)
    found = []
    for place, node in enumerate(_outside_annotations(tree)):
        for which, _ in enumerate(_faulty(node)):
            changed = copy.deepcopy(tree)
            target = list(_outside_annotations(changed))[place]
            replacement = ast.copy_location(list(_faulty(target))[which], target)
            text = ast.unparse(ast.fix_missing_locations(_Put(target, replacement).visit(changed)))
            found.append((getattr(node, "lineno", 0), text))
    return found


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        """The tree with the one node replaced."""
        return self._new if node is self._old else self.generic_visit(node)


def _is_found(name: str, text: str, folder: Path) -> bool:
    path = folder / f"{name.rpartition('.')[2]}.py"
    path.write_text(text)
    tests = [f"tests/models/chip/{test}" for test in _TESTS]
    command = [sys.executable, "-c", _CHILD, name, str(path), *tests]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=_LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> int:
    """Try the faults and print those that no test found; 1 below the bar, 2 where the tests fail without any fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=900.0, help="stop after so many (default %(default)s)")
    until = time.monotonic() + parser.parse_args().seconds
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    faults = []
    with TemporaryDirectory() as folder:
        for name in _MODULES:
            source = Path(f"{name.replace('.', '/')}.py").read_text()
            if _is_found(name, source, Path(folder)):
                print(f"The tests fail with the true {name}.")
                return 2
            faults += [(name, line, text) for line, text in _faults(source)]
        random.Random(1).shuffle(faults)
        tried = found = 0
        for name, line, text in faults:
            if time.monotonic() > until:
                break
            tried += 1
            if _is_found(name, text, Path(folder)):
                found += 1
            else:
                print(f"not found: {name}, line {line}", flush=True)
    score = found / tried
    print(f"{found} of {tried} found ({len(faults)} in all): {score:.0%}, bar {_BAR:.0%}")
    return 0 if score >= _BAR else 1


if __name__ == "__main__":
    sys.exit(main())
