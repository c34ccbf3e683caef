"""The contracts made from the code: OpenAPI of the routes, AsyncAPI of the events, and the page that shows them."""

from shared.chassis.contract.openapi import operation_id_of

__all__ = ["operation_id_of"]
