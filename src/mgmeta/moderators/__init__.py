"""In whom: moderators one at a time and jointly, the mediator, vascular outcomes."""
