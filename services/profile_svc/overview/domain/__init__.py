"""What events add to an overview: pure folds, one file a kind of fact."""
