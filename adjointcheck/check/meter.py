"""Bytes of the tensors that live, counted from the operation that gave each until it is freed."""

from __future__ import annotations

import weakref
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class Meter(TorchDispatchMode):
    """Inside `with Meter() as meter`: bytes `live` of the tensor storages that operations gave back, and the most at once, `peak`.

    This is no reading of the process's memory, in which allocators round; it is the same on every machine.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self.known: dict[int, Any] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in result if isinstance(result, list | tuple) else (result,):
            if isinstance(value, Tensor):
                self.note(value.untyped_storage())
        return result

    def note(self, storage: Any) -> None:
        """Count a storage until it is freed, by whoever holds it."""
        key, size = storage._cdata, storage.nbytes()
        if key not in self.known:
            self.known[key] = weakref.ref(storage, lambda _: self.forget(key, size))
            self.live += size
            self.peak = max(self.peak, self.live)

    def forget(self, key: int, size: int) -> None:
        """A storage was freed."""
        del self.known[key]
        self.live -= size
