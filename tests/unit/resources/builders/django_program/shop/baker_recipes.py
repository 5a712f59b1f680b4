"""A recipe of model_bakery."""

from model_bakery.recipe import Recipe

from shop.models import Ware

ware = Recipe(Ware, name="plane")
