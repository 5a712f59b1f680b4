from gallery import Gallery


def test_a_thumbnail_is_made_of_each_picture():
    gallery = Gallery()
    gallery.add({"cat": ["##..", "##..", "....", "...."], "dot": ["#"]})
    assert gallery.small == {"cat": ["#.", ".."], "dot": ["#"]}
