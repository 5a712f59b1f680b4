import membership


def test_a_member_who_leaves_takes_the_points_along():
    membership.join("Ada")
    assert membership.leave("Ada") == 100
