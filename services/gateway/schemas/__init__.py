"""HTTP shapes of the gateway: `orders`, `follow_ups`, `receivables`, `partners`, and `customers`, whom they name."""
