"""What the gateway does. `access`: who asks; `intake`, `orders`, `follow_ups`, `receivables`: what is reported."""
