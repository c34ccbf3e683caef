"""The former place of `shared.chassis.operations.lifespan`."""

from shared.chassis.operations.lifespan import collect_garbage_less_often, cut_log

__all__ = ["collect_garbage_less_often", "cut_log"]
