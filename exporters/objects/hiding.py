"""Which values of an object are not shown to people."""

from exporters.objects.target import Wanted


class Hide:
    """Why a value is not shown: private, protected; empty if it is shown."""

    def __init__(self, identifying: frozenset[str], private: frozenset[str]) -> None:
        self._identifying, self._private = identifying, private

    def __call__(self, wanted: Wanted, name: str) -> str:
        if name in self._private:
            return "private"
        return "protected" if name in self._identifying and wanted.protected else ""
