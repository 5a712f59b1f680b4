import asyncio
from unittest.mock import AsyncMock

from editor import Editor
from store import Store


def test_closing_saves_what_was_written():
    store = AsyncMock(spec=Store)
    editor = Editor(store)
    editor.write("dry ")
    editor.write("fit")
    asyncio.run(editor.close("notes"))
    store.save.assert_awaited_once_with("notes", "dry fit")
