"""The chapters of the page: one module and one template each."""
