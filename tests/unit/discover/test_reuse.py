"""Whether a caller reads what it handed over again."""

from __future__ import annotations

import pytest

CASES = """
give(x)
→ 0

give(x)
print(x)
→ 2

give(x); print(x)
→ 1

print(x)
give(x)
→ 0

give(x)
x = 1
print(x)
→ 0

give(x)
x = x + 1
→ 2

give(x)
x += 1
→ 2

give(x)
x.append(1)
→ 2

x = give(x)
print(x)
→ 0

y = give(x) + len(x)
→ 1

y = len(x) + give(x)
→ 0

while give(x):
    pass
→ 1

while a:
    print(x)
    give(x)
→ 2

while a:
    give(x)
→ 2

while x:
    give(x)
→ 1

for y in a:
    give(x)
→ 2

for x in a:
    give(x)
→ 0

for x in a:
    give(x)
    print(x)
→ 3

for y in a:
    x = make()
    give(x)
→ 0

for y in a:
    give(x)
    break
→ 0

for y in a:
    give(x)
    break
print(x)
→ 4

for y in a:
    give(x)
    return
print(x)
→ 0

if a:
    give(x)
else:
    print(x)
→ 0

if a:
    give(x)
else:
    pass
print(x)
→ 5

if give(x):
    print(x)
→ 2

if a:
    give(x)
    return
print(x)
→ 0

give(x)
if a:
    x = 1
print(x)
→ 4

give(x)
if a:
    x = 1
else:
    x = 2
print(x)
→ 0

give(x)
if a:
    return
print(x)
→ 4

return give(x)
→ 0

try:
    give(x)
except ValueError:
    print(x)
→ 4

try:
    return give(x)
finally:
    print(x)
→ 4

try:
    pass
except ValueError:
    give(x)
else:
    print(x)
→ 0

with give(x):
    print(x)
→ 2

with a:
    give(x)
print(x)
→ 3

give(x)
def later():
    print(x)
→ 3

give(x)
y = lambda: x
→ 2

y = lambda: give(x)
print(x)
→ 0

give(self.x)
print(self.x)
→ 2

give(self.x)
self.x = 1
print(self.x)
→ 0

give(self.x)
print(self.y, x)
→ 0

give(x.y)
print(x.y)
→ 0

give(a)
for x in a:
    pass
→ 2

match give(x):
    case 1:
        print(x)
→ 3

give(a=x)
del x
print(x)
→ 0
"""
"""Bodies of a method, with the line of the body on which the first argument is read again."""


def cases():
    for block in CASES.strip().split("\n\n"):
        body, _, line = block.partition("\n→ ")
        yield pytest.param(body, int(line), id=body.replace("\n", "; "))


@pytest.mark.parametrize(("body", "line"), list(cases()))
def test_read_again(tree, body, line):
    lines = "\n".join(f"        {each}" for each in body.splitlines())
    source = f"from payment import give\nclass A:\n    def f(self, a, x):\n{lines}\n"

    argument = tree.site(order=source, payment="def give(x): ...\n").arguments[0]

    assert argument.read_again == (line + 3 if line else 0)
