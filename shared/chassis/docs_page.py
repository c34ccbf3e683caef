"""The former place of `shared.chassis.contract.docs_page`."""

from shared.chassis.contract.docs_page import page_of_contract

__all__ = ["page_of_contract"]
