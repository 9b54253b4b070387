"""Mixtures of any ingredients: valid after rounding, reversible, uniform where they say so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, kstest

from formulation.errors import InputError
from formulation.mixtures import Ingredient, LinearRule, Mixture


def mixture_of(n, seed=0, n_inequalities=3, n_equalities=2, total_mg=1000.0):
    """Return so many ingredients under rules that all keep one recipe."""
    rng = np.random.default_rng([seed, n])
    centre = 100 * rng.dirichlet(np.full(n, 4.0))
    names = [f"x{k}" for k in range(n)]
    ingredients = tuple(
        Ingredient(name=name, low_pct=c * rng.uniform(0, 0.5), high_pct=min(100, c * 2 + 5))
        for name, c in zip(names, centre, strict=True)
    )
    rules = []
    for k in range(n_inequalities + n_equalities):
        members = rng.choice(n, 3, replace=False)
        weights = dict(zip([names[j] for j in members], rng.choice([1.0, 1.5, -0.7], 3), strict=True))  # fmt: skip  # noqa: E501
        value = sum(w * centre[names.index(name)] for name, w in weights.items())
        ends = {"high": value + 3} if k < n_inequalities else {"low": value, "high": value}
        rules.append(LinearRule(name=f"rule {k}", weights=weights, **ends))
    return Mixture(ingredients=ingredients, total_mg=total_mg, rules=tuple(rules))


def five_of_thirty(total_mg=500.0):
    """Return an active and a lubricant that are always there, and 5 of 30 excipients."""
    rng = np.random.default_rng(3)
    names = tuple(f"e{k:02d}" for k in range(30))
    some = tuple(
        Ingredient(name=name, low_pct=low, high_pct=low + rng.uniform(5, 40))
        for name, low in zip(names, rng.uniform(0.5, 6, 30), strict=True)
    )
    fixed = (
        Ingredient(name="active", low_pct=20, high_pct=60),
        Ingredient(name="lubricant", low_pct=0.25, high_pct=2),
    )
    rules = (
        LinearRule(name="swelling", weights={n: 1.0 for n in names[:10]}, high=35),
        LinearRule(name="sugars", weights={n: 1.0 for n in names[8:16]}, high=30),
        LinearRule(name="lubricated", weights={"active": 0.01, "lubricant": -1.0}, high=0.2),
    )
    return Mixture(
        ingredients=(*fixed, *some),
        total_mg=total_mg,
        optional=names,
        n_chosen=5,
        rules=rules,
    )


SPACES = {
    "7": mixture_of(7),
    "12": mixture_of(12),
    "20": mixture_of(20),
    "5 of 30": five_of_thirty(),
}
every_space = pytest.mark.parametrize("mixture", SPACES.values(), ids=SPACES)


def picker(rng, *, corners=False):
    def pick(_, choices):
        if choices is not None:
            return choices[rng.integers(len(choices))]
        return float(rng.integers(2)) if corners else float(rng.random())

    return pick


@every_space
@pytest.mark.parametrize("corners", [False, True])
def test_no_recipe_breaks_a_rule_after_rounding_and_each_comes_back(mixture, corners):
    """Random ones and corners of the cube."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        recipe = mixture.draw(picker(rng, corners=corners))
        assert mixture.violations(recipe) == ()
        answers = mixture.encode(recipe)
        assert mixture.draw(lambda name, _, answers=answers: answers[name]) == recipe


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([7, 12, 20]),
    st.integers(0, 2**16),
    st.integers(0, 4),
    st.integers(0, 3),
    st.sampled_from([50.0, 300.0, 5000.0]),
)
def test_rules_of_any_kind_leave_no_invalid_recipe(n, seed, inequalities, equalities, total_mg):
    """Light units, where rounding bites, and heavy ones."""
    try:
        mixture = mixture_of(n, seed, inequalities, equalities, total_mg)
    except InputError:
        return  # so narrow that nothing can surely be weighed, or the same said twice
    rng = np.random.default_rng(seed)
    for recipe in [*(mixture.draw(picker(rng)) for _ in range(10)), *mixture.uniform(10, rng)]:
        assert mixture.violations(recipe) == ()
        assert sum(recipe.values()) == pytest.approx(total_mg, abs=1e-6)


def test_more_rules_than_can_be_worked_out_are_said_to_be_so():
    """It is not that nothing could be made."""
    with pytest.raises(InputError, match="too many rules that overlap"):
        mixture_of(20, 15659, 4, 3, 5000.0)


def test_five_of_thirty_takes_five_and_every_excipient_comes_up():
    """First the support, then the amounts."""
    mixture, rng = SPACES["5 of 30"], np.random.default_rng(2)
    recipes = [mixture.draw(picker(rng)) for _ in range(600)]
    assert {len(r) for r in recipes} == {7}
    assert {name for r in recipes for name in r} == {i.name for i in mixture.ingredients}


def test_a_choice_asked_twice_takes_the_next_in_turn():
    """Any answers make a recipe."""
    mixture = SPACES["5 of 30"]
    recipe = mixture.draw(lambda _, choices: 0.5 if choices is None else choices[28])
    assert [n for n in recipe if n.startswith("e")] == ["e00", "e01", "e02", "e28", "e29"]


@pytest.mark.parametrize("n", [7, 12, 20])
def test_uniform_recipes_of_a_plain_mixture_have_its_margins(n):
    """Every share is Beta(1, n - 1), the one that balances the sum as the others."""
    free = tuple(Ingredient(name=f"x{k}", low_pct=0, high_pct=100) for k in range(n))
    mixture = Mixture(ingredients=free, total_mg=1e5)
    found = mixture.uniform(3000, np.random.default_rng(4))
    shares = np.array([[r[i.name] for i in free] for r in found]) / 1e5
    chances = [kstest(share, beta(1, n - 1).cdf).pvalue for share in shares.T]
    assert min(chances) * n > 1e-3


def test_uniform_recipes_under_an_equality_are_uniform_whoever_follows():
    """Two and two of four share halves: each of the four is uniform, the followers too."""
    free = tuple(Ingredient(name=name, low_pct=0, high_pct=100) for name in "abcd")
    half = LinearRule(name="half", weights={"a": 1.0, "b": 1.0}, low=50, high=50)
    mixture = Mixture(ingredients=free, total_mg=1e5, rules=(half,))
    found = mixture.uniform(3000, np.random.default_rng(5))
    for name in "abcd":
        shares = np.array([r[name] for r in found]) / 5e4
        assert kstest(shares, "uniform").pvalue * 4 > 1e-3


def test_an_equality_is_held_as_near_as_the_balance_can_weigh():
    """A ratio of 1 to 1.37 cannot be exact in steps of 0.1 mg."""
    free = tuple(Ingredient(name=name, low_pct=5, high_pct=90) for name in "abc")
    ratio = LinearRule(name="ratio", weights={"a": 1.37, "b": -1.0}, low=0, high=0)
    mixture = Mixture(ingredients=free, total_mg=100, rules=(ratio,))
    recipes = [mixture.draw(picker(np.random.default_rng(k))) for k in range(50)]
    assert max(abs(1.37 * r["a"] - r["b"]) for r in recipes) <= 0.05 * (1.37 + 1) + 1e-9
    assert len({r["a"] for r in recipes}) > 20


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rules": (LinearRule(name="r", weights={"z": 1.0}, high=5),)}, "z is no ingredient"),
        ({"rules": (LinearRule(name="r", weights={"a": 1.0}, low=95),)}, "can be made"),
        ({"optional": ("a",), "n_chosen": 2}, "no number of 1 optional"),
        ({"optional": ("a", "a", "b"), "n_chosen": 2}, "a is optional twice"),
    ],
)
def test_what_nothing_can_be_made_of_is_refused(change, message):
    """At construction."""
    free = tuple(Ingredient(name=name, low_pct=5, high_pct=90) for name in "abc")
    with pytest.raises(InputError, match=message):
        Mixture(ingredients=free, total_mg=100, **change)


def test_a_broken_recipe_is_told_each_rule_it_breaks():
    """Sum, balance, share and rule."""
    free = tuple(Ingredient(name=name, low_pct=5, high_pct=60) for name in "abc")
    rule = LinearRule(name="a over b", weights={"a": 1.0, "b": -1.0}, low=0)
    mixture = Mixture(ingredients=free, total_mg=100, rules=(rule,))
    broken = {v.rule for v in mixture.violations({"a": 20.05, "b": 70.0, "c": 10.0})}
    assert broken == {"sum", "balance", "share", "a over b"}
