"""How much the tests notice: small faults planted one at a time, and whether any test that runs the line fails."""
