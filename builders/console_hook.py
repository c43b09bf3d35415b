"""Puts the built console into wheel and sdist: hatchling calls this before it packs.

A console that is there, whole and current is taken as it is, with no Node.js. One that is not is
built, by the machine's Node.js or by that of PyPI. One that cannot be built ends the packing: a
package with an empty console would look fine until somebody opens it. `PARLEY_NO_CONSOLE=1` packs
none on purpose: command line, API and the plain page.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = "src/parley/app/console/"


class ConsoleHook(BuildHookInterface[Any]):
    """The hook; hatchling finds it in this file."""

    def dependencies(self) -> list[str]:
        """Return Node.js as a package where the console must be built and there is none."""
        building = self._building()
        if self._left_out() or not building.flaw(Path(self.root)):
            return []
        return [] if building.find_node(Path(self.root)) else [building.WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Have the console built and packed, or end the packing."""
        if version == "editable":
            return  # nothing is packed: the checkout is used where it lies
        if self._left_out():
            self.app.display_warning("PARLEY_NO_CONSOLE=1: packed without the console")
            return
        building = self._building()
        try:
            building.ensure_built(Path(self.root))
        except building.InputFault as fault:
            self.app.abort(
                f"the console is {building.flaw(Path(self.root))} and could not be built: {fault}; "
                "or pack without it by PARLEY_NO_CONSOLE=1"
            )
        build_data["artifacts"].append(CONSOLE)  # git ignores it, so hatchling would

    def _left_out(self) -> bool:
        return os.environ.get("PARLEY_NO_CONSOLE") == "1"

    def _building(self) -> Any:
        if self.root not in sys.path:
            sys.path.insert(0, self.root)
        from builders import build_console

        return build_console
