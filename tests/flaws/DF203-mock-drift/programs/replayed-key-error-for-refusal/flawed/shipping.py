"""What a parcel costs."""

import tariffs


def cost(zone, weight):
    try:
        return tariffs.rate(zone) * weight
    except tariffs.UnknownZone:
        return None
