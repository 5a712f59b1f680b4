"""Names that modules import under ``if TYPE_CHECKING``, found in their source."""

from __future__ import annotations

import decimal
import fractions
from collections.abc import Callable
from pathlib import Path

import pytest

from dryfit.probes.names import TypingImports

Find = Callable[..., object]

BLOCKS = {
    "plain": "if TYPE_CHECKING:\n    from decimal import Decimal\n",
    "by its module": "if typing.TYPE_CHECKING:\n    from decimal import Decimal\n",
    "in one line": "if TYPE_CHECKING: from decimal import Decimal\n",
    "in brackets": "if (\n    TYPE_CHECKING\n):\n    from decimal import Decimal\n",
    "with Windows' ends of lines": "if TYPE_CHECKING:\r\n    import os\r\n\r\n    from decimal import Decimal\r\n",
    "after a remark at the margin": "if TYPE_CHECKING:  # no cycle\n# numbers\n\n    from decimal import Decimal\n",
    "over several lines": "if TYPE_CHECKING:\n    from decimal import (\n        Context,\n        Decimal,\n    )\n",
    "closed at the margin": "if TYPE_CHECKING:\n    from decimal import (\n        Decimal,\n)\n",
    "second branch": "if sys.version_info < (3,):\n    pass\nelif TYPE_CHECKING:\n    from decimal import Decimal\n",
    "within another block": "try:\n\tif TYPE_CHECKING:\n\t\tfrom decimal import Decimal\nfinally:\n\tpass\n",
    "second block": "if TYPE_CHECKING:\n    import os\nx = 1\nif TYPE_CHECKING:\n    from decimal import Decimal\n",
    "without an end": "if TYPE_CHECKING:\n    from decimal import Decimal",
}

NO_BLOCKS = {
    "other branch": "if TYPE_CHECKING:\n    pass\nelse:\n    from decimal import Decimal\n",
    "the contrary": "if not TYPE_CHECKING:\n    from decimal import Decimal\n",
    "more than that": "if TYPE_CHECKING and DEBUG:\n    from decimal import Decimal\n",
    "further in": "if TYPE_CHECKING:\n    if DEBUG:\n        from decimal import Decimal\n",
    "below it": "if TYPE_CHECKING:\n    import os\nfrom decimal import Decimal\n",
    "remark": "# if TYPE_CHECKING:\n#     from decimal import Decimal\n",
}


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """Writes a module, and finds what a name stands for in it."""

    def find(source: str | bytes, name: str = "Decimal", module: str = "shop.orders") -> object:
        file = tmp_path / "orders.py"
        file.write_bytes(source if isinstance(source, bytes) else source.encode())
        return TypingImports().resolve(module, str(file), name)

    return find


@pytest.mark.parametrize("source", BLOCKS.values(), ids=BLOCKS)
def test_what_is_imported_for_typing_only_is_found(find: Find, source: str) -> None:
    assert find(source) is decimal.Decimal


@pytest.mark.parametrize("source", NO_BLOCKS.values(), ids=NO_BLOCKS)
def test_other_imports_are_left_alone(find: Find, source: str) -> None:
    with pytest.raises(KeyError):
        find(source)


@pytest.mark.parametrize(
    ("statement", "name", "meant"),
    [
        ("import decimal", "decimal", decimal),
        ("import os.path, decimal as numbers", "numbers", decimal),
        ("from fractions import Fraction as Share", "Share", fractions.Fraction),
        ("from ..decimal import Decimal", "Decimal", decimal.Decimal),
    ],
)
def test_a_name_is_the_one_that_the_module_uses(find: Find, statement: str, name: str, meant: object) -> None:
    assert find(f"if TYPE_CHECKING:\n    {statement}\n", name) is meant


def test_the_rest_of_a_module_is_not_parsed_while_the_program_waits(find: Find) -> None:
    """Told by what cannot be parsed: a file that is being edited while its tests run."""
    assert find("if TYPE_CHECKING:\n    from decimal import Decimal\n\ndef half(") is decimal.Decimal


def test_a_module_in_another_encoding_is_read(find: Find) -> None:
    block = (
        "# coding: latin-1\nPRICE = '5 £'\nif TYPE_CHECKING:\n    # Größe\n    from decimal import Decimal\n"
    )
    assert find(block.encode("latin-1")) is decimal.Decimal


@pytest.mark.parametrize("source", ["if TYPE_CHECKING:\n    from decimal import (\n", "if TYPE_CHECKING:\n"])
def test_a_module_that_cannot_be_parsed_imports_nothing(find: Find, source: str) -> None:
    with pytest.raises(KeyError):
        find(source)
