"""HTTP in: intake, partners, sign-in, forwarding to the services behind, the contract, the desk."""
