"""Where references come from: sources of customers by SQL, the references themselves from the gateway's registry."""
