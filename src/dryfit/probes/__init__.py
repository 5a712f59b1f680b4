"""What acts at the seams: here, the probe that observes."""
