"""Decides who goes on while operations run at once, and lets only that one go on."""
