"""What the contract's routes share: the merged document, kept for the process."""

from fastapi import Request

from services.gateway.contract.handlers import WholeContract


def contract_of(request: Request) -> WholeContract:
    contract: WholeContract = request.app.state.contract
    return contract
