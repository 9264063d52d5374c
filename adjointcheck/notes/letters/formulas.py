"""Functions that notes name first and give as formulas later: f(x, u) = A x + B u, L = x^T Q x, Phi(x) = |x|^2.

A claim is judged for any such function first, and then for this one: `spelt_out` puts the formulas into the laws, `put_in` into a claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law, key, own
from adjointcheck.notes.letters.costs import NOTHING
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.one_number import is_field, narrowed
from adjointcheck.notes.letters.own_inputs import speaks
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.usage import constants, differentiates, head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

WEIGHTS = "weights of each layer"
FUNCTIONS = ("f", "L", "Psi")
SLOTS = ("t", "x", "w", "theta")
LAST_STATE = Symbol("x", at=Symbol("N"))
GENERAL = "before finer steps"
TIMES = ("t", "s", "tau")
SQUARE = tree.Number(Fraction(2))


def formula(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """L(x, u) = ...: what a function of the problem is, said once, in its own arguments."""
    told = pair_of(chain)
    pair = _weighed(told, context)
    letter = head(pair[0]) if pair else None
    placed = letter is not None and is_placed(letter, context) and key(letter) not in context.letters  # ell_N is not ell
    letter = replace(letter, below=()) if letter is not None and placed else letter
    if pair is None or letter is None or role_in(letter, context) not in FUNCTIONS or len(chain.sides) > 2 or differentiates(pair[1]):
        return None
    if role_in(letter, context) == "f" and getattr(pair[1], "value", None) == 0:  # at rest
        return None
    context = _other_weights(pair[1], context) if pair is not told else _other_example(chain, letter, context)
    known = context.letters[key(letter)]
    left = _before_end(resolve(pair[0], context))
    if not isinstance(left, Applied) or left.at not in (None, Symbol("l")) or known.body is not None or not _stands(left):
        return None
    if _is_named(pair[1], context):
        return None
    state = next(iter(context.of("x")), None)
    shape = state.shape if left.name == "f" and state is not None else ROLES[left.name].shape
    context = _without_slopes(pair[1], context)
    held = left.name == "f" and isinstance(pair[0], tree.Call) and context.over() == "time"  # u of f(x) = u g(x) is no argument of f
    after = _numbers(pair[1], constants(pair[1], context, shape, held))
    after = narrowed(pair[1], after) if left.name == "f" else after
    body = resolve(pair[1], after)
    body = instead(body, LAST_STATE, Symbol("x")) if left.name == "Psi" else body
    body = _local(body) if context.over() == "layers" else _before_end(body) if left.name == "Psi" else body
    if not _is_plain(body) or any(getattr(part, "at", None) not in (None, Symbol("l")) for part in walk(body)):
        return None
    body = tree.Sum((body,)) if isinstance(body, Applied) else body  # the slope of sigma(W x + b) by x is not sigma' alone
    held_ = _instead_of_control(body, known, after) if left.name == "f" else after
    if held_ is None:
        return None
    after = held_
    if known.arguments is not None and len(left.arguments) < len(known.arguments):
        after = replace(after, options={**after.options, "example": f"{key(letter)} {len(left.arguments)}"})
    call = told[0] if told is not None else None
    if told is not None and pair is not told and isinstance(call, tree.Call):
        named = " ".join(key(part) for part in (*call.arguments, *walk(told[1])) if isinstance(part, tree.Letter) and not part.below)
        after = replace(after, options={**after.options, WEIGHTS: f"{after.option(WEIGHTS)} {named}"})
    return "definition", (key(letter),), replace(after, letters={**after.letters, key(letter): replace(known, body=body)})


def _other_example(chain: tree.Chain, letter: tree.Letter, context: Context) -> Context:
    """Without what f was, and its solution, where f(x) = u h(w^T x + b) after f(x) = A x brings letters of its own: another example."""
    known, spoken = context.letters[key(letter)], resolve(chain.sides[1], context)
    told = known.symbol == "f" and known.body is not None and isinstance(chain.sides[0], tree.Call)
    if not told or context.over() != "time" or not (unknown(spoken) or _of_any_matrix(spoken, context)):
        return context
    laws = tuple(law for law in context.laws if law.kind != "solution")
    return replace(context, letters={**context.letters, known.letter: replace(known, body=None)}, laws=laws)


def _of_any_matrix(spoken: Node, context: Context) -> bool:
    """A x of an A that the words brought in and no formula speaks of."""
    used = [*(law.right for law in context.laws), *(known.body for known in context.letters.values() if known.body is not None)]
    free = (symbols(spoken) - ROLES.keys()).difference(*map(symbols, used))
    return any(known.kind == "constant" and known.body is None for name in free for known in context.of(name))


def _other_weights(value: Node, context: Context) -> Context:
    """Without f and what was defined with it, where another f has a new weight: sigma((K - K^T) h + b) after sigma(W h + b)."""
    before = {*context.option(WEIGHTS).split()}
    if not before or not any(isinstance(part, tree.Letter) and part.below and part.name not in context.letters for part in walk(value)):
        return context
    spoken = {"act", *before}
    gone = {name for name, known in context.letters.items()
            if known.body is not None and known.symbol not in ROLES and spoken & symbols(known.body)}
    kept = (known for name, known in context.letters.items() if name not in gone)
    return replace(context, letters={known.letter: replace(known, body=None) if known.symbol == "f" else known for known in kept})


def untupled(node: Node, context: Context) -> Node:
    """f(x, K, b) for f(x, (K, b)), of parameters theta = (K, b)."""
    made = rebuilt(node, lambda child: untupled(child, context))
    cells = [_cells(argument) for argument in made.arguments] if isinstance(made, tree.Call) else []
    if not isinstance(made, tree.Call) or all(len(found) == 1 for found in cells) or not is_field(made.function, context):
        return made
    arguments = tuple(cell for found in cells for cell in found)
    return replace(made, arguments=arguments, separators=(",",) * (len(arguments) - 1))


def _cells(node: Node) -> tuple[Node, ...]:
    return node.rows[0] if isinstance(node, tree.Vector) and len(node.rows) == 1 else (node,)


def each_layer(chain: tree.Chain, context: Context) -> tree.Chain:
    """W_k for W, where W is an argument of f that has a value for each layer k."""
    index = next((known.letter for known in context.of("l")), "")
    names = {name for name in context.option(WEIGHTS).split() if (known := context.letters.get(name)) is not None and known.kind == "path"}
    calls = isinstance(chain.sides[0], tree.Call) and role_in(head(chain.sides[0]), context) == "f"
    if not names or not index or "in" in chain.relations or calls:
        return chain
    bare: dict[Node, Node] = {part: replace(part, below=(tree.Letter(index),)) for side in chain.sides for part in walk(side)
            if isinstance(part, tree.Letter) and not part.below and part.name in names and role_in(part, context) not in ROLES}
    return replace(chain, sides=tuple(in_place(side, bare) for side in chain.sides))


def _weighed(pair: tuple[Node, Node] | None, context: Context) -> tuple[Node, Node] | None:
    """f(h) = sigma(W_k h + b_k) for f(h, W, b) = sigma(W h + b), or for f(h, u), over layers k: what is new are weights of each.

    In time W and b stand as they are.
    """
    call, index = pair[0] if pair is not None else None, next((known.letter for known in context.of("l")), "")
    in_time = context.over() == "time" and not context.of("theta")
    if pair is None or not isinstance(call, tree.Call) or role_in(head(call), context) != "f" or not (index or in_time):
        return pair
    new = {part for part in call.arguments if isinstance(part, tree.Letter) and not part.below and _is_new(part, context)}
    kept = tuple(part for part in call.arguments if part not in new)
    spoken = [part for part in walk(pair[1]) if isinstance(part, tree.Letter)]
    stood = [part for part in kept if role_in(head(part), context) == "w" and part not in spoken]
    new = {part for part in spoken if not part.below and _is_new(part, context)} if stood and not new else new
    if not new or not kept or {type(part) for part in call.arguments} != {tree.Letter}:
        return pair
    placed: dict[Node, Node] = {} if in_time else {part: replace(part, below=(tree.Letter(index),)) for part in new}
    return replace(call, arguments=kept, separators=call.separators[: len(kept) - 1]), in_place(pair[1], placed)


def _is_new(letter: tree.Letter, context: Context) -> bool:
    """Is it no letter of before, or one that stands for a weight of each layer already, and no theta that all layers share?"""
    known, law = context.letters.get(key(letter)), context.law("layers")
    timed = known is None and key(letter) in TIMES
    shared = law is not None and Symbol("theta") in walk(law.right)
    weighs = known is not None and known.symbol == "theta" and not shared
    return not timed and (known is None or (known.symbol not in ROLES and known.kind == "path") or weighs)


def in_place(node: Node, values: Mapping[Node, Node]) -> Node:
    """The formula with these values for parts of it."""
    return values[node] if node in values else rebuilt(node, lambda child: in_place(child, values))


def _before_end(node: Node) -> Node:
    """Phi(x) for Phi(x(T)): an end cost is a function of any state."""
    ended = isinstance(node, Symbol | Applied) and node.at == Symbol("t1") and node.name in ("x", "Psi")
    return _before_end(replace(node, at=None)) if ended else rebuilt(node, _before_end)  # type: ignore[type-var]


def _is_plain(body: Node) -> bool:
    """Of known letters, without costates, costs and functions of the problem."""
    named = symbols(body) & {"p", "J", "J_a", "H", *FUNCTIONS} or unknown(body)
    return not named and not any(isinstance(part, tree.Integral | tree.Variation | tree.Vector) for part in walk(body))


def _local(body: Node) -> Node:
    """x and u for x_k and u_k; A_k stays that of the layer."""
    if isinstance(body, Symbol) and isinstance(body.at, Symbol) and body.at.name == "l":
        return replace(body, at=None if body.name in SLOTS else Symbol("l"))
    return rebuilt(body, _local)


def layer_formula(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """x_{k+1} = A_k x_k + B_k u_k, where x_{k+1} = f_k(x_k, u_k) or x_k + h f(x_k, u_k) was any map before: an example of f."""
    pair, law = pair_of(chain), context.law("layers")
    known = next(iter(context.of("f")), None)
    named = law is not None and known is not None and known.body is None
    if pair is None or law is None or not named or known is None or resolve(pair[0], context) != law.left or differentiates(pair[1]):
        return None
    after = constants(pair[1], _without_slopes(pair[1], context))
    value = _field_in(resolve(pair[1], after), law.right)
    body = _local(value) if value is not None else None
    if body is None or not _is_plain(body) or "x" not in speaks(symbols(body), after):
        return None
    after_ = _instead_of_control(body, known, after)
    body = tree.Sum((body,)) if isinstance(body, Applied) else body  # the slope of sigma(W x + b) by x is not sigma' alone
    return ("assumption", (), replace(after_, letters={**after_.letters, known.letter: replace(known, body=body)})) if after_ else None


def _instead_of_control(body: Node, known: Declared, context: Context) -> Context | None:
    """With u as a letter of which no more is said, where weights in the formula of f(x, u) stand for it; None where the cost has it too,
    other than by |u|^2 of all weights.
    """
    if context.over() != "layers" or "w" not in (known.arguments or ()) or "w" in symbols(body) or not context.of("w"):
        return context
    dropped = {other.symbol for other in context.letters.values() if other.body == NOTHING}  # r of "we drop the penalty, r = 0"
    weights = dict.fromkeys(part for part in walk(body) if isinstance(part, Symbol) and part.name not in ROLES and part.at == Symbol("l"))
    laws = tuple(replace(law, right=_paid_for(law.right, tuple(weights))) if law.kind == "objective" else law for law in context.laws)
    cost = next((law for law in reversed(laws) if law.kind == "objective"), None)
    paid = [term for term in tree.terms(cost.right) if not symbols(term) & dropped] if cost is not None else []
    controls = [name for name, other in context.letters.items() if other.symbol == "w"]
    stood = {name: Declared(name, own(name), ("", ""), "path", source="proposed") for name in controls}
    made = replace(context, letters={**context.letters, **stood}, laws=laws)
    return None if any("w" in symbols(term) for term in paid) else made


def _paid_for(node: Node, weights: tuple[Symbol, ...]) -> Node:
    """|W_l|^2 + |b_l|^2 for |u_l|^2 of u = (W, b)."""
    inner = node.base.arguments if isinstance(node, tree.Power) and isinstance(node.base, tree.Function) else ()
    if len(inner) == 1 and isinstance(inner[0], Symbol) and inner[0].name == "w" and getattr(node, "exponent", None) == SQUARE:
        at = inner[0].at
        return tree.summed(tree.Power(tree.Function("norm", (replace(weight, at=at),)), SQUARE) for weight in weights) if weights else node
    return rebuilt(node, lambda child: _paid_for(child, weights))


def _field_in(value: Node, law: Node) -> Node | None:
    """What stands in `value` where f stands in `law`: all of it, or what is behind h in x + h f."""
    if isinstance(law, Applied):
        return value
    told, said = tree.terms(law), tree.terms(value)
    steps = [term for term in told if term not in said]
    own = [term for term in said if term not in told]
    if len(steps) != 1 or len(own) != 1 or not isinstance(steps[0], tree.Product) or not isinstance(own[0], tree.Product):
        return None
    *lengths, inner = steps[0].factors
    beside = own[0].factors[len(lengths) :]
    if not isinstance(inner, Applied) or [*own[0].factors[: len(lengths)]] != lengths or not beside:
        return None
    return beside[0] if len(beside) == 1 else tree.Product(beside)


def priced_example(context: Context) -> Context:
    """With what L and Psi are, where the cost of an example is written out: J = x_N' Q x_N / 2 + sum_k x_k' Q x_k / 2."""
    law, before = context.law("objective"), [law for law in context.laws if law.kind == "objective"][:-1]
    named = [known for symbol in ("L", "Psi") for known in context.of(symbol) if known.body is None]
    if law is None or not before or not named or {"L", "Psi"} & symbols(law.right) or not {"L", "Psi"} & symbols(before[-1].right):
        return context
    terms = [(term, any(isinstance(part, tree.Series) for part in walk(term))) for term in tree.terms(law.right)]
    paid = {"L": tuple(_local(summand(term)) for term, summed in terms if summed),
            "Psi": tuple(instead(term, LAST_STATE, Symbol("x")) for term, summed in terms if not summed)}
    letters = {known.letter: replace(known, body=tree.Sum(paid[known.symbol])) for known in named if paid[known.symbol]}
    return replace(context, letters={**context.letters, **letters})


def summand(node: Node) -> Node:
    """c L_k of c sum_k L_k."""
    return node.body if isinstance(node, tree.Series) else rebuilt(node, summand)


def finer_step(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """f_k(x_k, u_k) = x_k + h f(x_k, u_k), L_k = h ell(x_k, u_k), L_k = h L: the layers of before are time steps of f, ell or L."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or context.over() != "layers" or not letter.below or not is_placed(letter, context):
        return None
    role = role_in(replace(letter, below=()), context)
    calls = [part for part in walk(pair[1]) if isinstance(part, tree.Call) and role_in(head(part), context) not in ("x", "p", "w")]
    bare = [part for part in walk(pair[1]) if isinstance(part, tree.Letter) and role_in(part, context) == role]
    inner = head(calls[0]) if len(calls) == 1 else bare[0] if len(bare) == 1 and not calls else None
    if role not in ("f", "L") or inner is None or inner.below or {role_in(inner, context)} - {role, ""} or not _is_step(pair[1]):
        return None
    known = replace(context.letters[letter.name], letter=key(inner), source="proposed")
    letters = {name: other for name, other in context.letters.items() if name != letter.name}
    after = _stepped(pair[1], replace(context, letters={**letters, key(inner): known}))
    body = resolve(pair[1], after)
    if unknown(body):
        return None
    laws = tuple(replace(law, right=_put(law.right, {role: body})) for law in after.laws if law.kind != "dynamics")
    bodies_ = {name: replace(other, body=_put(other.body, {role: body})) for name, other in after.letters.items() if other.body is not None}
    chapters = {GENERAL: context, **context.chapters}
    return "assumption", (key(inner),), replace(after, laws=laws, letters={**after.letters, **bodies_}, chapters=chapters)


def in_general(chain: tree.Chain, context: Context) -> Context:
    """The layers before f_k = x_k + h f, which was but an example, once x_{k+1} = A x_k + B u_k is another one."""
    pair, general = pair_of(chain), context.chapters.get(GENERAL)
    law = general.law("layers") if general is not None else None
    if general is None or law is None or pair is None or resolve(pair[0], general) != law.left:
        return context
    return context if symbols(resolve(pair[1], context)) & {"f", "h"} else general


def _is_step(node: Node) -> bool:
    """x + h f, or h ell."""
    terms = tree.terms(node)
    last = terms[-1] if terms else node
    return len(terms) <= 2 and isinstance(last, tree.Product) and len(last.factors) == 2 and isinstance(last.factors[0], tree.Letter)


def _stepped(node: Node, context: Context) -> Context:
    """With the h of h f as the time step."""
    last = tree.terms(node)[-1]
    step = last.factors[0] if isinstance(last, tree.Product) else None
    new = isinstance(step, tree.Letter) and not context.of("h") and key(step) not in context.letters
    return context.declare(Declared(key(step), "h", source="proposed")) if new and isinstance(step, tree.Letter) else context


def _without_slopes(value: Node, context: Context) -> Context:
    """A of f(x, u) = A x + B u is a matrix of its own, where A_k was a Jacobian of f."""
    bare = {part.name for part in walk(value) if isinstance(part, tree.Letter) and not part.below}
    known = {name: letter for name, letter in context.letters.items() if name in bare and letter.body is not None}
    slopes = {name for name, letter in known.items() if isinstance(letter.body, tree.Derivative) and "f" in symbols(letter.body)}
    return replace(context, letters={name: letter for name, letter in context.letters.items() if name not in slopes})


def exampled(chain: tree.Chain, context: Context) -> Context:
    """Without f(z) = A z, which was but an example, once f(z, t, theta) is spoken of again."""
    name, _, count = context.option("example").partition(" ")
    calls = ((part.function, len(part.arguments)) for part in walk(chain) if isinstance(part, tree.Call))
    letters_ = ((function.of if isinstance(function, tree.Derivative) else function, size) for function, size in calls)
    if not name or not any(isinstance(letter, tree.Letter) and key(letter) == name and size > int(count) for letter, size in letters_):
        return context
    letters = {**context.letters, name: replace(context.letters[name], body=None)}
    return replace(context, letters=letters, options={**context.options, "example": ""})


def update(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """w <- w - eta g: a rule by which a known letter gets another value; w <- w - eta g = w - eta H_w says more of it."""
    left = resolve(chain.sides[0], context)
    own_ = next(iter(context.of(left.name)), None) if isinstance(left, Symbol) and left.name not in ROLES else None  # W_l
    known = isinstance(left, Symbol) and (left.name in ("x", "x0", "w", "theta", "t1") or (own_ is not None and own_.body is None))
    if not known or chain.relations[:1] not in (("<-",), ("+=",), ("-=",)) or {*chain.relations[1:]} - {"="}:
        return None
    sizes = {letter for side in chain.sides[1:] for letter in unknown(resolve(side, context))} if len(chain.sides) > 2 else set()
    if len(sizes) == 1 and (size := sizes.pop()):
        context = context.declare(Declared(size, own(size), source="proposed"))
        context = replace(context, options={**context.options, "step size": size})
    return "assumption", (), context


def _is_named(node: Node, context: Context) -> bool:
    """A value that is only a letter or a call, but for one of an activation, names a function once more."""
    called = isinstance(node, tree.Call) and role_in(head(node), context) != "act"
    return called or (isinstance(node, tree.Letter) and key(node) not in context.letters)


def _stands(left: Applied) -> bool:
    return all(isinstance(value, Symbol) and value.name == slot and value.at in (None, Symbol("t")) for slot, value in left.arguments)


def _numbers(node: Node, context: Context) -> Context:
    """Small letters that nothing explains are numbers: beta/2 w^T w."""
    for part in walk(node):
        if not isinstance(part, tree.Letter) or part.accents or part.above:
            continue
        if unknown(resolve(part, context)) and (part.name.islower() or len(part.name) > 1):
            context = context.declare(Declared(key(part), own(key(part)), source="proposed"))
    return context


def spelt_out(context: Context) -> Context:
    """The context with the formulas in its laws, and in what it defines."""
    found = bodies(context)
    if not found:
        return context
    laws = tuple(replace(law, right=_put(law.right, found)) for law in context.laws)
    if "f" in found and context.over() == "time" and context.law("dynamics") is None:
        laws += (Law("dynamics", tree.Derivative(Symbol("x"), (Symbol("t"),)), found["f"]),)
    told = {name: known.body for name, known in context.letters.items() if known.body is not None and known.symbol not in found}
    letters = {name: replace(known, body=_put(_of_layer(told[name], context), found)) if name in told else known
               for name, known in context.letters.items()}
    return replace(context, laws=laws, letters=letters)


def bodies(context: Context) -> dict[str, Node]:
    """The formulas of f, L and Psi, where the notes give them."""
    return {known.symbol: known.body for known in context.letters.values() if known.symbol in FUNCTIONS and known.body is not None}


def put_in(node: Node, context: Context) -> Node:
    """The formulas in place of the functions."""
    found = bodies(context)
    return _put(_of_layer(node, context), found) if found else node


def _of_layer(node: Node, context: Context) -> Node:
    """dx_{k+1}/dx_k for the slope df_k/dx of the map x_{k+1} = f_k(x_k, w_k), where f_k has an activation whose own slope is another."""
    law, body = context.law("layers"), bodies(context).get("f")
    active = body is not None and any(isinstance(part, Applied) and part.name == "act" for part in walk(body))
    if law is None or not active or not isinstance(law.right, Applied):
        return node
    slope = node.of if isinstance(node, tree.Derivative) and node.by == (Symbol("x"),) else None
    if isinstance(slope, Applied) and slope.name == "f" and (slope.at, slope.arguments[:1]) == (law.right.at, law.right.arguments[:1]):
        return tree.Derivative(law.left, (Symbol("x", at=Symbol("l")),), "total")
    return rebuilt(node, lambda child: _of_layer(child, context))


def _put(node: Node, found: Mapping[str, Node]) -> Node:
    if isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name in found:
        slope, place = replace(node, of=found[node.of.name]), _place(node.of)
        return slope if place is None else tree.Evaluated(slope, (place,))
    if isinstance(node, Applied) and node.name in found and not node.part:
        place, values = _place(node), {slot: value for slot, value in node.arguments if slot in SLOTS}
        return _with(found[node.name], {slot: _put(value, found) for slot, value in values.items()}, place)
    return rebuilt(node, lambda child: _put(child, found))


def _place(node: Applied) -> Node | None:
    """Where a function is taken: as written, where its arguments are, for an end cost at the end."""
    places = [value.at for _, value in node.arguments if isinstance(value, Symbol) and value.at not in (None, Symbol("t"))]
    usual = Symbol("t1") if node.name == "Psi" and not node.arguments else None
    return node.at or next(iter(places), usual)


def taken(body: Node, place: Node | None) -> Node:
    """A formula at a place."""
    return _with(body, {}, place)


def _with(body: Node, values: Mapping[str, Node], place: Node | None) -> Node:
    """The formula at other arguments, or at a place."""
    if isinstance(body, Symbol) and body.at is None and body.name in SLOTS:
        here = body if place is None or body.name == "theta" else place if body.name == "t" else replace(body, at=place)
        return here if body.part else values.get(body.name, here)
    if isinstance(body, Symbol) and body.at == Symbol("l") and place is not None:
        return replace(body, at=place)
    return rebuilt(body, lambda child: _with(child, values, place))
