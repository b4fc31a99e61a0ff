"""The bare Flask page against which ours is measured: one template with a loop, no database."""

from flask import Flask, render_template_string

_PAGE = "<!doctype html><title>bare</title><ul>{% for n in range(24) %}<li>{{ n }}</li>{% endfor %}</ul>"


def make_app() -> Flask:
    """For the same server with the same number of processes and threads."""
    app = Flask("bare")

    @app.get("/")
    def page() -> str:
        return render_template_string(_PAGE)

    return app
