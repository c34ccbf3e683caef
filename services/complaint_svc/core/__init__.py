"""What all areas of complaint share: the metadata that their tables belong to, and the types of their columns.

Owns: nothing of the business. Every instant is stored with its zone and compared in UTC; money has four decimals. The
rules of the areas are rule sets, whose versions lie in two tables of the service; what a version says is the areas'.
"""
