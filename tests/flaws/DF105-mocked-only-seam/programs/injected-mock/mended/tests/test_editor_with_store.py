import asyncio

from editor import Editor
from store import Store


def test_closing_puts_the_text_into_the_store():
    editor = Editor(Store())
    editor.write("dry fit")
    assert asyncio.run(editor.close("notes")) == 7
