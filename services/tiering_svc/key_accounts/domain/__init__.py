"""The life of nominations, classes and risk flags, the rules that read indicators, and who may read what they found."""
