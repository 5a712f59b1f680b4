"""A Django app with what models can hold."""
