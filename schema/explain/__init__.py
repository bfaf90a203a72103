"""From facts to plain words, for `jobs explain`."""
