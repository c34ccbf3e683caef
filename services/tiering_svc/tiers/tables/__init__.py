"""Tables of where customers stand, how they came there, and what people set for them."""
