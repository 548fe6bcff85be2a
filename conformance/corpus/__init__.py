"""What cases are made from: bytes by chance, modules, machines, steps, proofs, disputes."""
