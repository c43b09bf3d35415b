"""The house rules as functions: source text in, findings out, each `line: what is wrong`.

Nothing here reads the tree; the tests beside this file bring the text, and show on a bad snippet
that each function bites.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from house.tree import nodes_of

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

# --- clock, randomness, files ------------------------------------------------------------------

BANNED_MODULES = {"time", "random", "secrets", "uuid", "tempfile"}
BANNED_CALLS = {
    "now": "reads a clock",
    "utcnow": "reads a clock",
    "today": "reads a clock",
    "urandom": "draws randomness",
    "getrandom": "draws randomness",
    "default_rng": "draws randomness",
    "generate": "draws randomness (a key comes from a seed that app drew)",
    "generate_key": "draws randomness",
    "sleep": "waits",
}
_WAITERS = ("sleep", "time.", "asyncio.", "anyio.")
FILE_CALLS = {
    "open", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "iterdir",
    "glob", "rglob",
}  # fmt: skip


def clock_and_randomness(source: str) -> list[str]:
    """Return each import or call that reads a clock, waits or draws randomness."""
    found = []
    for node in nodes_of(source):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found += [
                f"{node.lineno}: imports {name}; only app may"
                for name in _imported(node)
                if name.split(".")[0] in BANNED_MODULES or name.startswith("numpy.random")
            ]
        elif isinstance(node, ast.Attribute) and node.attr == "random":
            found.append(f"{node.lineno}: uses .random, which draws randomness; only app may")
        elif isinstance(node, ast.Call):
            name = _called(node)
            if name == "sleep" and not ast.unparse(node.func).startswith(_WAITERS):
                continue  # somebody's own method
            if name in BANNED_CALLS:
                found.append(f"{node.lineno}: {name}() {BANNED_CALLS[name]}; only app may")
    return found


def file_access(source: str) -> list[str]:
    """Return each call that opens, reads or writes a file."""
    return [
        f"{node.lineno}: {_called(node)}() touches files; only app and what it hands out may"
        for node in nodes_of(source)
        if isinstance(node, ast.Call) and _called(node) in FILE_CALLS
    ]


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names]
    return [node.module or "", *(f"{node.module}.{a.name}" for a in node.names)][:1] + [
        f"{node.module}.{a.name}" for a in node.names if node.module == "numpy"
    ]


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


# --- units at the end of float names -----------------------------------------------------------

UNITS = {
    "m", "mm", "km", "nm", "ft", "fl", "s", "ms", "us", "ns", "min", "h", "d", "hz", "deg", "rad",
    "khz", "mps", "mps2", "kmh", "kt", "fpm", "degps", "radps", "m2", "m3", "m2ps", "m2ps2",
    "deg2", "km2", "pa", "hpa", "k", "c", "bps", "bytes", "percent", "ratio", "fraction", "factor",
    "share", "count", "e9",
}  # fmt: skip
UNIT_WORDS = {
    "metres", "feet", "millimetres", "kilometres", "nautical_miles", "seconds", "minutes", "hours",
    "days", "microseconds", "degrees", "radians", "knots",
}  # fmt: skip
AFTER_UNIT = ("max", "min", "due", "squared")
NAMED_WITHOUT_UNIT = {
    "value": "the number of a quantity whose unit stands beside it",
    "tolerance": "of the quantity that is compared",
    "limit_quantity": "of a measure, whose unit stands beside it",
    "off_quantity": "of a measure, whose unit stands beside it",
    "_quantity": "its unit is whatever table of units it was given",
}


def float_names(source: str) -> list[str]:
    """Return each float argument, field, constant or function whose name does not end in a unit."""
    return [
        f"{line}: float {name!r} does not end in a unit (_m, _s, _deg, _mps, _ratio ...)"
        for line, name in _float_named(source)
        if name not in NAMED_WITHOUT_UNIT and not _has_unit(name)
    ]


def _has_unit(name: str) -> bool:
    words = name.strip("_").lower().split("_")
    joined = "_".join(words)
    if "per" in words or any(u in joined for u in UNIT_WORDS):
        return True
    if len(words) > 1 and words[-1] in AFTER_UNIT and words[-2] in UNITS:
        return True
    if "at" in words[2:] and words[words.index("at", 2) - 1] in UNITS:  # vertical_ft_at_that_time
        return True
    return words[-1] in UNITS


def _float_named(source: str) -> Iterator[tuple[int, str]]:
    for node in nodes_of(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            scalar = _is_float(node.returns) and not _is_array(node.returns)
            if scalar and not node.name.startswith("__"):
                yield node.lineno, node.name
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                if _is_float(argument.annotation) and not _is_array(argument.annotation):
                    yield argument.lineno, argument.arg
        elif isinstance(node, ast.Module | ast.ClassDef):
            yield from ((c.lineno, n) for c in node.body if (n := _float_set(c)))


def _float_set(node: ast.stmt) -> str | None:
    """The name of a field or constant that this statement sets, if it is a float."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id if _is_float(node.annotation) else None
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        value = node.value
        is_float = isinstance(value, ast.Constant) and isinstance(value.value, float)
        return node.targets[0].id if is_float else None
    return None


def _is_float(annotation: ast.expr | None) -> bool:
    """Whether the annotation is a float, an optional one, or a flat row of floats."""
    if annotation is None:
        return False
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _is_float(ast.parse(annotation.value, mode="eval").body)
    if isinstance(annotation, ast.BinOp):
        return _is_float(annotation.left) or _is_float(annotation.right)
    if isinstance(annotation, ast.Subscript):
        return _is_row(annotation)
    return ast.unparse(annotation).split(".")[-1] in ("float", "float64", "float32")


def _is_array(annotation: ast.expr | None) -> bool:
    """An array may be a table whose columns differ; as a field it is one column, and is checked."""
    return annotation is not None and "NDArray" in ast.unparse(annotation)


def _is_row(annotation: ast.Subscript) -> bool:
    """Whether it is a row of floats of one meaning; `tuple[float, float]` is a point or a pair."""
    base = ast.unparse(annotation.value).split(".")[-1].lower()
    inner = annotation.slice
    if base == "tuple" and isinstance(inner, ast.Tuple):
        return ast.unparse(inner) == "(float, ...)"
    if isinstance(inner, ast.Subscript):
        return False  # a list of rows is a table
    return base in ("list", "sequence", "iterable", "ndarray", "final") and _is_float(inner)


# --- words -------------------------------------------------------------------------------------

BANNED_WORDS = {
    "weapon", "weapons", "weaponry", "missile", "missiles", "munition", "munitions",
    "warhead", "warheads", "sensor", "sensors", "envelope", "envelopes", "hostile",
    "hostiles", "hostility", "enemy", "enemies", "kill", "kills", "killed", "killing",
    "threat", "threats", "threaten", "threatening", "target", "targets", "targeted",
    "targeting", "lethal",
}  # fmt: skip
BANNED_TEXT_WORDS = BANNED_WORDS | {"safe", "safely", "safer", "safest", "unsafe"}
_BANNED = re.compile("|".join(sorted(BANNED_TEXT_WORDS)), re.IGNORECASE)
"""A source in which none of these letters stand together is not read any further."""
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_TEXT_EXEMPT = re.compile(r"docs/threats\.md|\btarget=\"_blank\"|\.target\b|[a-z]+-safe\b")


def banned_identifiers(source: str) -> list[str]:
    """Return each name that this source defines and that holds a banned word."""
    found: list[str] = []
    if not _BANNED.search(source):
        return found
    for line, name in _defined(source):
        words = {w.lower() for w in _CAMEL.findall(name)} & BANNED_WORDS
        found += [f"{line}: the name {name!r} holds {word!r}" for word in sorted(words)]
    return found


def banned_texts(source: str, *, docstrings: bool = False) -> list[str]:
    """Return each string that holds a banned word; docstrings count where they are help."""
    if not _BANNED.search(source):
        return []
    skipped = set() if docstrings else {id(n) for n in _docstrings(source)}
    return [
        finding
        for node in nodes_of(source)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in skipped
        for finding in banned_in_text(node.value, node.lineno)
    ]


def banned_in_text(text: str, line: int = 1) -> list[str]:
    """Return each banned word in a text that people read."""
    found = []
    for offset, row in enumerate(text.splitlines() or [""]):
        words = {w.lower() for w in re.findall(r"[A-Za-z]+", _TEXT_EXEMPT.sub(" ", row))}
        found += [
            f"{line + offset}: the text {row.strip()[:60]!r} holds {word!r}"
            for word in sorted(words & BANNED_TEXT_WORDS)
        ]
    return found


# The same words in the languages of the fixed phrases. Left out are those that only look like
# them: flight safety (безопасность, سلامة) is the name of a class, as SAFETY is.
BANNED_PHRASES = {
    "ru": r"\b(?:противник|враг|вражеск|враждебн|"
    r"цел(?:ь|и|ью|ей|ям|ями|ях|ев\w*)\b|(?:не)?безопас(?!ност)|угроз|"
    r"оружи|боеприпас|ракет|датчик|убит|убив|поразить|поражени|неприятел)\w*",
    "ar": r"(?<!\w)[وفبكل]?(?:ال|ل)?(?:عدو|أعداء|معاد(?:ي|ية)?|هدف|أهداف|استهداف|"
    r"تهديد|تهديدات|آمن|آمنة|بأمان|"
    r"سلاح|أسلحة|صاروخ|صواريخ|قتل|مستشعر)(?!\w)",
}
_ARABIC_MARKS = re.compile("[\u064b-\u0652\u0640]")


def banned_phrase(text: str, language: str) -> list[str]:
    """Return each word of a fixed phrase that Parley says in no language."""
    if language not in BANNED_PHRASES:
        return banned_in_text(text)
    plain = _ARABIC_MARKS.sub("", text)
    found = re.finditer(BANNED_PHRASES[language], plain, re.IGNORECASE)
    return [f"the {language} text {text[:60]!r} holds {match[0]!r}" for match in found]


def _defined(source: str) -> Iterator[tuple[int, str]]:
    for node in nodes_of(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, a.asname or a.name) for a in node.names)


def _docstrings(source: str) -> Iterator[ast.Constant]:
    """The strings that stand alone as a statement: docstrings, and notes under a constant."""
    for node in nodes_of(source):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


# --- sizes, leftovers, amnesties ---------------------------------------------------------------

LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|HACK)\b")
_AMNESTY = re.compile(r"#\s*(type:\s*ignore|noqa|pragma: no cover|fmt: off)\b")
_WITH_REASON = re.compile(
    r"#\s*(?:type:\s*ignore\[[a-z\-, ]+\]|noqa:\s*[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*)"
    r"\s*(?:#\s*(?!noqa|type:)|\s{2,}|[-:]\s)\s*\S+\s+\S+"
)


def leftovers(source: str) -> list[str]:
    """Return each mark of unfinished work."""
    return [
        f"{n}: unfinished: {line.strip()[:60]}"
        for n, line in enumerate(source.splitlines(), 1)
        if LEFTOVERS.search(line)
    ]


def amnesties_without_reason(source: str) -> list[str]:
    """Return each `type: ignore` or `noqa` without its code and a reason of two words beside it."""
    return [
        f"{n}: no code or no reason beside it: {line.strip()[-70:]}"
        for n, line in enumerate(source.splitlines(), 1)
        if (match := _AMNESTY.search(line)) and not _WITH_REASON.match(line[match.start() :])
    ]


_STOPWATCHES = {"monotonic", "perf_counter", "process_time", "time", "monotonic_ns"}


def timed_asserts(source: str) -> list[str]:
    """Return each assertion on how long something took: a busy machine fails it."""
    return [
        f"{node.lineno}: asserts how long something took: {ast.unparse(node.test)[:70]}"
        for node in nodes_of(source)
        if isinstance(node, ast.Assert)
        for difference in ast.walk(node.test)
        if isinstance(difference, ast.BinOp) and isinstance(difference.op, ast.Sub)
        for call in ast.walk(difference)
        if isinstance(call, ast.Call) and _called(call) in _STOPWATCHES
    ]


def too_long(source: str) -> list[str]:
    """Return the file if it is too long, and each function that is."""
    lines = source.count("\n")
    found = [f"1: {lines} lines, at most {FILE_LINES_MAX}"] if lines > FILE_LINES_MAX else []
    for node in nodes_of(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            long = (node.end_lineno or node.lineno) - node.lineno + 1
            if long > FUNCTION_LINES_MAX:
                found.append(
                    f"{node.lineno}: {node.name} has {long} lines, at most {FUNCTION_LINES_MAX}"
                )
    return found


# --- what must not stand in any tracked file ---------------------------------------------------

# Written in pieces, so that this file does not find itself.
_HOSTS = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "yarn" + "pkg.com",
    "deb." + "debian.org",
)
_MACHINE = ("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/")
_INDEX_LINE = re.compile(
    r"^\s*(--(extra-)?index-url|-i )\b|\bregistry\s*=\s*[\"']?https?:", re.MULTILINE
)


def addresses(text: str) -> list[str]:
    """Return each package registry's host, index line, or path of one machine."""
    found = [f"1: names the host {h}" for h in _HOSTS if h in text]
    found += [f"1: holds the machine's path {p}" for p in _MACHINE if p in text]
    return found + (["1: holds an index or registry line"] if _INDEX_LINE.search(text) else [])
