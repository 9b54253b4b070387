"""Writes the compiled kernel from the flux list: one Rosenbrock step, for a block of lanes.

The step is a Rosenbrock method of Hairer and Wanner: four stages with three evaluations, fourth
order, L-stable. Its Jacobian is the derivative of the flux list; the linear systems are eliminated
in the order of the states, on the pattern of what is not zero, so that the text is a straight line
without branches that a compiler turns into vector instructions over the lanes. ``make kernel`` runs
it; it needs sympy, which the product does not.
"""

import re
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import define, field

from models.simulator.fluxes import FluxModel

LANES = 16
"""Subjects of a block, [-]."""

GAMMA = 0.57282
STAGES: tuple[dict[str, Any], ...] = (
    {"y": {}, "c": {}, "fresh": True},
    {"y": {1: 2.0}, "c": {1: -7.13761503641231}, "fresh": True},
    {
        "y": {1: 1.867943637803922, 2: 0.2344449711399156},
        "c": {1: 2.580708087951457, 2: 0.6515950076447975},
        "fresh": True,
    },
    {
        "y": {},
        "c": {1: -2.137148994382534, 2: -0.3214669691237626, 3: -0.6949742501781779},
        "fresh": False,
    },
)
"""Where a stage stands, what it takes of earlier ones, whether rates are new (HairerWanner1996)."""

END = {1: 2.255570073418735, 2: 0.2870493262186792, 3: 0.435317943184018, 4: 1.093502252409163}
"""Weights of the stages at the end of the step."""

HEADER = '''"""Compiled steps of the simulator; `make kernel` writes them, nobody edits them."""

from math import sqrt

from numba import njit
'''


@define
class _Text:
    """Lines of one function, and the names it has used."""

    lines: list[str] = field(factory=list)

    def put(self, target: str, expression: str) -> None:
        self.lines.append(f"        {target} = {expression}")


def kernel(name: str, model: FluxModel, lanes: int = LANES) -> str:
    """Return the text of a function that moves a block of lanes on by one step.

    Parameters
    ----------
    name : str
        Name of the function, [-].
    model : FluxModel
        What is integrated, [-].
    lanes : int, optional
        Subjects of a block, [-].

    Returns
    -------
    str
        Python source; the function changes its first argument in place, [-].
    """
    import sympy

    names = (*model.number_names, *model.state_names)
    symbols: dict[str, Any] = {n: sympy.Symbol(n, real=True) for n in names}
    rhs = _derivative(model, dict(symbols))
    state = [symbols[n] for n in model.state_names]
    slopes = {
        (i, j): d
        for i, row in enumerate(rhs)
        for j, x in enumerate(state)
        if x in row.free_symbols and (d := sympy.diff(row, x)) != 0
    }
    text = _Text()
    for k, n in enumerate(model.state_names):
        text.put(n, f"y[{k * lanes} + lane]")
    used = {s.name for row in rhs for s in row.free_symbols}
    n_parameters = len(model.parameters)
    for k, n in enumerate(model.number_names):
        at = (
            f"p[{k * lanes} + lane]"
            if k < n_parameters
            else f"x[{(k - n_parameters) * lanes} + lane]"
        )
        if n in used:
            text.put(n, at)
    slope_names = [f"j{i}_{j}" for i, j in slopes]
    targets = [f"f1_{i}" for i in range(len(rhs))] + slope_names
    _put_all(text, targets, [*rhs, *slopes.values()], "a")
    lower, upper = _eliminate(text, set(slopes), len(rhs))
    _stages(text, model, rhs, state, lower, upper)
    _end(text, model, lanes)
    head = (
        '@njit(cache=True, error_model="numpy", fastmath={"contract"})\n'
        f"def {name}(y, p, x, h):\n"
        f'    """Move {lanes} lanes on by h hours."""\n'
        f"    d = {1 / GAMMA!r} / h\n    per_h = 1.0 / h\n"
        f"    for lane in range({lanes}):\n"
    )
    return head + "\n".join(text.lines) + "\n"


def _derivative(model: FluxModel, names: dict[str, Any]) -> list[Any]:
    """Return the change of every state as sympy expressions."""
    import sympy

    functions = {"sqrt": sympy.sqrt, "ramp": _ramp()}

    def read(expression: str) -> Any:
        return eval(expression, {"__builtins__": {}}, names | functions)

    names.update(model.constants)
    for name, expression in model.definitions.items():
        names[name] = read(expression)
    row = {name: k for k, name in enumerate(model.state_names)}
    rhs = [sympy.Integer(0)] * len(row)
    rates = {}
    for flux in model.fluxes:
        rates[flux.name] = rate = sympy.sympify(read(flux.rate))
        if flux.source:
            rhs[row[flux.source]] -= rate
        if flux.target:
            rhs[row[flux.target]] += rate
        if flux.takes:
            rhs[row[flux.takes]] -= rate * read(flux.takes_per_unit)
    names.update(rates)
    for name, expression in model.integrals.items():
        rhs[row[name]] = sympy.sympify(read(expression))
    return rhs


@cache
def _ramp() -> Any:
    """Return the positive part with a bend, which knows its slope."""
    import sympy

    class Slope(sympy.Function):  # type: ignore[misc]
        nargs = 2

    class Ramp(sympy.Function):  # type: ignore[misc]
        nargs = 2

        def fdiff(self, argindex: int = 1) -> Any:
            assert argindex == 1, "the width of a bend is a constant"
            return Slope(*self.args)

    return Ramp


def _spelt(expression: Any) -> Any:
    """Return an expression with its bends as what a compiler has: least and greatest."""
    import sympy

    clip, over = sympy.Function("clip"), sympy.Function("over")

    def ramp(x: Any, width: Any) -> Any:
        return (clip(x, width) + width) ** 2 / (4 * width) + over(x, width)

    def slope(x: Any, width: Any) -> Any:
        return (clip(x, width) + width) / (2 * width)

    ramps, slopes = _ramp(), _ramp()(*sympy.symbols("x w")).fdiff().func
    return expression.replace(slopes, slope).replace(ramps, ramp)


def _put_all(text: _Text, targets: Sequence[str], expressions: Sequence[Any], prefix: str) -> None:
    """Write expressions, each common part once."""
    import sympy

    parts = sympy.numbered_symbols(f"{prefix}_")
    spelt = [_spelt(expression) for expression in expressions]
    common, reduced = sympy.cse(spelt, symbols=parts, order="none")
    for name, expression in common:
        text.put(str(name), _code(expression))
    for target, expression in zip(targets, reduced, strict=True):
        text.put(target, _code(expression))


def _code(expression: Any) -> str:
    from sympy.printing.pycode import PythonCodePrinter

    class Printer(PythonCodePrinter):  # type: ignore[misc]
        def _print_Function(self, expr: Any) -> str:
            x, width = (self._print(a) for a in expr.args)
            clipped, over = f"min(max({x}, -{width}), {width})", f"max({x} - {width}, 0.0)"
            return {"clip": clipped, "over": over}[expr.func.__name__]

        """Small whole powers as products: the compiler has no other cheap way."""

        def _print_Pow(self, expr: Any, rational: bool = False) -> str:
            base, exponent = expr.as_base_exp()
            if exponent.is_Integer and 1 < abs(int(exponent)) <= 4:
                inside = self.parenthesize(base, 60)
                product = "*".join([inside] * abs(int(exponent)))
                return f"({product})" if exponent > 0 else f"1.0/({product})"
            return str(super()._print_Pow(expr, rational=rational))

    return str(Printer({"fully_qualified_modules": False}).doprint(expression))


def _eliminate(
    text: _Text, pattern: set[tuple[int, int]], n: int
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Write the elimination of I / (gamma h) - J; return what stands below and above by row."""
    filled = set(pattern)
    for i in range(n):
        text.put(f"w{i}_{i}", f"d - j{i}_{i}" if (i, i) in pattern else "d")
        filled.add((i, i))
    for i, j in pattern:
        if i != j:
            text.put(f"w{i}_{j}", f"-j{i}_{j}")
    for k in range(n):
        text.put(f"v{k}", f"1.0 / w{k}_{k}")
        rows = [i for i in range(k + 1, n) if (i, k) in filled]
        columns = [j for j in range(k + 1, n) if (k, j) in filled]
        for i in rows:
            text.put(f"l{i}_{k}", f"w{i}_{k} * v{k}")
            for j in columns:
                old = f"w{i}_{j}" if (i, j) in filled else ""
                filled.add((i, j))
                text.put(f"w{i}_{j}", f"{old} - l{i}_{k} * w{k}_{j}".strip())
    lower = {i: [k for k in range(i) if (i, k) in filled] for i in range(n)}
    upper = {i: [j for j in range(i + 1, n) if (i, j) in filled] for i in range(n)}
    return lower, upper


def _stages(
    text: _Text,
    model: FluxModel,
    rhs: Sequence[Any],
    state: Sequence[Any],
    lower: dict[int, list[int]],
    upper: dict[int, list[int]],
) -> None:
    """Write the stages: rates where they are new, then one solution of the linear system."""
    import sympy

    n, rates = len(rhs), 1
    read = {s for row in rhs for s in row.free_symbols}
    for s, stage in enumerate(STAGES, start=1):
        if s > 1 and stage["fresh"]:
            moved = {}
            for i, name in enumerate(model.state_names):
                if state[i] in read:
                    text.put(f"y{s}_{i}", " + ".join([name, *_weighted(stage["y"], i)]))
                    moved[state[i]] = sympy.Symbol(f"y{s}_{i}", real=True)
            fresh = [row.subs(moved, simultaneous=True) for row in rhs]
            _put_all(text, [f"f{s}_{i}" for i in range(n)], fresh, f"a{s}")
            rates = s
        for i in range(n):
            taken = [f"per_h * ({' + '.join(_weighted(stage['c'], i))})"] if stage["c"] else []
            known = " + ".join([f"f{rates}_{i}", *taken])
            text.put(f"r{s}_{i}", known + "".join(f" - l{i}_{k} * r{s}_{k}" for k in lower[i]))
        for i in reversed(range(n)):
            rest = "".join(f" - w{i}_{j} * k{s}_{j}" for j in upper[i])
            text.put(f"k{s}_{i}", f"(r{s}_{i}{rest}) * v{i}")


def _weighted(weights: dict[int, float], i: int) -> list[str]:
    return [f"k{j}_{i}" if w == 1 else f"{w!r} * k{j}_{i}" for j, w in weights.items()]


def _end(text: _Text, model: FluxModel, lanes: int) -> None:
    """Write the new state; what a step took too much goes back to where it came from."""
    for i, name in enumerate(model.state_names):
        text.put(name, " + ".join([name, *_weighted(END, i)]))
    for state in model.states:
        if state.spills_to:
            text.put("less", f"min({state.name}, 0.0)")
            text.put(state.name, f"{state.name} - less")
            if state.spills_to in model.state_names:
                text.put(state.spills_to, f"{state.spills_to} + less")
    for k, name in enumerate(model.state_names):
        text.put(f"y[{k * lanes} + lane]", name)


def kernel_module() -> str:
    """Return the text of the module of compiled steps.

    Returns
    -------
    str
        Python source, [-].
    """
    from models.simulator.equations import colon_and_body, flux_model, upper_gut

    steps = (
        kernel("step_whole", flux_model()),
        kernel("step_upper", upper_gut()),
        kernel("step_lower", colon_and_body()),
    )
    return HEADER + "".join(f"\n\n{text}" for text in steps)


def write(folder: Path) -> None:
    """Write the kernel, and its fingerprint into the engine that compiles it in.

    The compiler's cache looks at the file of a function alone; without the line in the engine a
    new kernel would leave an old one compiled into it.

    Parameters
    ----------
    folder : Path
        Where engine and kernel lie, [-].
    """
    text = kernel_module()
    (folder / "_kernel.py").write_text(text, encoding="utf-8")
    engine = folder / "engine.py"
    line = f'KERNEL = "{sha256(text.encode()).hexdigest()[:16]}"'
    engine.write_text(re.sub(r'KERNEL = "\w*"', line, engine.read_text()), encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent)
