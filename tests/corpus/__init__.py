"""The labelled forms as data: read in a browser, cross-validated by site, and what the mapper's weights come from."""
