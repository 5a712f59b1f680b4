"""What a run has to tell, as text for people and for machines; no judgement is added here."""
