"""The real services that tests need: who starts them, how each test gets clean data, and what must never be touched."""
