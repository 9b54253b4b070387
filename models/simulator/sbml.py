"""One case of the simulator as a model in SBML Level 3, for integrators of other people.

Each flux is a reaction, each integral a rate rule, each definition an assignment rule, and each
change of an input an event at the time of its step. What a step of the engine gives back has no
counterpart: it corrects steps that take too much, and an adaptive integrator takes no such step.
"""

import ast
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np

from formulation.errors import InputError
from models.simulator._constants import CONSTANT_UNITS
from models.simulator.export import Case
from models.simulator.fluxes import Flux, FluxModel, State

SBML_NAMESPACE = "http://www.sbml.org/sbml/level3/version1/core"
MATH_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TIME_SYMBOL = "http://www.sbml.org/sbml/symbols/time"
PLACE = "subject"
"""The one compartment; amounts are amounts, not concentrations."""

BASE_UNITS = {
    "mmol": ("mole", "-3", "1"),
    "mEq": ("mole", "-3", "1"),
    "mOsm": ("mole", "-3", "1"),
    "meals": ("item", "0", "1"),
    "L": ("litre", "0", "1"),
    "h": ("second", "0", "3600"),
}
"""Kind, scale and multiplier of each unit of the flux list; charges and osmoles are moles."""

PURE = ("-", "1")
"""How a number without a unit is written."""

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "plus",
    ast.Sub: "minus",
    ast.Mult: "times",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.USub: "minus",
}
FUNCTIONS = {"sqrt": "root"}


def sbml(case: Case) -> str:
    """Return a case as a model in SBML Level 3 Version 1.

    Parameters
    ----------
    case : Case
        What is exported, [-].

    Returns
    -------
    str
        The document, [-].

    Raises
    ------
    InputError
        A unit or an expression of the flux list has no counterpart there.
    """
    root = Element("sbml", xmlns=SBML_NAMESPACE, level="3", version="1")
    model = SubElement(
        root,
        "model",
        id="magnesium",
        substanceUnits="mmol",
        extentUnits="mmol",
        timeUnits="h",
        volumeUnits="L",
    )
    _units(SubElement(model, "listOfUnitDefinitions"), case.model)
    places = SubElement(model, "listOfCompartments")
    SubElement(
        places, "compartment", id=PLACE, spatialDimensions="3", size="1", units="L", constant="true"
    )
    _species(SubElement(model, "listOfSpecies"), case)
    _numbers(SubElement(model, "listOfParameters"), case)
    _rules(SubElement(model, "listOfRules"), case.model)
    _reactions(SubElement(model, "listOfReactions"), case.model)
    _events(model, case)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _units(parent: Element, model: FluxModel) -> None:
    wanted = {s.unit for s in model.states} | {p.unit for p in (*model.parameters, *model.inputs)}
    wanted |= {CONSTANT_UNITS[name] for name in model.constants}
    for unit in sorted((wanted | {"mmol", "L", "h"}) - set(PURE)):
        definition = SubElement(parent, "unitDefinition", id=_unit_id(unit), name=unit)
        factors = SubElement(definition, "listOfUnits")
        for place, factor in enumerate(unit.split("/")):
            if factor in PURE:
                continue
            if factor not in BASE_UNITS:
                raise InputError(
                    f"Unit {unit!r}: {factor!r} has no counterpart in SBML.",
                    hint="Add it to BASE_UNITS of models/simulator/sbml.py.",
                )
            kind, scale, multiplier = BASE_UNITS[factor]
            given = {"kind": kind, "scale": scale, "multiplier": multiplier}
            SubElement(factors, "unit", given, exponent="-1" if place else "1")


def _unit_id(unit: str) -> str:
    if unit in PURE:
        return "dimensionless"
    return unit.replace("1/", "per_").replace("/", "_per_")


def _species(parent: Element, case: Case) -> None:
    for state, amount in zip(case.model.states, case.state, strict=False):
        SubElement(
            parent,
            "species",
            id=state.name,
            name=state.title,
            compartment=PLACE,
            initialAmount=repr(float(amount)),
            substanceUnits=_unit_id(state.unit),
            hasOnlySubstanceUnits="true",
            boundaryCondition="false",
            constant="false",
        )


def _numbers(parent: Element, case: Case) -> None:
    m = case.model
    fixed = zip(m.parameters, case.parameters, strict=True)
    varied = zip(m.inputs, case.inputs[0], strict=True)
    for constant, pairs in (("true", fixed), ("false", varied)):
        for p, value in pairs:
            given = {"id": p.name, "units": _unit_id(p.unit), "constant": constant}
            SubElement(parent, "parameter", given, name=p.title, value=repr(float(value)))
    for name, value in m.constants.items():
        given = {"id": name, "units": _unit_id(CONSTANT_UNITS[name]), "constant": "true"}
        SubElement(parent, "parameter", given, value=repr(float(value)))
    for name in m.definitions:
        SubElement(parent, "parameter", id=name, constant="false")
    for name, value in zip(m.integrals, case.state[len(m.states) :], strict=True):
        SubElement(parent, "parameter", id=name, value=repr(float(value)), constant="false")


def _rules(parent: Element, model: FluxModel) -> None:
    for name, text in model.definitions.items():
        _math(SubElement(parent, "assignmentRule", variable=name), text)
    for name, text in model.integrals.items():
        _math(SubElement(parent, "rateRule", variable=name), text)


def _reactions(parent: Element, model: FluxModel) -> None:
    fluxes = list(model.fluxes)
    for flux in model.fluxes:
        if flux.takes:
            rate = f"({flux.rate}) * ({flux.takes_per_unit})"
            fluxes.append(Flux(f"{flux.name}_takes_{flux.takes}", flux.takes, "", rate))
    for flux in fluxes:
        _reaction(parent, flux, model.states)


def _reaction(parent: Element, flux: Flux, states: Sequence[State]) -> None:
    reaction = SubElement(parent, "reaction", id=flux.name, reversible="false", fast="false")
    known = {node.id for node in ast.walk(ast.parse(flux.rate)) if isinstance(node, ast.Name)}
    for kind, species in (("listOfReactants", flux.source), ("listOfProducts", flux.target)):
        if species:
            known.discard(species)
            SubElement(
                SubElement(reaction, kind),
                "speciesReference",
                species=species,
                stoichiometry="1",
                constant="true",
            )
    if modifiers := [s.name for s in states if s.name in known]:
        parent = SubElement(reaction, "listOfModifiers")
        for species in modifiers:
            SubElement(parent, "modifierSpeciesReference", species=species)
    _math(SubElement(reaction, "kineticLaw"), flux.rate)


def _events(model: Element, case: Case) -> None:
    """Write an event for each step in which an input is not what it was."""
    names = [p.name for p in case.model.inputs]
    changes = [
        (k, np.flatnonzero(case.inputs[k] != case.inputs[k - 1]))
        for k in range(1, len(case.inputs))
    ]
    changes = [(k, columns) for k, columns in changes if len(columns)]
    if not changes:
        return
    events = SubElement(model, "listOfEvents")
    for k, columns in changes:
        event = SubElement(events, "event", id=f"step{k}", useValuesFromTriggerTime="true")
        trigger = SubElement(event, "trigger", initialValue="false", persistent="true")
        reached = SubElement(SubElement(trigger, "math", xmlns=MATH_NAMESPACE), "apply")
        SubElement(reached, "geq")
        symbol = SubElement(reached, "csymbol", encoding="text", definitionURL=TIME_SYMBOL)
        symbol.text = "time"
        SubElement(reached, "cn").text = repr(float(case.edges_h[k]))
        assignments = SubElement(event, "listOfEventAssignments")
        for column in columns:
            assigned = SubElement(assignments, "eventAssignment", variable=names[column])
            _math(assigned, repr(float(case.inputs[k, column])))


def _math(parent: Element, text: str) -> None:
    math = SubElement(parent, "math", xmlns=MATH_NAMESPACE)
    _node(math, ast.parse(text, mode="eval").body, text)


def _node(parent: Element, node: ast.expr, text: str) -> None:
    """Write one node of an expression as MathML."""
    match node:
        case ast.Name(id=name):
            SubElement(parent, "ci").text = name
        case ast.Constant(value=int() | float() as value):
            SubElement(parent, "cn").text = repr(float(value))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            _apply(parent, OPERATORS[type(op)], [left, right], text)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            _apply(parent, OPERATORS[type(op)], [operand], text)
        case ast.Call(func=ast.Name(id=name), args=given) if name in FUNCTIONS:
            _apply(parent, FUNCTIONS[name], given, text)
        case ast.Call(func=ast.Name(id="ramp"), args=[inside, width]):
            _ramp(parent, ast.unparse(inside), ast.unparse(width))
        case _:
            raise InputError(f"Expression {text!r}: {ast.unparse(node)!r} cannot be exported.")


def _ramp(parent: Element, x: str, width: str) -> None:
    """Write a positive part with a bend: itself above the bend, a parabola in it, else nothing."""
    pieces = SubElement(parent, "piecewise")
    bent = f"(({x}) + ({width}))**2 / (4 * ({width}))"
    for value, above in ((f"{x}", width), (bent, f"-({width})")):
        piece = SubElement(pieces, "piece")
        _node(piece, ast.parse(value, mode="eval").body, value)
        condition = SubElement(piece, "apply")
        SubElement(condition, "gt")
        for side in (x, above):
            _node(condition, ast.parse(side, mode="eval").body, side)
    SubElement(SubElement(pieces, "otherwise"), "cn").text = "0"


def _apply(parent: Element, operator: str, given: Sequence[ast.expr], text: str) -> None:
    apply = SubElement(parent, "apply")
    SubElement(apply, operator)
    for node in given:
        _node(apply, node, text)
