"""What SQL on Merkleized rows costs: ``python -m bench.sql``; pages against rows in `layout`."""
