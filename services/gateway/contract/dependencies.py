"""What the contract's routes share: the merged document, kept for the process."""

from fastapi import Request

from services.gateway.contract.handlers import MergedContract


def contract_of(request: Request) -> MergedContract:
    """The process's merged contract."""
    contract: MergedContract = request.app.state.contract
    return contract
