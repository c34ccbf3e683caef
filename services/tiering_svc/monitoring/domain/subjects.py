"""What an early warning is about (T12): a customer, a class of customers that are alike in one dimension, or a product
line. The kinds are codes, so that more can come."""

from typing import NamedTuple

CUSTOMER, CLASS, PRODUCT_LINE = "customer", "class", "product_line"
SUBJECT_KINDS = (CUSTOMER, CLASS, PRODUCT_LINE)
DIMENSIONS = ("tier", "region", "industry", "kind", "stage", "manager")  # of classes
CATEGORY = "category"  # the one dimension of product lines


class ClassSubject(NamedTuple):
    """A class of customers, or a product line: its kind, by what the classes are made, and which of these it is."""

    kind: str
    dimension: str
    code: str
