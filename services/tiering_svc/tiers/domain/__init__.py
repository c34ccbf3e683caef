"""The life of a tier: standings, the changes that facts and people make of them, reasons, and two paths of figures."""
