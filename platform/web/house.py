"""The house as the present request sees it."""

from flask import Flask, current_app, has_app_context

from web.rooms import House, whole_house

_KEY = "huiqi_house"


def furnish(app: Flask, made: House) -> None:
    """Give ``app`` its house; called once, by the factory."""
    app.extensions[_KEY] = made


def house() -> House:
    """The house of the running app; outside of an app, all rooms of this installation."""
    if not has_app_context():
        return whole_house()
    made: House = current_app.extensions[_KEY]
    return made
