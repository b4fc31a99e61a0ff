"""Which language a page speaks: the person's choice, then the browser's, then the installation's (``HUIQI_LANGUAGE``)."""

from flask import Flask, current_app, request
from flask_babel import Babel, get_locale

from web.catalogue import english

LANGUAGES = {"zh_Hans_CN": "简体中文", "en": "English"}
DEFAULT = "zh_Hans_CN"


def chosen() -> str:
    """The language of this request."""
    picked = request.cookies.get("language")
    if picked in LANGUAGES:
        return str(picked)
    own = current_app.config["HUIQI_SETTINGS"].default_language
    best = request.accept_languages.best_match(["zh", "zh-CN", "zh-Hans", "en"], default=own)
    return "en" if best == "en" else DEFAULT


def install(app: Flask) -> None:
    """Msgids are the Chinese sentences themselves, so Chinese needs no catalogue."""
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    folder = app.config["HUIQI_ROOT"] / "translations"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    babel = Babel(app, locale_selector=chosen)
    with app.app_context():
        domain = babel.domain_instance
    domain.cache["en", domain.domain[0]] = english(folder)

    @app.context_processor
    def words() -> dict[str, object]:
        locale = get_locale()
        return {
            "locale": str(locale),
            "html_language": "en" if str(locale).startswith("en") else "zh-Hans-CN",
            "languages": LANGUAGES,
        }
