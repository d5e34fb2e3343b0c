"""One module a figure: result in, Matplotlib figure out."""
