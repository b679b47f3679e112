"""Invents the landed data of Harborline, a self-hosted chat product.

Run from the project folder:  python3 -m data.generator
Read in this order: chance, world, product, commerce, support, landing, __main__.
"""
