import asyncio

from practice import Practice


def test_a_patient_is_reminded():
    practice = Practice()
    asyncio.run(practice.appoint("ada", 2031, 5, 17, 9, 30))
    [(when, text)] = practice.reminders.due
    assert when.startswith("2031-05-17 09:30")
    assert text == "see ada"
