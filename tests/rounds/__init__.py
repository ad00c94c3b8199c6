"""A thousand forms given out, given back untouched and run: not a cell of the layer differs, not a row is lost."""
