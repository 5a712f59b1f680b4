"""Who is on duty."""

import paging


def call_out(*details):
    return paging.page(*details)
