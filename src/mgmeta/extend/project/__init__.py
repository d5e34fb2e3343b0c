"""What ``mgmeta init`` lays out: Snakefile, configuration and introduction of a new project."""
