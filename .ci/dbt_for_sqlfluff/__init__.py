"""What dbt puts within reach of a template, for sqlfluff, which renders the models without starting dbt.

Belongs here: stand-ins for the names of dbt that the SQL of `dbt_project` uses, giving SQL that DuckDB could read.
Does not belong here: the macros of the project, which sqlfluff loads; `ref`, `source`, `var`, `config`, `this` and
`return`, which it brings itself. A name that is missing here fails `make sql`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from jinja2 import pass_context
from jinja2.runtime import Context, Undefined

execute = True
flags = SimpleNamespace(FULL_REFRESH=False)


def env_var(name: str, default: str = "") -> str:
    """A value in place of that of the environment: only its place in the SQL matters here."""
    return default or name.lower()


def _function(name: str) -> Callable[..., str]:
    """A macro of dbt that becomes one call in SQL, under its own name."""
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"


def _type(name: str) -> Callable[[], str]:
    return lambda: name


dbt = SimpleNamespace(
    **{f"type_{name}": _type(name) for name in ("int", "bigint", "float", "string")},
    **{name: _function(name) for name in ("dateadd", "datediff", "hash", "position", "split_part")},
    listagg=lambda values, separator, order: f"string_agg({values}, {separator} {order})",
)


@pass_context
def _dispatch(context: Context, macro: str, package: str = "dlnuf") -> object:
    """The macro that serves DuckDB: its own where there is one, else the one that serves every engine."""
    own = context.resolve_or_missing(f"duckdb__{macro}")
    return own if callable(own) and not isinstance(own, Undefined) else context.resolve(f"default__{macro}")


adapter = SimpleNamespace(dispatch=_dispatch, get_relation=lambda **_: None)
